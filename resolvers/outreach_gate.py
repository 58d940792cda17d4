"""Whether a mail of a sequence may still go out, asked right before it does: whoever planned it knew less."""

from collections.abc import Mapping
from collections.abc import Sequence as Listed
from enum import StrEnum

from beanie import PydanticObjectId

from core import clock
from models.base import touched
from models.deliveries import Delivery, DeliveryOutreach, DeliveryStatus
from models.enrollments import Enrollment, EnrollmentStatus
from models.sequences import Sequence
from resolvers.apps import apps_holding_mail
from resolvers.business_hours import hours_of


class Gate(StrEnum):
    """`later`: it is taken back, and planned again when its time has come. `over`: it is not sent any more."""

    OPEN = "open"
    LATER = "later"
    OVER = "over"


async def gates_of(deliveries: Listed[Delivery]) -> Mapping[PydanticObjectId, Gate]:
    """Of the deliveries that are mails of sequences, by their ids."""
    mails = {delivery.id: delivery.outreach for delivery in deliveries if delivery.outreach}
    if not mails:
        return {}
    enrolled = {"_id": {"$in": [*{mail.enrollment_id for mail in mails.values()}]}, "live": True}
    enrollments = {one.id: one for one in await Enrollment.find(enrolled).to_list()}
    named = {"_id": {"$in": [*{mail.sequence_id for mail in mails.values()}]}}
    sequences = {one.id: one for one in await Sequence.find(named).to_list()}
    holding = await apps_holding_mail()
    return {
        one.id: _gate(
            mail, enrollments.get(mail.enrollment_id), sequences.get(mail.sequence_id), is_held=one.app_id in holding
        )
        for one in deliveries
        if (mail := mails.get(one.id))
    }


async def take_back(delivery: Delivery) -> DeliveryStatus | None:
    """Ends a mail that is queued, until it is planned again. None where it was not queued any more."""
    queued = {"_id": delivery.id, "status": DeliveryStatus.QUEUED.value}
    taken = await Delivery.change(queued, touched({"status": DeliveryStatus.CANCELLED.value}))
    return taken.status if taken else None


def _gate(mail: DeliveryOutreach, enrollment: Enrollment | None, sequence: Sequence | None, *, is_held: bool) -> Gate:
    if enrollment is None or sequence is None or enrollment.current_step > mail.step:
        return Gate.OVER
    now, hours = clock.now(), hours_of(sequence.business_hours)
    is_away = enrollment.held_until is not None and enrollment.held_until > now
    is_frozen = enrollment.status is not EnrollmentStatus.ACTIVE or not sequence.active
    # The room for it was on the day for which it was planned.
    is_its_day = hours.day(now).isoformat() == mail.day
    waits = is_held or is_away or is_frozen or not is_its_day or not hours.is_open(now)
    return Gate.LATER if waits else Gate.OPEN
