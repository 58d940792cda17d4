"""What was sent to whom, and what became of it."""

from typing import Final

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from models.campaigns import Campaign
from models.contacts import Contact
from models.deliveries import Delivery, DeliveryStatus
from models.tickets import Ticket
from resolvers.campaigns import visible_campaign

NEWEST: Final = Sort("createdAt", descending=True)


class DeliveryFilter(Input):
    status: DeliveryStatus | None = None


@allow(STAFF)
async def list_campaign_deliveries(
    actor: Actor, campaign_id: str, window: Window, filters: DeliveryFilter
) -> Slice[Delivery]:
    """A campaign's deliveries, in the order of its chunks."""
    return await deliveries_of(actor, await visible_campaign(actor, campaign_id), window, filters)


@allow(STAFF)
async def deliveries_of(actor: Actor, campaign: Campaign, window: Window, filters: DeliveryFilter) -> Slice[Delivery]:
    """A campaign's deliveries, in the order of its chunks."""
    statuses = [filters.status] if filters.status is not None else list(DeliveryStatus)
    # Naming all statuses lets the index be used that begins with the campaign and the status.
    query = {"campaignId": campaign.id, "status": {"$in": [status.value for status in statuses]}}
    return await slice_of(Delivery, query, Sort("chunk"), window)


@allow(STAFF)
async def deliveries_to(actor: Actor, contact: Contact, window: Window) -> Slice[Delivery]:
    """What a contact was sent, or is to be, the newest first."""
    return await slice_of(Delivery, {"contactId": contact.id}, NEWEST, window)


@allow(STAFF)
async def deliveries_about(actor: Actor, ticket: Ticket, window: Window) -> Slice[Delivery]:
    """The mail of a ticket's conversation, the newest first."""
    return await slice_of(Delivery, {"thread.ticketId": ticket.id}, NEWEST, window)
