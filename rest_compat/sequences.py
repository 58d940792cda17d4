"""Sequences, over REST."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from models.sequences import StepBranches, StepType
from resolvers import sequences
from resolvers.sequence_inputs import SequenceCreate, SequenceUpdate
from resolvers.sequences import SequenceFilter, SequenceSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Message, Paged, StoredWire, Wire, page_of

SequenceId = Annotated[str, Path(alias="id")]
Id = Annotated[str, BeforeValidator(str)]


def _chosen(branches: object) -> object:
    """The branches that lead somewhere."""
    return branches.model_dump(exclude_none=True) if isinstance(branches, StepBranches) else branches


class SequenceStepWire(Wire):
    """`branches` of a condition are orders of later steps, by `replied`, `clicked`, `opened` and `otherwise`."""

    order: int
    type: StepType
    delay_ms: int
    template_id: Id | None
    new_thread: bool
    instructions: str
    branches: Annotated[dict[str, int], BeforeValidator(_chosen)]


class BusinessHoursWire(Wire):
    """`utcOffset` is in hours; `timezone`, where there is one, counts instead."""

    start_hour: int
    end_hour: int
    utc_offset: float
    timezone: str | None
    days: list[int]
    holidays: list[str]


class SequenceWire(StoredWire):
    name: str
    app_id: str | None
    owner_user_id: Id | None
    steps: list[SequenceStepWire]
    version: int
    active: bool
    business_hours: BusinessHoursWire
    daily_send_cap: int
    created_by: str


class SequenceListing(Listing, SequenceFilter):
    sort_keys = SequenceSortKey


async def list_sequences(actor: CurrentActor, query: Annotated[SequenceListing, Query()]) -> Paged[SequenceWire]:
    """Sequences of all apps."""
    found = await sequences.list_sequences(actor, query.window, query, query.order)
    return await page_of(SequenceWire, found, query.window)


async def create_sequence(actor: CurrentActor, body: SequenceCreate) -> Data[SequenceWire]:
    """Draft a sequence."""
    return Data(data=SequenceWire.of(await sequences.create_sequence(actor, body)))


async def get_sequence(actor: CurrentActor, sequence_id: SequenceId) -> Data[SequenceWire]:
    """One sequence."""
    return Data(data=SequenceWire.of(await sequences.get_sequence(actor, sequence_id)))


async def update_sequence(actor: CurrentActor, sequence_id: SequenceId, body: SequenceUpdate) -> Data[SequenceWire]:
    """Change what is sent; who is enrolled stays on the steps that there were."""
    return Data(data=SequenceWire.of(await sequences.update_sequence(actor, sequence_id, body)))


async def delete_sequence(actor: CurrentActor, sequence_id: SequenceId) -> Message:
    """Delete a sequence that nobody is in any more."""
    deleted = await sequences.delete_sequence(actor, sequence_id)
    return Message(message=f"Sequence {deleted.name} deleted")


async def activate_sequence(actor: CurrentActor, sequence_id: SequenceId) -> Data[SequenceWire]:
    """Let everybody who is enrolled go on."""
    return Data(data=SequenceWire.of(await sequences.activate_sequence(actor, sequence_id)))


async def deactivate_sequence(actor: CurrentActor, sequence_id: SequenceId) -> Data[SequenceWire]:
    """Freeze everybody where they are."""
    return Data(data=SequenceWire.of(await sequences.deactivate_sequence(actor, sequence_id)))
