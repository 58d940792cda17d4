"""What came of a sequence: the numbers are those of a recount, step by step."""

from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import NotFound
from models.contacts import Contact
from models.deliveries import DeliveryOutreach, DeliveryStatus
from models.enrollments import EnrollmentStatus, ExitReason
from models.sequences import Sequence
from resolvers.sequence_stats import StepStats, sequence_stats
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_delivery
from tests.factories.people import an_actor
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template, ended_enrollment, mail

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
APP: Final = "banners"


@pytest.fixture
async def sequence(platform: object) -> Sequence:
    await an_app(APP)
    template = await an_outreach_template(APP)
    return await a_sequence([mail(template), mail(template), {"type": "task"}])


async def sent(sequence: Sequence, contact: Contact, step: int, **fields: Any) -> None:
    of = DeliveryOutreach(sequence_id=sequence.id, enrollment_id=contact.id, step=step, day="2026-01-30")
    source = f"sequence:{contact.id}:{step}"
    await a_delivery(contact, source=source, outreach=of, **{"status": DeliveryStatus.SENT, **fields})


def numbers(step: StepStats) -> dict[str, Any]:
    return {name: getattr(step, name) for name in ("sent", "opened", "clicked", "replied", "bounced")}


async def test_mails_are_counted_by_step_and_what_became_of_them(sequence: Sequence) -> None:
    ada, bob, eve = await a_contact(), await a_contact(), await a_contact()
    now = clock.now()
    await sent(sequence, ada, 1, opened_at=now, clicked_at=now)
    await sent(sequence, bob, 1, opened_at=now, replied_at=now)
    await sent(sequence, eve, 1, status=DeliveryStatus.UNCERTAIN)
    await sent(sequence, eve, 2, bounced_at=now)
    await sent(sequence, ada, 2, status=DeliveryStatus.QUEUED)
    await sent(sequence, bob, 2, status=DeliveryStatus.SUPPRESSED)
    first, second, third = (await sequence_stats(SYSTEM, str(sequence.id))).steps
    assert numbers(first) == {"sent": 3, "opened": 2, "clicked": 1, "replied": 1, "bounced": 0}
    assert (first.open_rate, first.click_rate, first.reply_rate) == (2 / 3, 1 / 3, 1 / 3)
    assert numbers(second) == {"sent": 1, "opened": 0, "clicked": 0, "replied": 0, "bounced": 1}
    assert (third.sent, third.open_rate) == (0, None)


async def test_people_are_counted_where_they_are_and_where_they_left(sequence: Sequence) -> None:
    await an_enrollment(sequence, await a_contact())
    await ended_enrollment(str(sequence.id))
    await ended_enrollment(str(sequence.id), exit_reason=ExitReason.BOUNCED)
    await ended_enrollment(str(sequence.id), status=EnrollmentStatus.COMPLETED, exit_reason=None, current_step=3)
    stats = await sequence_stats(SYSTEM, str(sequence.id))
    assert [(step.waiting, step.exited) for step in stats.steps] == [(1, 0), (0, 2), (0, 0)]
    assert (stats.enrolled, stats.by_status[EnrollmentStatus.EXITED]) == (4, 2)
    assert {reason: count for reason, count in stats.by_exit_reason.items() if count} == {
        ExitReason.REPLIED: 1,
        ExitReason.BOUNCED: 1,
    }
    assert stats.by_status.keys() == set(EnrollmentStatus)


async def test_everybody_of_staff_reads_them(sequence: Sequence) -> None:
    assert (await sequence_stats(await an_actor(Role.VIEWER), str(sequence.id))).enrolled == 0


async def test_of_one_that_is_not_there(platform: object) -> None:
    with pytest.raises(NotFound):
        await sequence_stats(SYSTEM, "5f5e10000000000000000000")
