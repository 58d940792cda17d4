"""People in sequences, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import enrollments as stored
from models.enrollments import EnrollmentStatus, ExitReason, StepOutcome
from models.sequences import StepType
from resolvers import enrolling, enrollments
from resolvers.enrolling import Enroll
from resolvers.enrollments import EnrollmentFilter, EnrollmentSortKey
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact, LazyProspect
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.sequences import Sequence

strawberry.enum(EnrollmentStatus)
strawberry.enum(ExitReason, name="EnrollmentExitReason")
strawberry.enum(StepOutcome, name="EnrollmentStepOutcome")
strawberry.enum(EnrollmentSortKey)


@strawberry.type(description="A step that is over.")
class PassedStep:
    order: int
    type: StepType
    outcome: StepOutcome
    at: datetime
    delivery_id: ID | None = strawberry.field(description="Of the mail.")
    by: str | None = strawberry.field(description="Who did, or skipped, the task.")
    note: str | None


@strawberry.type(description="Somebody in a sequence: where they are, and what happened so far.")
class Enrollment:
    id: ID
    sequence_id: ID
    version: int = strawberry.field(description="The version of the sequence whose steps they get.")
    contact_id: ID
    prospect_id: ID | None
    status: EnrollmentStatus
    current_step: int = strawberry.field(description="The order of the step that is to come, or under way.")
    next_at: datetime | None = strawberry.field(description="When it is looked at again.")
    held_until: datetime | None = strawberry.field(description="They are away until then.")
    history: list[PassedStep]
    started_at: datetime
    last_step_at: datetime | None
    ended_at: datetime | None
    exit_reason: ExitReason | None
    last_error: str | None
    enrolled_by: str
    created_at: datetime
    updated_at: datetime

    sequence: Sequence | None = loaded(stored.Enrollment, Loaders.sequences, lambda one: one.sequence_id)

    contact: Contact | None = loaded(
        stored.Enrollment, Loaders.contacts, lambda one: one.contact_id, "Null once they were erased."
    )

    prospect: LazyProspect | None = loaded(
        stored.Enrollment,
        Loaders.prospects,
        lambda one: one.prospect_id,
        "Whom the company hopes to win by it; null where they are somebody else.",
    )


def enrollment(document: stored.Enrollment) -> Enrollment:
    """The document has all that the type shows."""
    return cast(Enrollment, document)


@strawberry.type(description="Somebody who did not get into a sequence; `id` is as they were named.")
class EnrollRejection:
    id: ID
    reason: str = strawberry.field(description="For programs, such as `already_enrolled` or `opted_out`.")
    sentence: str = strawberry.field(description="For people.")


@strawberry.input(description="Contacts and prospects, together at most 1,000. `values` are for the templates.")
class EnrollInput:
    contact_ids: Maybe[list[ID]]
    prospect_ids: Maybe[list[ID]]
    values: Maybe[JSON]


@strawberry.input
class EnrollmentFilterInput:
    status: Maybe[EnrollmentStatus | None]
    exit_reason: Maybe[ExitReason | None]
    contact_id: Maybe[ID | None]


@strawberry.type
class EnrollPayload:
    enrolled: list[Enrollment] = strawberry.field(default_factory=list)
    rejected: list[EnrollRejection] = strawberry.field(default_factory=list)
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EnrollmentPayload:
    enrollment: Enrollment | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EnrollmentQueries:
    @query(enrollments.get_enrollment)
    async def enrollment(self, info: Info, id: ID) -> Enrollment:
        return enrollment(await enrollments.get_enrollment(info.context.actor, id))

    @query(enrollments.list_enrollments)
    async def enrollments(
        self,
        info: Info,
        sequence_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: EnrollmentFilterInput | None = None,
        sort_key: EnrollmentSortKey = EnrollmentSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Enrollment]:
        window = Range.of(first, after, last, before)
        filters, sort = parse(EnrollmentFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await enrollments.list_enrollments(info.context.actor, sequence_id, window, filters, sort))


@strawberry.type
class EnrollmentMutations:
    @mutation(enrolling.enroll)
    async def sequence_enroll(self, info: Info, id: ID, input: EnrollInput) -> EnrollPayload:
        outcome = await enrolling.enroll(info.context.actor, id, parse(Enroll, input))
        return EnrollPayload(
            enrolled=[enrollment(one) for one in outcome.enrolled],
            rejected=cast(list[EnrollRejection], outcome.rejected),
        )

    @mutation(enrollments.pause_enrollment)
    async def enrollment_pause(self, info: Info, id: ID) -> EnrollmentPayload:
        return EnrollmentPayload(enrollment=enrollment(await enrollments.pause_enrollment(info.context.actor, id)))

    @mutation(enrollments.resume_enrollment)
    async def enrollment_resume(self, info: Info, id: ID) -> EnrollmentPayload:
        return EnrollmentPayload(enrollment=enrollment(await enrollments.resume_enrollment(info.context.actor, id)))

    @mutation(enrollments.exit_enrollment)
    async def enrollment_exit(self, info: Info, id: ID) -> EnrollmentPayload:
        return EnrollmentPayload(enrollment=enrollment(await enrollments.exit_enrollment(info.context.actor, id)))
