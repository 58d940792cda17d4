"""What was sent to whom, and what became of it."""

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from models.deliveries import Delivery, DeliveryStatus
from resolvers.campaigns import visible_campaign


class DeliveryFilter(Input):
    status: DeliveryStatus | None = None


@allow(STAFF)
async def list_campaign_deliveries(
    actor: Actor, campaign_id: str, window: Window, filters: DeliveryFilter
) -> Slice[Delivery]:
    """A campaign's deliveries, in the order of its chunks."""
    campaign = await visible_campaign(actor, campaign_id)
    statuses = [filters.status] if filters.status is not None else list(DeliveryStatus)
    # Naming all statuses lets the index be used that begins with the campaign and the status.
    query = {"campaignId": campaign.id, "status": {"$in": [status.value for status in statuses]}}
    return await slice_of(Delivery, query, Sort("chunk"), window)
