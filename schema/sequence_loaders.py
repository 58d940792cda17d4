"""Batches of what belongs to sequences."""

from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.enrollments import Enrollment
from models.sequences import Sequence
from resolvers.enrollments import enrollments_of_contacts
from schema.want_loaders import lists_of


class SequenceLoaders:
    @cached_property
    def sequences(self) -> DataLoader[PydanticObjectId, Sequence | None]:
        return DataLoader(_sequences)

    @cached_property
    def enrollments_of_contacts(self) -> DataLoader[PydanticObjectId, list[Enrollment]]:
        """The latest of each."""
        return DataLoader(lists_of(enrollments_of_contacts))


async def _sequences(sequence_ids: list[PydanticObjectId]) -> list[Sequence | None]:
    found = {one.id: one for one in await Sequence.find({"_id": {"$in": sequence_ids}}).to_list()}
    return [found.get(sequence_id) for sequence_id in sequence_ids]
