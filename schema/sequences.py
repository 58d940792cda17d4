"""Sequences, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import sequences as stored
from models.sequences import StepType
from resolvers import enrollments, sequences
from resolvers.enrollments import EnrollmentFilter, EnrollmentSortKey
from resolvers.sequence_inputs import SequenceCreate, SequenceUpdate
from resolvers.sequences import SequenceFilter, SequenceSortKey
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.users import User

if TYPE_CHECKING:
    from schema.enrollments import Enrollment

strawberry.enum(StepType, name="SequenceStepType")
strawberry.enum(SequenceSortKey)


@strawberry.type(description="Where a condition leads to, by what became of the mail before it: orders of later steps.")
class StepBranches:
    replied: int | None
    clicked: int | None
    opened: int | None
    otherwise: int | None = strawberry.field(description="The next step where it is null.")


@strawberry.type
class SequenceStep:
    order: int
    type: StepType
    delay_ms: float = strawberry.field(description="Milliseconds after the step before it.")
    template_id: ID | None
    new_thread: bool = strawberry.field(description="It begins a conversation of its own.")
    instructions: str = strawberry.field(description="Of a task.")
    branches: StepBranches


@strawberry.type(
    description="When mail goes out, from `startHour` until before `endHour`: all day where they are equal, overnight "
    "where the end is before the start."
)
class BusinessHours:
    start_hour: int
    end_hour: int
    utc_offset: float = strawberry.field(description="Hours ahead of UTC, where there is no time zone.")
    timezone: str | None = strawberry.field(description="IANA name, with its daylight saving.")
    days: list[int] = strawberry.field(description="1 is Monday.")
    holidays: list[str] = strawberry.field(description="Days such as `2026-12-25`, on which nothing is sent.")


@strawberry.type(description="What is sent to people one after the other, until they answer.")
class Sequence:
    id: ID
    name: str
    app_id: ID | None
    steps: list[SequenceStep]
    version: int = strawberry.field(description="Counts the changes of its steps.")
    active: bool
    business_hours: BusinessHours
    daily_send_cap: int = strawberry.field(description="Mails on one local day.")
    created_by: str
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(
        stored.Sequence,
        Loaders.apps,
        lambda one: one.app_id,
        "The app that its templates belong to, and its mail is from.",
    )

    owner: User | None = loaded(stored.Sequence, Loaders.users, lambda one: one.owner_user_id, "Whose it is.")

    @described("Who is, or was, in it, the latest first.")
    async def enrollments(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Enrollment", strawberry.lazy("schema.enrollments")]]:
        window = Range.of(first, after, last, before)
        latest = EnrollmentSortKey.CREATED_AT.order(descending=True)
        return Connection.of(
            await enrollments.list_enrollments(info.context.actor, str(self.id), window, EnrollmentFilter(), latest)
        )


def sequence(document: stored.Sequence) -> Sequence:
    """The document has all that the type shows."""
    return cast(Sequence, document)


@strawberry.input
class StepBranchesInput:
    replied: Maybe[int | None]
    clicked: Maybe[int | None]
    opened: Maybe[int | None]
    otherwise: Maybe[int | None]


@strawberry.input
class SequenceStepInput:
    type: StepType
    order: Maybe[int | None]
    delay_ms: Maybe[float]
    template_id: Maybe[ID | None]
    new_thread: Maybe[bool]
    instructions: Maybe[str]
    branches: Maybe[StepBranchesInput]


@strawberry.input
class BusinessHoursInput:
    start_hour: Maybe[int]
    end_hour: Maybe[int]
    utc_offset: Maybe[float]
    timezone: Maybe[str | None]
    days: Maybe[list[int]]
    holidays: Maybe[list[str]]


@strawberry.input
class SequenceCreateInput:
    name: str
    steps: Maybe[list[SequenceStepInput]]
    business_hours: Maybe[BusinessHoursInput]
    daily_send_cap: Maybe[int]
    owner_user_id: Maybe[ID | None]


@strawberry.input
class SequenceUpdateInput:
    name: Maybe[str]
    steps: Maybe[list[SequenceStepInput]]
    business_hours: Maybe[BusinessHoursInput]
    daily_send_cap: Maybe[int]
    owner_user_id: Maybe[ID | None]


@strawberry.input
class SequenceFilterInput:
    active: Maybe[bool | None]
    app_id: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.type
class SequencePayload:
    sequence: Sequence | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SequenceDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SequenceQueries:
    @query(sequences.get_sequence)
    async def sequence(self, info: Info, id: ID) -> Sequence:
        return sequence(await sequences.get_sequence(info.context.actor, id))

    @query(sequences.list_sequences)
    async def sequences(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: SequenceFilterInput | None = None,
        sort_key: SequenceSortKey = SequenceSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Sequence]:
        window = Range.of(first, after, last, before)
        filters, sort = parse(SequenceFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await sequences.list_sequences(info.context.actor, window, filters, sort))


@strawberry.type
class SequenceMutations:
    @mutation(sequences.create_sequence)
    async def sequence_create(self, info: Info, input: SequenceCreateInput) -> SequencePayload:
        data = parse(SequenceCreate, input)
        return SequencePayload(sequence=sequence(await sequences.create_sequence(info.context.actor, data)))

    @mutation(sequences.update_sequence)
    async def sequence_update(self, info: Info, id: ID, input: SequenceUpdateInput) -> SequencePayload:
        data = parse(SequenceUpdate, input)
        return SequencePayload(sequence=sequence(await sequences.update_sequence(info.context.actor, id, data)))

    @mutation(sequences.activate_sequence)
    async def sequence_activate(self, info: Info, id: ID) -> SequencePayload:
        return SequencePayload(sequence=sequence(await sequences.activate_sequence(info.context.actor, id)))

    @mutation(sequences.deactivate_sequence)
    async def sequence_deactivate(self, info: Info, id: ID) -> SequencePayload:
        return SequencePayload(sequence=sequence(await sequences.deactivate_sequence(info.context.actor, id)))

    @mutation(sequences.delete_sequence)
    async def sequence_delete(self, info: Info, id: ID) -> SequenceDeletePayload:
        deleted = await sequences.delete_sequence(info.context.actor, id)
        return SequenceDeletePayload(deleted_id=ID(str(deleted.id)))
