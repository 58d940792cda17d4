"""People in sequences, over REST."""

from typing import Annotated

from fastapi import Path, Query

from models.enrollments import EnrollmentStatus, ExitReason
from resolvers import enrolling, enrollments
from resolvers.enrolling import Enroll
from resolvers.enrollments import EnrollmentFilter, EnrollmentSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, StoredWire, Wire, page_of
from rest_compat.sequences import Id, SequenceId

EnrollmentId = Annotated[str, Path(alias="id")]


class EnrollmentWire(StoredWire):
    """`currentStep` is the order of the step that is to come, or under way, and `nextAt` when it is looked at."""

    sequence_id: Id
    version: int
    contact_id: Id
    prospect_id: Id | None
    current_step: int
    status: EnrollmentStatus
    next_at: Moment | None
    held_until: Moment | None
    started_at: Moment
    last_step_at: Moment | None
    ended_at: Moment | None
    exit_reason: ExitReason | None
    last_error: str | None


class RejectedWire(Wire):
    """`reason` is a word for programs, `sentence` one for people."""

    id: str
    reason: str
    sentence: str


class EnrolledWire(Wire):
    enrolled: list[EnrollmentWire]
    rejected: list[RejectedWire]


class EnrollmentListing(Listing, EnrollmentFilter):
    sort_keys = EnrollmentSortKey


async def enroll(actor: CurrentActor, sequence_id: SequenceId, body: Enroll) -> Data[EnrolledWire]:
    """Put contacts and prospects into a sequence."""
    return Data(data=EnrolledWire.of(await enrolling.enroll(actor, sequence_id, body)))


async def list_enrollments(
    actor: CurrentActor, sequence_id: SequenceId, query: Annotated[EnrollmentListing, Query()]
) -> Paged[EnrollmentWire]:
    """Who is, or was, in a sequence."""
    found = await enrollments.list_enrollments(actor, sequence_id, query.window, query, query.order)
    return await page_of(EnrollmentWire, found, query.window)


async def pause_enrollment(actor: CurrentActor, enrollment_id: EnrollmentId) -> Data[EnrollmentWire]:
    """Keep somebody where they are."""
    return Data(data=EnrollmentWire.of(await enrollments.pause_enrollment(actor, enrollment_id)))


async def resume_enrollment(actor: CurrentActor, enrollment_id: EnrollmentId) -> Data[EnrollmentWire]:
    """Let somebody go on."""
    return Data(data=EnrollmentWire.of(await enrollments.resume_enrollment(actor, enrollment_id)))


async def exit_enrollment(actor: CurrentActor, enrollment_id: EnrollmentId) -> Data[EnrollmentWire]:
    """Take somebody out of a sequence."""
    return Data(data=EnrollmentWire.of(await enrollments.exit_enrollment(actor, enrollment_id)))
