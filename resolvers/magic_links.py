"""Signing in to an app without a password: by a link or a code that comes by mail.

Nothing here knows whether an address belongs to somebody: whoever gets the mail may sign in, and is made an end user by
doing so. So an answer, and the time that it takes, can't tell.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from core import clock
from core.access import SUPPORT, allow, allow_all
from core.actor import Actor, Kind
from core.errors import Gone, InvalidInput, NotFound, Unauthenticated
from core.inputs import Email, Input, Locale, Origin, ShopDomain, Text, key_of_email
from core.runtime import runtime
from core.scopes import Scope
from core.tokens import fingerprint, random_token
from models.apps import App
from models.magic_links import MOST_ATTEMPTS, VALID, MagicLink
from public_pages.languages import Language, language_for
from resolvers.apps import visible_app
from resolvers.end_users import EndUserSession, begin_session
from resolvers.magic_link_codes import DIGITS, code_behind, code_of, digest_of_code, is_code
from resolvers.transactional import Recipient, queue_mail

SENDER: Final = Actor.system("magic-links")
TEMPLATE: Final = "magic-link"
"""The key of the template that has the link and the code."""
PER_ADDRESS: Final = RateLimitItemPerHour(5, namespace="magic_link_address")
PER_APP: Final = RateLimitItemPerMinute(300, namespace="magic_link_app")
FAILURES: Final = RateLimitItemPerMinute(100, 15, namespace="magic_link_failures")
"""Wrong codes of one client, over all addresses. Links need no limit: nobody guesses 192 bits."""
FAILURES_OF_BACKEND: Final = RateLimitItemPerMinute(1_000, 15, namespace="magic_link_failures")
"""Of an app's backend, behind which are many."""
MOST_OPEN: Final = 10
"""Requests of one address whose codes are compared: more than `PER_ADDRESS` lets be open."""
WRONG: Final = "The link or code is wrong, has expired or was used: ask for a new one"

_URL: Final = re.compile(
    r"(https?://[a-z0-9.-]+(?::\d+)?)(?:[/?][a-z0-9\-._~:/?@!$&'()*+,;=%\[\]]*)?", re.ASCII | re.IGNORECASE
)
_ORIGIN: Final = TypeAdapter[str](Origin)


def _redirect_url(value: str) -> str:
    """Such as every client reads in the same way: plain ASCII, no user names, no backslashes (RFC 3986)."""
    if not _URL.fullmatch(value):
        raise ValueError("must be a web address such as https://shop.example.com/signed-in, without a fragment")
    return value


def _digits(value: object) -> object:
    """People write them in groups."""
    return re.sub(r"[\s-]", "", value) if isinstance(value, str) else value


RedirectUrl = Annotated[Text, Field(max_length=1000), AfterValidator(_redirect_url)]
Token = Annotated[Text, Field(min_length=1, max_length=200)]
SixDigits = Annotated[str, BeforeValidator(_digits), Field(pattern=rf"^[0-9]{{{DIGITS}}}$")]


class MagicLinkRequest(Input):
    """`redirectUrl` is where the link leads in the end, with the token in its fragment: a page of the app, at one of
    its allowed origins. Without it the link shows the code to type. `language` and `shopDomain` are what the app's
    backend knows of the person."""

    email: Email
    redirect_url: RedirectUrl | None = None
    language: Locale | None = None
    shop_domain: ShopDomain | None = None


class MagicLinkVerify(Input):
    """Either `token`, or `email` and `code`."""

    token: Token | None = None
    email: Email | None = None
    code: SixDigits | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "MagicLinkVerify":
        by_code = self.email is not None and self.code is not None
        by_token = self.token is not None
        if by_code == by_token or (by_token and (self.email is not None or self.code is not None)):
            raise ValueError("Give either token, or email and code")
        return self


@dataclass(frozen=True, slots=True)
class OpenLink:
    """What a link is for; `language` is that of its page."""

    app: App
    link: MagicLink
    language: Language

    @property
    def leads_to(self) -> str | None:
        """The origin that its button leads to in the end: one that the app allows still."""
        origin = _origin_of(self.link.redirect_url or "")
        return origin if origin in self.app.allowed_origins else None


@dataclass(frozen=True, slots=True)
class FollowedLink:
    """What the button of a link leads to: a page of the app, with the token in the fragment of its address, or the code
    to type."""

    opened: OpenLink
    url: str | None = None
    code: str | None = None


class ClosedMagicLink(Gone):
    """A link that does not work any more: why, and in which language to say so."""

    def __init__(self, link: MagicLink, language: Language) -> None:
        super().__init__("This link was used already" if link.used_at else "This link has expired", "token")
        self.was_used = link.used_at is not None
        self.language = language


@allow(SUPPORT, api_key=Scope.MAGIC_LINKS_WRITE)
async def request_magic_link(actor: Actor, app_id: str, data: MagicLinkRequest) -> None:
    """Mails a link and a code to sign in to an app with, valid for 15 minutes and once.

    The same happens whoever it is. Raises `InvalidInput` for a redirect that the app does not allow, `RateLimited`
    beyond five requests an hour for an address.
    """
    app = await visible_app(actor, app_id)
    if data.redirect_url is not None and _origin_of(data.redirect_url) not in app.allowed_origins:
        raise InvalidInput("redirectUrl: its origin is not one of the app's allowed origins", "redirectUrl")
    await runtime().limits.count(PER_APP, app.id)
    await runtime().limits.count(PER_ADDRESS, key_of_email(data.email))
    settings, token = runtime().settings, random_token()
    code = code_of(settings, token)
    link = MagicLink(
        app_id=app.id,
        email_key=key_of_email(data.email),
        digest=fingerprint(token),
        code_digest="",
        expires_at=clock.now() + VALID,
        **data.model_dump(),
    )
    link.code_digest = digest_of_code(settings, link.id, code)
    await link.insert()
    await queue_mail(
        SENDER,
        app,
        TEMPLATE,
        Recipient(data.email),
        values={"valid_minutes": VALID.seconds // 60},
        secret_values={"sign_in_url": _address(app.id, token), "code": code},
        language=data.language,
        source=link.mail_source,
    )


@allow_all
async def verify_magic_link(actor: Actor, app_id: str, data: MagicLinkVerify, *, client: str = "") -> EndUserSession:
    """Signs an end user in, by a link's token or by an address and its code: once.

    Raises `Unauthenticated`, the same for all that does not work, and `RateLimited` after many wrong codes of a client:
    links still work then. Each code that is tried counts against all open requests of the address, whose fifth is their
    last.
    """
    app = await visible_app(actor, app_id)
    if data.token is not None:
        link = await _redeem_token(app, data.token)
    else:
        link = await _redeem_counted_code(app, data, actor, client)
    if link is None:
        raise Unauthenticated(WRONG)
    return await begin_session(link)


@allow_all
async def get_magic_link(actor: Actor, app_id: str, token: str, accept_language: str | None = None) -> OpenLink:
    """What a link to sign in is for. Changes nothing: programs that look for harmful links open it too.

    Raises `NotFound` for a link that never was, `ClosedMagicLink` for one that has expired or was used.
    """
    app = await App.find_one({"_id": app_id})
    link = await MagicLink.find_one({"appId": app_id, "digest": fingerprint(token)})
    if app is None or link is None:
        raise NotFound("This link does not work", "token")
    language = language_for(link.language, accept_language, app.mail.default_language)
    if link.used_at is not None or link.is_over:
        raise ClosedMagicLink(link, language)
    return OpenLink(app, link, language)


@allow_all
async def follow_magic_link(actor: Actor, app_id: str, token: str, accept_language: str | None = None) -> FollowedLink:
    """What pressing the button behind a link does: it signs in, and leads to the app. Where the app named no page of
    its own, it shows the code to type there, and the link still works.

    Raises as `get_magic_link` does, and `Unauthenticated` for an end user who was switched off.
    """
    opened = await get_magic_link(actor, app_id, token, accept_language)
    if opened.leads_to is None:
        return FollowedLink(opened, code=code_behind(runtime().settings, opened.link, token))
    redeemed = await _redeem_token(opened.app, token)
    if redeemed is None:
        # Somebody was faster.
        return await follow_magic_link(actor, app_id, token, accept_language)
    session = await begin_session(redeemed)
    return FollowedLink(opened, url=f"{redeemed.redirect_url}#token={session.token}")


async def _redeem_token(app: App, token: str) -> MagicLink | None:
    few_attempts = {"attempts": {"$lt": MOST_ATTEMPTS}}
    return await _redeem({"appId": app.id, "digest": fingerprint(token), **_open(), **few_attempts})


async def _redeem_counted_code(app: App, data: MagicLinkVerify, actor: Actor, client: str) -> MagicLink | None:
    is_backend = actor.kind is Kind.API_KEY
    limit, caller = (FAILURES_OF_BACKEND, actor.label) if is_backend else (FAILURES, client)
    await runtime().limits.check_failures(limit, caller)
    link = await _redeem_code(app, data)
    if link is None:
        await runtime().limits.record_failure(limit, caller)
    return link


async def _redeem_code(app: App, data: MagicLinkVerify) -> MagicLink | None:
    """An attempt is counted before the code is compared, so that many at once are not all compared. It counts against
    each request until the right one is found: mail may overtake mail, so the code may be of an earlier one."""
    waiting = {"appId": app.id, "emailKey": key_of_email(data.email or ""), **_open()}
    for link in await MagicLink.find(waiting).sort("-createdAt").limit(MOST_OPEN).to_list():
        one_more = {"_id": link.id, **_open(), "attempts": {"$lt": MOST_ATTEMPTS}}
        if await MagicLink.change(one_more, {"$inc": {"attempts": 1}}) and is_code(
            runtime().settings, link, data.code or ""
        ):
            return await _redeem({"_id": link.id, **_open()})
    return None


async def _redeem(working: dict[str, Any]) -> MagicLink | None:
    """The one moment in which a link is used."""
    return await MagicLink.change(working, {"$set": {"usedAt": clock.now()}})


def _open() -> dict[str, Any]:
    return {"usedAt": None, "expiresAt": {"$gt": clock.now()}}


def _origin_of(url: str) -> str | None:
    """None where no app could allow it."""
    found = _URL.fullmatch(url)
    try:
        return _ORIGIN.validate_python(found[1]) if found else None
    except ValidationError:
        return None


def _address(app_id: str, token: str) -> str:
    return f"{runtime().settings.public_url.rstrip('/')}/{app_id}/magic-link/{token}"
