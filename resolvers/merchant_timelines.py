"""What happened with a merchant in all the apps, in one order: to its shops, and in its tickets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.access import STAFF, allow
from core.actor import Actor
from core.pages import Range
from models.shops import Change, Shop
from models.tickets import Ticket
from resolvers.merchants import Merchant


class MerchantEventKind(StrEnum):
    """A change of a shop; a ticket that began, and one that was resolved."""

    SHOP_CHANGED = "shop_changed"
    TICKET_CREATED = "ticket_created"
    TICKET_RESOLVED = "ticket_resolved"


@dataclass(frozen=True, slots=True)
class MerchantEvent:
    """`shop` and `change` are of a change, `ticket` of the others."""

    kind: MerchantEventKind
    at: datetime
    app_id: str
    shop: Shop | None = None
    change: Change | None = None
    ticket: Ticket | None = None


@allow(STAFF)
async def merchant_timeline(actor: Actor, merchant: Merchant, window: Range) -> list[MerchantEvent]:
    """What happened last with a merchant, the newest first."""
    newest = Ticket.find({"shopDomain": merchant.domain}).sort("-createdAt", "-_id").limit(max(window.limit, 1))
    events = [
        MerchantEvent(MerchantEventKind.SHOP_CHANGED, told.change.at, told.shop.app_id, told.shop, told.change)
        for told in merchant.history
    ]
    for ticket in await newest.to_list():
        events.append(MerchantEvent(MerchantEventKind.TICKET_CREATED, ticket.created_at, ticket.app_id, ticket=ticket))
        if ticket.resolved_at is not None:
            events.append(
                MerchantEvent(MerchantEventKind.TICKET_RESOLVED, ticket.resolved_at, ticket.app_id, ticket=ticket)
            )
    return sorted(events, key=lambda event: event.at, reverse=True)[: window.limit]
