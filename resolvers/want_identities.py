"""Who it is that asks and votes: one person in one app, by whatever they are named.

A person is their address. A shop that votes without naming a person does so as its owner: by the address that the app
knows of it, or by its domain as long as none is known. So somebody who votes by address, and by their shop alone,
votes once.
"""

from dataclasses import dataclass
from typing import Any, Self

from core.actor import Actor, Kind
from core.errors import InvalidInput
from core.ids import object_id
from core.inputs import Email, Input, ShopDomain, key_of_email
from models.apps import App
from models.end_users import EndUser
from models.shops import Shop


class WantVoter(Input):
    """Whom an app's backend, or staff, speak for. End users speak for themselves."""

    voter_email: Email | None = None
    shop_domain: ShopDomain | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """`key` is what new votes are kept under; `keys` are all that the person's votes may be found under: a shop's
    domain too, from before its address was known."""

    key: str
    keys: tuple[str, ...]
    email: str | None = None
    shop_domain: str | None = None

    @property
    def email_key(self) -> str | None:
        return key_of_email(self.email) if self.email else None

    @property
    def fields(self) -> dict[str, Any]:
        """Of an author or a vote, by attribute name."""
        return {"email": self.email, "email_key": self.email_key, "shop_domain": self.shop_domain}

    @classmethod
    def of_email(cls, email: str, shop_domain: str | None, own_domains: list[str]) -> Self:
        key = f"email:{key_of_email(email)}"
        return cls(key, (key, *(_of_shop(domain) for domain in own_domains)), email, shop_domain)

    @classmethod
    def of_shop(cls, domain: str) -> Self:
        return cls(_of_shop(domain), (_of_shop(domain),), shop_domain=domain)


async def identity_of(app: App, actor: Actor, voter: WantVoter, *, field: str = "voterEmail") -> Identity | None:
    """Whom the caller speaks for; None for a backend that names nobody. Staff who name nobody speak for themselves.

    Raises `InvalidInput` for an end user who names somebody else, or a shop that is not theirs. `field` is what the
    caller knows the address by.
    """
    if actor.kind is Kind.END_USER:
        return await _of_end_user(app, actor, voter, field)
    if voter.voter_email is not None:
        return await _of_person(app, voter.voter_email, voter.shop_domain)
    if voter.shop_domain is not None:
        return await _of_shop_alone(app, voter.shop_domain)
    return await _of_person(app, actor.email, None) if actor.is_staff and actor.email else None


async def _of_end_user(app: App, actor: Actor, voter: WantVoter, field: str) -> Identity:
    """What they proved is their address: a shop has to have it, or be the one that the app said they sign in from."""
    own = actor.email or ""
    if voter.voter_email is not None and key_of_email(voter.voter_email) != key_of_email(own):
        raise InvalidInput(f"{field} must be your own address, or left out", field)
    user = await EndUser.find_one({"_id": object_id(actor.id), "appId": app.id})
    known = user.shop_domain if user else None
    identity = await _of_person(app, own, voter.shop_domain or known)
    if voter.shop_domain not in (None, known) and _of_shop(voter.shop_domain) not in identity.keys:
        raise InvalidInput(f"{voter.shop_domain} is not a shop of yours", "shopDomain")
    return identity


async def _of_person(app: App, email: str, shop_domain: str | None) -> Identity:
    shops = await Shop.find({"appId": app.id, "emailKey": key_of_email(email)}).to_list()
    return Identity.of_email(email, shop_domain, sorted(shop.domain for shop in shops))


async def _of_shop_alone(app: App, domain: str) -> Identity:
    shop = await Shop.find_one({"appId": app.id, "domain": domain})
    if shop is None or not shop.email:
        return Identity.of_shop(domain)
    return await _of_person(app, shop.email, domain)


def _of_shop(domain: str) -> str:
    return f"shop:{domain}"
