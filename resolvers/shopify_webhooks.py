"""What Shopify tells of shops: that one uninstalled an app, and what laws ask of whoever holds personal data.

Of a request only the body is signed, so what follows goes by the shop that the body names.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

from pydantic import Field, ValidationError

from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import ShopDomain, invalid_input, key_of_email
from models.contacts import Contact
from models.shops import Shop, ShopStatus
from models.webhook_events import WebhookEvent
from resolvers.app_events import AppEventCreate, create_app_event
from resolvers.contact_shops import contact_from_shop
from resolvers.gdpr import erase_contact, export_contact
from resolvers.shops import ShopStatusChange, change_shop_status
from resolvers.webhook_payloads import Followed, Said, payload_of

ACTOR: Final = Actor.system("shopify")


class SaidOfCustomer(Said):
    email: Annotated[str, Field(max_length=320)] | None = None


class ShopPayload(Said):
    """Of `shop/redact`, and with the customer of `customers/…`."""

    shop_domain: ShopDomain
    customer: SaidOfCustomer = SaidOfCustomer()


class UninstalledPayload(Said):
    """The shop, as Shopify's REST interface shows it."""

    myshopify_domain: ShopDomain | None = None
    domain: str = ""


async def follow_shopify_event(event: WebhookEvent) -> Followed:
    """Doing it again has no second effect. Raises `InvalidInput` where the payload is not as documented."""
    try:
        return await FOLLOW[event.topic](event)
    except ValidationError as error:
        raise invalid_input(error) from None


async def _uninstalled(event: WebhookEvent) -> Followed:
    """As if the app's backend had reported it."""
    said = UninstalledPayload.model_validate(payload_of(event.payload or ""))
    domain = said.myshopify_domain or said.domain
    _same_shop(event, domain)
    reported = AppEventCreate.model_validate(
        {
            "shopDomain": domain,
            "occurredAt": event.occurred_at or event.created_at,
            "idempotencyKey": f"shopify:{event.event_id}"[:200],
        }
    )
    app_event = await create_app_event(ACTOR, event.app_id or "", "app-uninstalled", reported)
    return Followed(app_event.problem or f"{domain} does not have the app any more")


async def _redact_shop(event: WebhookEvent) -> Followed:
    """Sent 48 hours after the app was uninstalled. Who is a contact through this shop alone is erased with it; others
    lose the link to it. A shop that has installed the app again meanwhile is redacted all the same: Shopify does not
    ask where it has."""
    domain, app_id = _shop_payload(event).shop_domain, event.app_id or ""
    shop = await Shop.find_one({"appId": app_id, "domain": domain})
    if shop is None:
        return Followed(f"{domain} never had the app: nothing was stored")
    shop = await change_shop_status(ACTOR, app_id, domain, ShopStatusChange(status=ShopStatus.REDACTED))
    linked = await Contact.find({"shops.domain": domain, "shops.appId": app_id}).to_list()
    erasures = [
        await erase_contact(ACTOR, str(contact.id))
        for contact in linked
        if not _has_other_shops(contact, app_id, domain)
    ]
    await contact_from_shop(shop)
    return Followed(" ".join([f"{domain} was redacted.", *(f"{erasure.sentence}." for erasure in erasures)]))


async def _redact_customer(event: WebhookEvent) -> Followed:
    """A merchant's customer is nobody to us, unless they are a contact. Who is one by a shop of their own is not a
    stranger's to erase."""
    said = _shop_payload(event)
    contact = await _contact(said)
    if contact is None:
        return Followed("Nothing is stored about this customer", forget=True)
    if _has_other_shops(contact, event.app_id or "", said.shop_domain):
        return Followed(
            "Not erased: this customer is a merchant too, and their data is there for shops of their own",
            contact.id,
            forget=True,
        )
    erasure = await erase_contact(ACTOR, str(contact.id))
    return Followed(erasure.sentence, contact.id, forget=True)


async def _export_customer(event: WebhookEvent) -> Followed:
    """Staff see what there is; they make a link for the customer, or none where the merchant should not have asked."""
    contact = await _contact(_shop_payload(event))
    if contact is None:
        return Followed("Nothing is stored about this customer", forget=True)
    excerpts = await (await export_contact(ACTOR, str(contact.id))).excerpts(1)
    stored = ", ".join(f"{excerpt.total} in {excerpt.name}" for excerpt in excerpts if excerpt.total)
    return Followed(f"To be answered within 30 days. Stored: {stored}", contact.id, forget=True)


FOLLOW: Final[Mapping[str, Callable[[WebhookEvent], Awaitable[Followed]]]] = {
    "app/uninstalled": _uninstalled,
    "shop/redact": _redact_shop,
    "customers/redact": _redact_customer,
    "customers/data_request": _export_customer,
}
"""By topic. Nothing follows from others."""


def _shop_payload(event: WebhookEvent) -> ShopPayload:
    said = ShopPayload.model_validate(payload_of(event.payload or ""))
    _same_shop(event, said.shop_domain)
    return said


def _same_shop(event: WebhookEvent, domain: str) -> None:
    """A signed body can be sent again under another topic: one that is about another shop, or none, has no effect."""
    if not domain or domain.lower() != event.shop_domain:
        raise InvalidInput(f"The body is about {domain or 'no shop'}, the headers are about {event.shop_domain}")


async def _contact(said: ShopPayload) -> Contact | None:
    if not said.customer.email:
        return None
    return await Contact.find_one({"emailKey": key_of_email(said.customer.email), "erasedAt": None})


def _has_other_shops(contact: Contact, app_id: str, domain: str) -> bool:
    return any((shop.app_id, shop.domain) != (app_id, domain) for shop in contact.shops)
