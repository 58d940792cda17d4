"""What came of a sequence: counted from its mails and its enrollments whenever somebody asks, so that the numbers are
always those of a recount."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId

from core.access import STAFF, allow
from core.actor import Actor
from models.deliveries import Delivery, DeliveryStatus
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason
from models.sequences import StepType
from resolvers.sequences import visible_sequence

MOMENTS: Final = ("opened", "clicked", "replied", "bounced", "complained", "unsubscribed")
"""Of a mail, each with its moment, such as `openedAt`."""
SENT: Final = (DeliveryStatus.SENT.value, DeliveryStatus.UNCERTAIN.value)


@dataclass(frozen=True, slots=True)
class StepStats:
    """Of the step of that order, in all versions. `sent` counts the mails, and what is perhaps sent; the others those
    of them that were opened and so on, each once. `waiting` are the people who are there, `exited` those who left
    there. Rates are from 0 to 1, None where nothing was sent."""

    order: int
    type: StepType | None
    sent: int
    opened: int
    clicked: int
    replied: int
    bounced: int
    complained: int
    unsubscribed: int
    waiting: int
    exited: int

    def _rate(self, count: int) -> float | None:
        return count / self.sent if self.sent else None

    @property
    def open_rate(self) -> float | None:
        return self._rate(self.opened)

    @property
    def click_rate(self) -> float | None:
        return self._rate(self.clicked)

    @property
    def reply_rate(self) -> float | None:
        return self._rate(self.replied)

    @property
    def bounce_rate(self) -> float | None:
        return self._rate(self.bounced)


@dataclass(frozen=True, slots=True)
class SequenceStats:
    """Of all who were ever enrolled."""

    enrolled: int
    by_status: Mapping[EnrollmentStatus, int]
    by_exit_reason: Mapping[ExitReason, int]
    steps: list[StepStats]


@allow(STAFF)
async def sequence_stats(actor: Actor, sequence_id: str) -> SequenceStats:
    """What came of a sequence, as a whole and step by step."""
    sequence = await visible_sequence(actor, sequence_id)
    mails = await _mails_by_step(sequence.id)
    by_status = Counter(dict.fromkeys(EnrollmentStatus, 0))
    by_reason = Counter(dict.fromkeys(ExitReason, 0))
    waiting, exited = Counter[int](), Counter[int]()
    for row in await _people(sequence.id):
        status, people = EnrollmentStatus(row["_id"]["status"]), row["people"]
        by_status[status] += people
        if status is EnrollmentStatus.EXITED:
            exited[row["_id"]["step"]] += people
            by_reason[ExitReason(row["_id"]["reason"])] += people
        elif status in (EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED):
            waiting[row["_id"]["step"]] += people
    types = {step.order: step.type for step in sequence.steps}
    orders = sorted({*types, *mails, *waiting, *exited})
    steps = [
        StepStats(
            order,
            types.get(order, StepType.EMAIL if order in mails else None),
            waiting=waiting[order],
            exited=exited[order],
            **{name: mails[order][name] for name in ("sent", *MOMENTS)},
        )
        for order in orders
    ]
    return SequenceStats(by_status.total(), by_status, by_reason, steps)


async def _mails_by_step(sequence_id: PydanticObjectId) -> Mapping[int, Counter[str]]:
    """How many were sent of each step, and what became of them."""
    of_sequence = {"outreach.sequenceId": sequence_id, "status": {"$in": [*SENT]}}
    happened = {name: {"$sum": {"$cond": [{"$gt": [f"${name}At", None]}, 1, 0]}} for name in MOMENTS}
    group = {"$group": {"_id": "$outreach.step", "sent": {"$sum": 1}, **happened}}
    mails: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in await Delivery.aggregate([{"$match": of_sequence}, group]).to_list():
        mails[row["_id"]] = Counter({name: row[name] for name in ("sent", *MOMENTS)})
    return mails


async def _people(sequence_id: PydanticObjectId) -> list[dict[str, Any]]:
    kinds = {"status": "$status", "step": "$currentStep", "reason": "$exitReason"}
    group = {"$group": {"_id": kinds, "people": {"$sum": 1}}}
    return await Enrollment.aggregate([{"$match": {"sequenceId": sequence_id}}, group]).to_list()
