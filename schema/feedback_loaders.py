"""Batches of what people said about the apps."""

from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.feedback import Feedback
from models.tickets import Ticket
from resolvers import feedback_relations
from schema.want_loaders import lists_of


class FeedbackLoaders:
    @cached_property
    def feedback_of_people(self) -> DataLoader[str, list[Feedback]]:
        """By the lower-cased address."""
        return DataLoader(lists_of(feedback_relations.feedback_of_people))

    @cached_property
    def feedback_of_shops(self) -> DataLoader[tuple[str, str], list[Feedback]]:
        """By app and domain."""
        return DataLoader(lists_of(feedback_relations.feedback_of_shops))

    @cached_property
    def feedback_behind_wants(self) -> DataLoader[tuple[str, PydanticObjectId], list[Feedback]]:
        """By app and want."""
        return DataLoader(lists_of(feedback_relations.feedback_behind_wants))

    @cached_property
    def tickets(self) -> DataLoader[PydanticObjectId, Ticket | None]:
        return DataLoader(_tickets)


async def _tickets(ticket_ids: list[PydanticObjectId]) -> list[Ticket | None]:
    found = await feedback_relations.tickets_by_id(ticket_ids)
    return [found.get(ticket_id) for ticket_id in ticket_ids]
