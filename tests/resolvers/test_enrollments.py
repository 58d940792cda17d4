"""People in sequences: how they get in, wait and leave."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.pages import Page
from models.contacts import ConsentCategory, ConsentState, Contact, LegalBasis
from models.deliveries import Delivery, DeliveryOutreach, DeliveryStatus
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason
from models.sequences import Sequence
from resolvers.enrolling import Enroll, Enrolled, enroll
from resolvers.enrollment_exits import ABSENCE, exit_all_of, exit_by_reply, hold_for_absence
from resolvers.enrollments import (
    EnrollmentFilter,
    EnrollmentSortKey,
    exit_enrollment,
    get_enrollment,
    list_enrollments,
    pause_enrollment,
    resume_enrollment,
)
from resolvers.prospect_moves import convert_prospects
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.mail import a_delivery
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.sequences import a_sequence, an_enrollment, current
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
TASK: Final[dict[str, Any]] = {"type": "task", "instructions": "Call them"}
NOWHERE: Final = "5f5e10000000000000000000"


async def enrolled(sequence: Sequence, *ids: Any, actor: Actor = SYSTEM) -> Enrolled:
    return await enroll(actor, str(sequence.id), Enroll.model_validate({"contactIds": [str(one) for one in ids]}))


async def waiting_mail(enrollment: Enrollment) -> Delivery:
    """Planned, and not handed over yet."""
    contact = await a_contact()
    of = DeliveryOutreach(sequence_id=enrollment.sequence_id, enrollment_id=enrollment.id, step=1, day="2026-01-30")
    return await a_delivery(contact, status=DeliveryStatus.QUEUED, outreach=of)


async def status_of(delivery: Delivery) -> DeliveryStatus:
    found = await Delivery.get(delivery.id)
    assert found is not None
    return found.status


async def test_people_are_enrolled_and_the_others_are_told_apart() -> None:
    sequence = await a_sequence([TASK])
    ada, bob, eve = await a_contact(), await a_contact(), await a_contact()
    await with_consent(bob, ConsentCategory.OUTREACH, ConsentState.OPTED_OUT)
    await an_enrollment(sequence, eve)
    outcome = await enrolled(sequence, ada.id, bob.id, eve.id, NOWHERE, "nonsense", ada.id)
    assert [one.contact_id for one in outcome.enrolled] == [ada.id]
    assert [(one.id, one.reason.value) for one in outcome.rejected] == [
        (str(bob.id), "opted_out"),
        (str(eve.id), "already_enrolled"),
        (NOWHERE, "not_found"),
        ("nonsense", "not_found"),
        (str(ada.id), "repeated"),
    ]
    assert all(one.sentence for one in outcome.rejected)


async def test_a_thousand_are_enrolled_at_a_time() -> None:
    sequence = await a_sequence([TASK])
    outcome = await enrolled(sequence, *range(1000))
    assert len(outcome.rejected) == 1000
    with pytest.raises(ValueError, match="at most 1000"):
        await enrolled(sequence, *range(1001))


async def test_a_prospect_becomes_a_contact_and_is_converted_by_an_installation() -> None:
    sequence, app = await a_sequence([TASK]), await an_app()
    ada = await a_prospect(email="ada@tea.example", company="Tea and Cakes", title="Owner")
    outcome = await enroll(SYSTEM, str(sequence.id), Enroll.model_validate({"prospectIds": [str(ada.id)]}))
    (enrollment,) = outcome.enrolled
    assert (enrollment.prospect_id, outcome.rejected) == (ada.id, [])
    assert enrollment.values == {"company": "Tea and Cakes", "title": "Owner"}
    contact = await Contact.get(enrollment.contact_id)
    assert contact is not None
    assert contact.consents.outreach.legal_basis is LegalBasis.LEGITIMATE_INTERESTS
    await convert_prospects(await a_shop(app.id, email="ada@tea.example"))
    assert (await current(enrollment.id)).exit_reason is ExitReason.CONVERTED


async def test_a_prospect_who_must_not_be_contacted_is_rejected() -> None:
    sequence, ada = await a_sequence([TASK]), await a_prospect(status="do_not_contact")
    outcome = await enroll(SYSTEM, str(sequence.id), Enroll.model_validate({"prospectIds": [str(ada.id), NOWHERE]}))
    assert [(one.id, one.reason.value) for one in outcome.rejected] == [
        (str(ada.id), "opted_out"),
        (NOWHERE, "not_found"),
    ]


async def test_nobody_is_in_a_sequence_twice_whoever_is_faster() -> None:
    sequence, ada = await a_sequence([TASK]), await a_contact()
    outcomes = await asyncio.gather(*(enrolled(sequence, ada.id) for _ in range(5)))
    assert sum(len(one.enrolled) for one in outcomes) == 1


async def test_who_left_may_come_back() -> None:
    sequence, ada = await a_sequence([TASK]), await a_contact()
    first = await an_enrollment(sequence, ada)
    await exit_enrollment(SYSTEM, str(first.id))
    assert (await an_enrollment(sequence, ada)).id != first.id


async def test_somebody_is_paused_and_goes_on() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    mail = await waiting_mail(enrollment)
    paused = await pause_enrollment(SYSTEM, str(enrollment.id))
    assert (paused.status, paused.open, paused.live) == (EnrollmentStatus.PAUSED, False, True)
    assert await status_of(mail) is DeliveryStatus.CANCELLED
    resumed = await resume_enrollment(SYSTEM, str(enrollment.id))
    assert (resumed.status, resumed.open) == (EnrollmentStatus.ACTIVE, True)


async def test_somebody_is_taken_out() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    mail = await waiting_mail(enrollment)
    left = await exit_enrollment(SYSTEM, str(enrollment.id))
    assert (left.status, left.exit_reason, left.live) == (EnrollmentStatus.EXITED, ExitReason.MANUAL, False)
    assert left.ended_at is not None
    assert await status_of(mail) is DeliveryStatus.CANCELLED


async def test_an_answer_ends_it_at_once() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    mail = await waiting_mail(enrollment)
    for _ in range(2):
        left = await exit_by_reply(SYSTEM, enrollment.id)
        assert left is not None
        assert (left.status, left.exit_reason) == (EnrollmentStatus.EXITED, ExitReason.REPLIED)
    assert await status_of(mail) is DeliveryStatus.CANCELLED


async def test_the_first_reason_stays() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    await exit_enrollment(SYSTEM, str(enrollment.id))
    await exit_by_reply(SYSTEM, enrollment.id)
    assert (await current(enrollment.id)).exit_reason is ExitReason.MANUAL


async def test_who_is_away_is_let_wait_until_they_are_back() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    mail = await waiting_mail(enrollment)
    back = clock.now() + timedelta(days=3)
    held = await hold_for_absence(SYSTEM, enrollment.id, back)
    assert held is not None
    assert (held.held_until, held.next_at, held.status) == (back, back, EnrollmentStatus.ACTIVE)
    assert await status_of(mail) is DeliveryStatus.CANCELLED


@pytest.mark.parametrize("until", [None, timedelta(days=-1)], ids=["nothing said", "a day that is over"])
async def test_who_is_away_without_a_date_is_let_wait_for_a_week(until: timedelta | None) -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    now = clock.now()
    held = await hold_for_absence(SYSTEM, enrollment.id, now + until if until else None)
    assert held is not None
    assert held.held_until is not None
    assert held.held_until - now >= ABSENCE


async def test_who_has_left_is_not_held() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    await exit_enrollment(SYSTEM, str(enrollment.id))
    assert await hold_for_absence(SYSTEM, enrollment.id) is None


async def test_somebody_leaves_all_sequences_at_once() -> None:
    ada, bob = await a_contact(), await a_contact()
    theirs = [await an_enrollment(await a_sequence([TASK]), ada) for _ in range(2)]
    others = await an_enrollment(await a_sequence([TASK]), bob)
    assert await exit_all_of(SYSTEM, [ada.id], ExitReason.CONVERTED) == 2
    assert {(await current(one.id)).exit_reason for one in theirs} == {ExitReason.CONVERTED}
    assert (await current(others.id)).live


async def test_enrollments_are_listed_by_status_and_reason() -> None:
    sequence = await a_sequence([TASK])
    active = await an_enrollment(sequence, await a_contact())
    left = await an_enrollment(sequence, await a_contact())
    await an_enrollment(await a_sequence([TASK]), await a_contact())
    await exit_enrollment(SYSTEM, str(left.id))

    async def found(**filters: Any) -> list[Any]:
        order = EnrollmentSortKey.CREATED_AT.order()
        chosen = EnrollmentFilter.model_validate(filters)
        return [one.id for one in (await list_enrollments(SYSTEM, str(sequence.id), Page(), chosen, order)).items]

    assert sorted(await found()) == sorted([active.id, left.id])
    assert await found(status="active") == [active.id]
    assert await found(exitReason="manual") == [left.id]
    assert await found(contactId=str(active.contact_id)) == [active.id]


async def test_who_may() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    viewer = await an_actor(Role.VIEWER)
    assert (await get_enrollment(viewer, str(enrollment.id))).id == enrollment.id
    for operation in (pause_enrollment, resume_enrollment, exit_enrollment):
        with pytest.raises(Forbidden):
            await operation(viewer, str(enrollment.id))


async def test_what_does_not_fit_the_status_says_so() -> None:
    enrollment = await an_enrollment(await a_sequence([TASK]), await a_contact())
    with pytest.raises(InvalidInput, match="is active: only paused ones can be resumed"):
        await resume_enrollment(SYSTEM, str(enrollment.id))
    await exit_enrollment(SYSTEM, str(enrollment.id))
    with pytest.raises(InvalidInput, match="is exited: only active ones can be paused"):
        await pause_enrollment(SYSTEM, str(enrollment.id))
    with pytest.raises(InvalidInput, match="is exited: only those who are in a sequence"):
        await exit_enrollment(SYSTEM, str(enrollment.id))


async def test_a_sequence_without_steps_takes_nobody() -> None:
    sequence = await a_sequence([], active=False)
    with pytest.raises(InvalidInput, match="no steps yet"):
        await enrolled(sequence, (await a_contact()).id)


async def test_one_that_is_not_there() -> None:
    with pytest.raises(NotFound, match="Enrollment not found"):
        await get_enrollment(SYSTEM, NOWHERE)
    assert await exit_by_reply(SYSTEM, enrollment_id=(await a_contact()).id) is None
