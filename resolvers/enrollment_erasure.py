"""How people are taken out of sequences: they leave, and what was written about them is forgotten. That somebody was in
it stays, so that statistics still add up."""

from typing import Any, Final

from core.actor import Actor
from models.base import touched
from models.enrollments import Enrollment, ExitReason
from resolvers.enrollment_exits import exit_all
from resolvers.holdings import Holding, Person

ERASER: Final = Actor.system("erasure")


async def _erase_from_enrollments(holding: Holding, person: Person) -> int:
    count = 0
    async for batch in holding.batches(person):
        ids = [enrollment.id for enrollment in batch]
        await exit_all(ERASER, ids, ExitReason.SUPPRESSED)
        forgotten: dict[str, Any] = {
            "values": {},
            "thread": None,
            "task": None,
            "lastError": None,
            "history.$[].note": None,
        }
        await Enrollment.find({"_id": {"$in": ids}}).update(touched(forgotten))
        count += len(batch)
    return count


ENROLLMENTS: Final = Holding(
    Enrollment,
    lambda person: {"contactId": person.contact.id},
    frozenset({"status", "started_at", "last_step_at", "ended_at"}),
    _erase_from_enrollments,
)
