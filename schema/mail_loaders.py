"""Batches of mail, and of what it was a part of."""

from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.campaigns import Campaign
from models.deliveries import Delivery


class MailLoaders:
    @cached_property
    def campaigns(self) -> DataLoader[PydanticObjectId, Campaign | None]:
        return DataLoader(_campaigns)

    @cached_property
    def deliveries(self) -> DataLoader[PydanticObjectId, Delivery | None]:
        return DataLoader(_deliveries)


async def _campaigns(campaign_ids: list[PydanticObjectId]) -> list[Campaign | None]:
    found = {one.id: one for one in await Campaign.find({"_id": {"$in": campaign_ids}}).to_list()}
    return [found.get(campaign_id) for campaign_id in campaign_ids]


async def _deliveries(delivery_ids: list[PydanticObjectId]) -> list[Delivery | None]:
    found = {one.id: one for one in await Delivery.find({"_id": {"$in": delivery_ids}}).to_list()}
    return [found.get(delivery_id) for delivery_id in delivery_ids]
