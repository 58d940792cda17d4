"""End users of an app, who have proved that an address is theirs, and the links that they do it with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from core import clock
from core.actor import Actor
from core.inputs import key_of_email
from core.runtime import runtime
from core.tokens import Audience, fingerprint
from models.apps import App
from models.deliveries import Delivery
from models.end_users import EndUser
from models.magic_links import VALID, MagicLink
from resolvers.end_users import EndUserSession
from resolvers.magic_links import MagicLinkRequest, MagicLinkVerify, request_magic_link, verify_magic_link
from resolvers.mail_secrets import secret_values_of
from tests.factories.api_keys import backend_of

MERCHANT = "merchant@example.com"
NOBODY = Actor.anonymous()


def an_end_user(app_id: str, email: str = MERCHANT) -> Actor:
    return Actor.end_user(str(ObjectId()), app_id, email)


async def a_stored_end_user(app_id: str, email: str = MERCHANT, **fields: Any) -> EndUser:
    """Somebody who signed in once, without the link that they did it with."""
    known = {"contact_id": ObjectId(), "login_count": 1}
    return await EndUser(app_id=app_id, email=email, email_key=key_of_email(email), **{**known, **fields}).insert()


async def a_magic_link(app_id: str, token: str, email: str = MERCHANT) -> MagicLink:
    """A link with that token and no code, without the mail that it goes out with."""
    return await MagicLink(
        app_id=app_id,
        email=email,
        email_key=key_of_email(email),
        digest=fingerprint(token),
        code_digest="",
        expires_at=clock.now() + VALID,
    ).insert()


def actor_of(user: EndUser) -> Actor:
    return Actor.end_user(str(user.id), user.app_id, user.email)


def bearer_of(user: EndUser) -> Mapping[str, str]:
    """The headers of a request that the end user makes."""
    token = runtime().tokens.issue(Audience.END_USER, str(user.id), version=user.token_version, app_id=user.app_id)
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class Mailed:
    """What somebody finds in the mail."""

    url: str
    code: str

    @property
    def token(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    @property
    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 10**6:06}"


async def mailed(app_id: str, email: str = MERCHANT) -> Mailed:
    """The last mail with a link to an address."""
    link = await MagicLink.find({"appId": app_id, "emailKey": key_of_email(email)}).sort("-_id").first_or_none()
    assert link is not None
    mail = await Delivery.find_one({"source": link.mail_source})
    assert mail is not None
    secrets = secret_values_of(mail)
    return Mailed(secrets["sign_in_url"], secrets["code"])


async def asked(app: App, email: str = MERCHANT, **fields: Any) -> Mailed:
    """What comes of a request by the app's backend."""
    data = MagicLinkRequest.model_validate({"email": email, **fields})
    await request_magic_link(backend_of(app.id), app.id, data)
    return await mailed(app.id, email)


async def verified(app: App, **fields: str) -> EndUserSession:
    return await verify_magic_link(NOBODY, app.id, MagicLinkVerify.model_validate(fields), client="203.0.113.7")


async def link_behind(token: str) -> MagicLink:
    link = await MagicLink.find_one({"digest": fingerprint(token)})
    assert link is not None
    return link
