"""Who is in a sequence, and how staff keep somebody waiting or take them out."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Listed
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, found
from core.ids import ObjectIdText, object_id
from core.inputs import Input
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.base import touched
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason
from resolvers.enrollment_exits import cancel_waiting_mail, leaving
from resolvers.sequences import visible_sequence

MOST_OF_CONTACTS: Final = 50
"""Enrollments that are shown with a contact."""


class EnrollmentFilter(Input):
    status: EnrollmentStatus | None = None
    exit_reason: ExitReason | None = None
    contact_id: ObjectIdText | None = None


class EnrollmentSortKey(SortKey):
    CREATED_AT = "createdAt"
    STARTED_AT = "startedAt"
    LAST_STEP_AT = "lastStepAt"


@allow(STAFF)
async def list_enrollments(
    actor: Actor, sequence_id: str, window: Window, filters: EnrollmentFilter, sort: Sort
) -> Slice[Enrollment]:
    """Who is, or was, in a sequence."""
    sequence = await visible_sequence(actor, sequence_id)
    query: dict[str, Any] = {"sequenceId": sequence.id}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.exit_reason is not None:
        query["exitReason"] = filters.exit_reason.value
    if filters.contact_id is not None:
        query["contactId"] = object_id(filters.contact_id)
    return await slice_of(Enrollment, query, sort, window)


@allow(STAFF)
async def get_enrollment(actor: Actor, enrollment_id: str) -> Enrollment:
    """One person in a sequence."""
    return await visible_enrollment(actor, enrollment_id)


@allow(MARKETING)
async def pause_enrollment(actor: Actor, enrollment_id: str) -> Enrollment:
    """Keeps somebody where they are. What waits to be sent to them is not."""
    enrollment = await visible_enrollment(actor, enrollment_id)
    active = {"_id": enrollment.id, "status": EnrollmentStatus.ACTIVE.value}
    paused = await Enrollment.change(
        active, touched({"status": EnrollmentStatus.PAUSED.value, "open": False}) | {"$inc": {"revision": 1}}
    )
    if paused is None:
        raise await _refused(actor, enrollment_id, "only active ones can be paused")
    await cancel_waiting_mail([paused.id])
    return paused


@allow(MARKETING)
async def resume_enrollment(actor: Actor, enrollment_id: str) -> Enrollment:
    """Lets somebody go on who was paused."""
    while True:
        enrollment = await visible_enrollment(actor, enrollment_id)
        if enrollment.status is not EnrollmentStatus.PAUSED:
            raise await _refused(actor, enrollment_id, "only paused ones can be resumed")
        due = max(enrollment.next_at or clock.now(), clock.now())
        update = touched({"status": EnrollmentStatus.ACTIVE.value, "open": True, "nextAt": due})
        seen = {"_id": enrollment.id, "status": enrollment.status.value, "revision": enrollment.revision}
        if resumed := await Enrollment.change(seen, update | {"$inc": {"revision": 1}}):
            return resumed


@allow(MARKETING)
async def exit_enrollment(actor: Actor, enrollment_id: str) -> Enrollment:
    """Takes somebody out of a sequence, at once."""
    enrollment = await visible_enrollment(actor, enrollment_id)
    left = await Enrollment.change({"_id": enrollment.id, "live": True}, leaving(ExitReason.MANUAL))
    if left is None:
        raise await _refused(actor, enrollment_id, "only those who are in a sequence can leave it")
    await cancel_waiting_mail([left.id])
    return left


async def enrollments_of_contacts(
    contact_ids: Listed[PydanticObjectId],
) -> Mapping[PydanticObjectId, list[Enrollment]]:
    """The latest of each contact, newest first."""
    by_contact: defaultdict[PydanticObjectId, list[Enrollment]] = defaultdict(list)
    theirs = {"contactId": {"$in": [*contact_ids]}}
    async for enrollment in Enrollment.find(theirs).sort("-createdAt").limit(MOST_OF_CONTACTS * len(contact_ids)):
        if len(by_contact[enrollment.contact_id]) < MOST_OF_CONTACTS:
            by_contact[enrollment.contact_id].append(enrollment)
    return by_contact


async def visible_enrollment(actor: Actor, enrollment_id: str) -> Enrollment:
    """The one way to an enrollment."""
    identity = object_id(enrollment_id)
    return found(await Enrollment.get(identity) if identity else None, "Enrollment")


async def _refused(actor: Actor, enrollment_id: str, otherwise: str) -> InvalidInput:
    current = await visible_enrollment(actor, enrollment_id)
    return InvalidInput(f"The enrollment is {current.status.value}: {otherwise}", "id")
