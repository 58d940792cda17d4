"""How people leave sequences by what they do, and how those are let wait who are away.

An enrollment that has ended is closed first, then the mail is taken back that waits to be sent. Whoever dies in between
does no harm: right before a mail goes out it is asked whether its enrollment is still live.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.access import allow
from core.actor import Actor
from models.base import touched
from models.deliveries import Delivery, DeliveryStatus
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason

ABSENCE: Final = timedelta(days=7)
"""How long somebody is taken to be away who does not say until when."""
LONGEST_ABSENCE: Final = timedelta(days=180)
"""Who says so of themselves is away for longer than anybody waits."""


@allow()
async def exit_by_reply(actor: Actor, enrollment_id: PydanticObjectId) -> Enrollment | None:
    """Takes somebody out of a sequence because they answered: once this returns, nothing more is handed to a mail
    server. Doing it again has no second effect. None where there is no such enrollment."""
    await exit_matching(actor, {"_id": enrollment_id}, ExitReason.REPLIED)
    return await Enrollment.get(enrollment_id)


@allow()
async def hold_for_absence(
    actor: Actor, enrollment_id: PydanticObjectId, until: datetime | None = None
) -> Enrollment | None:
    """Lets somebody wait who is out of office: until they are back, or for a week where they do not say. Doing it again
    only makes it longer. None where there is no such enrollment, or it has ended."""
    now = clock.now()
    back = min(until, now + LONGEST_ABSENCE) if until is not None and until > now else now + ABSENCE
    held = await Enrollment.change(
        {"_id": enrollment_id, "live": True},
        {"$max": {"nextAt": back, "heldUntil": back}, "$set": {"updatedAt": now}, "$inc": {"revision": 1}},
    )
    if held is not None:
        await cancel_waiting_mail([held.id])
    return held


@allow()
async def exit_all_of(actor: Actor, contact_ids: Collection[PydanticObjectId], reason: ExitReason) -> int:
    """Takes people out of all sequences that they are in, and returns of how many."""
    return await exit_matching(actor, {"contactId": {"$in": [*contact_ids]}}, reason)


@allow()
async def exit_all(actor: Actor, enrollment_ids: Collection[PydanticObjectId], reason: ExitReason) -> int:
    """Ends enrollments, and returns how many of them were live."""
    return await exit_matching(actor, {"_id": {"$in": [*enrollment_ids]}}, reason)


@allow()
async def exit_matching(actor: Actor, who: Mapping[str, Any], reason: ExitReason) -> int:
    """Ends the live enrollments that match a filter, and returns how many."""
    rows = await Enrollment.get_pymongo_collection().find({**who, "live": True}, {"_id": 1}).to_list()
    ids = [row["_id"] for row in rows]
    if not ids:
        return 0
    left = await Enrollment.get_pymongo_collection().update_many({"_id": {"$in": ids}, "live": True}, leaving(reason))
    await cancel_waiting_mail(ids)
    return left.modified_count


def leaving(reason: ExitReason) -> dict[str, Any]:
    """The update by which somebody leaves."""
    return ending(EnrollmentStatus.EXITED, {"exitReason": reason.value})


def ending(status: EnrollmentStatus, said: Mapping[str, Any]) -> dict[str, Any]:
    """The update by which an enrollment ends."""
    ended = {"status": status.value, "live": False, "open": False, "nextAt": None, "taskSince": None}
    return touched({**ended, **said, "endedAt": clock.now()}) | {"$inc": {"revision": 1}}


async def cancel_waiting_mail(enrollment_ids: Collection[PydanticObjectId]) -> None:
    """Takes back what is planned and was not handed over yet."""
    waiting = {"outreach.enrollmentId": {"$in": [*enrollment_ids]}, "status": DeliveryStatus.QUEUED.value}
    await Delivery.find(waiting).update(touched({"status": DeliveryStatus.CANCELLED.value}))
