"""The engine of sequences: everybody gets each mail once, in order and in one conversation, whoever dies and whatever
happens meanwhile."""

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

import pytest
import pytest_asyncio

from core import clock, runtime
from core.actor import Actor
from core.runtime import Runtime
from core.settings import Settings
from mail.providers.memory import MemoryProvider
from models.contacts import Contact
from models.deliveries import Delivery, DeliveryStatus, Refusal
from models.email_events import BounceKind, EmailEventType
from models.email_jobs import EmailJob
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason, StepOutcome
from models.sequences import Sequence
from models.templates import Template
from resolvers.email_effects import apply_pending_email_events
from resolvers.enrollment_exits import exit_by_reply, hold_for_absence, leaving
from resolvers.enrollments import pause_enrollment, resume_enrollment
from resolvers.reply_addresses import Answered, answered_by
from resolvers.sequence_advancing import advance_sequences
from resolvers.sequence_inputs import SequenceUpdate
from resolvers.sequence_tasks import SequenceTaskEnd, complete_sequence_task
from resolvers.sequences import activate_sequence, deactivate_sequence, update_sequence
from resolvers.tracking import record_click, record_open
from resolvers.tracking_visits import Visit
from resolvers.transactional import DELIVER
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.email_jobs import delivered
from tests.factories.mail import an_email_event
from tests.factories.sequences import DAY_MS, a_sequence, an_enrollment, an_outreach_template, current, mail

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
APP: Final = "banners"
SOON: Final = timedelta(minutes=15)
"""Later than what is spread."""
DAY: Final = timedelta(days=1)
TASK: Final[dict[str, Any]] = {"type": "task", "instructions": "Call them"}


@pytest_asyncio.fixture
async def template() -> Template:
    await an_app(APP)
    return await an_outreach_template(APP)


async def later(by: timedelta = SOON) -> None:
    """The clock of the schedule, and the workers, so much later."""
    with clock.shifted(by):
        await advance_sequences(SYSTEM)
        await delivered()
        await apply_pending_email_events(SYSTEM)


async def mails_of(enrollment: Enrollment) -> list[Delivery]:
    return await Delivery.find({"outreach.enrollmentId": enrollment.id}).sort("outreach.step").to_list()


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


async def somebody(sequence: Sequence, name: str = "Ada Lovelace") -> tuple[Contact, Enrollment]:
    contact = await a_contact(name=name)
    return contact, await an_enrollment(sequence, contact)


async def test_the_follow_up_goes_on_with_the_conversation(post: MemoryProvider, template: Template) -> None:
    sequence = await a_sequence([mail(template), mail(template, delayMs=3 * DAY_MS)])
    _, enrollment = await somebody(sequence)
    await later()
    await later(2 * SOON)
    assert len(post.sent) == 1
    await later(3 * DAY + 2 * SOON)
    await later(3 * DAY + 3 * SOON)
    first, second = (read(message.content) for message in post.sent)
    assert first["Subject"] == "A question, Ada"
    assert second["Subject"] == "Re: A question, Ada"
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert first["In-Reply-To"] is None
    for message in (first, second):
        assert "unsubscribe" in message["List-Unsubscribe"]
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] is None, "a person writes"
    ended = await current(enrollment.id)
    assert ended.status is EnrollmentStatus.COMPLETED
    assert [(one.order, one.outcome) for one in ended.history] == [(1, StepOutcome.SENT), (2, StepOutcome.SENT)]


async def test_an_answer_leads_to_the_mail_that_it_answers(
    post: MemoryProvider, template: Template, platform: Runtime, settings: Settings
) -> None:
    runtime.start(settings.model_copy(update={"inbound_domain": "in.example.com"}), platform.mongo)
    _, enrollment = await somebody(await a_sequence([mail(template)]))
    await later()
    (delivery,) = await mails_of(enrollment)
    assert answered_by(read(post.sent[0].content)["Reply-To"]) == Answered(delivery_id=delivery.id)


async def test_a_new_conversation_has_its_own_subject(post: MemoryProvider, template: Template) -> None:
    other = await an_outreach_template(APP, subject="Something else")
    await somebody(await a_sequence([mail(template), mail(other, newThread=True), mail(other)]))
    for minutes in (15, 30, 45, 60):
        await later(timedelta(minutes=minutes))
    assert [message.body.subject for message in post.sent] == [
        "A question, Ada",
        "Something else",
        "Re: Something else",
    ]
    assert read(post.sent[1].content)["In-Reply-To"] is None
    assert read(post.sent[2].content)["In-Reply-To"] == read(post.sent[1].content)["Message-ID"]


@pytest.mark.parametrize(("clicks", "step"), [(True, 4), (False, 3)], ids=["clicked", "not clicked"])
async def test_a_click_decides(post: MemoryProvider, template: Template, clicks: bool, step: int) -> None:
    condition = {"type": "condition", "delayMs": DAY_MS, "branches": {"clicked": 4}}
    _, enrollment = await somebody(await a_sequence([mail(template), condition, TASK, TASK]))
    await later()
    if clicks:
        (message,) = post.sent
        link = next(part for part in (message.body.html or "").split('"') if "/t/c/" in part)
        with clock.shifted(2 * SOON):
            followed = await record_click(SYSTEM, link.rpartition("/")[2], Visit("203.0.113.7", "Firefox"))
            await apply_pending_email_events(SYSTEM)
        assert followed.url == "https://banners.example.com/tour"
    await later(2 * SOON)
    await later(DAY + 2 * SOON)
    assert (await current(enrollment.id)).current_step == step


async def test_a_link_leads_where_it_led_when_the_mail_was_sent(post: MemoryProvider, template: Template) -> None:
    sequence = await a_sequence([mail(template)])
    await somebody(sequence)
    await later()
    other = '<p><a href="https://banners.example.com/new">look</a></p>'
    await Template.find({"_id": template.id}).update({"$set": {"html": other}})
    await somebody(sequence, "Bob")
    await later(2 * SOON)
    led = []
    for message in post.sent:
        link = next(part for part in (message.body.html or "").split('"') if "/t/c/" in part)
        led.append((await record_click(SYSTEM, link.rpartition("/")[2], Visit("203.0.113.7", "Firefox"))).url)
    assert led == ["https://banners.example.com/tour", "https://banners.example.com/new"]


async def test_no_more_than_the_cap_is_sent_on_a_day(post: MemoryProvider, template: Template) -> None:
    sequence = await a_sequence([mail(template)], dailySendCap=2)
    for _ in range(5):
        await somebody(sequence)
    tomorrow = clock.now().replace(hour=8, minute=0) + DAY - clock.now()
    for days in range(3):
        for minutes in (0, 75):  # what comes late is spread over an hour
            await later(tomorrow + days * DAY + timedelta(minutes=minutes))
        assert len(post.sent) == min(2 * (days + 1), 5)


async def test_several_workers_do_it_once(post: MemoryProvider, template: Template) -> None:
    sequence = await a_sequence([mail(template)], dailySendCap=3)
    for _ in range(4):
        await somebody(sequence)
    with clock.shifted(SOON):
        await asyncio.gather(*(advance_sequences(SYSTEM) for _ in range(4)))
    assert await Delivery.find_all().count() == await EmailJob.find({"type": DELIVER}).count() == 3
    await later()
    assert len(post.sent) == 3


async def test_nothing_is_lost_or_sent_twice_wherever_it_is_cut_off(post: MemoryProvider, template: Template) -> None:
    """Each write is the last one of somebody who dies, with and without arriving."""
    sequence = await a_sequence([mail(template), TASK])
    for writes in range(8):
        for last_arrives in (False, True):
            _, enrollment = await somebody(sequence)
            with clock.shifted(SOON):
                try:
                    with dying(writes, last_arrives=last_arrives):
                        await advance_sequences(SYSTEM)
                except Killed:
                    pass
            await later()
            await later(2 * SOON)
            assert [one.status for one in await mails_of(enrollment)] == [DeliveryStatus.SENT], (writes, last_arrives)
            assert (await current(enrollment.id)).has_open_task
    assert len(post.sent) == len({message.delivery for message in post.sent}) == 16


async def planned(sequence: Sequence) -> Enrollment:
    """Somebody whose mail waits to be sent."""
    _, enrollment = await somebody(sequence)
    with clock.shifted(SOON):
        await advance_sequences(SYSTEM)
    return enrollment


async def test_an_answer_stops_what_is_planned(post: MemoryProvider, template: Template) -> None:
    enrollment = await planned(await a_sequence([mail(template)]))
    await exit_by_reply(SYSTEM, enrollment.id)
    await later()
    assert post.sent == []


async def test_also_where_whoever_took_it_died_before_the_mail_was_taken_back(
    post: MemoryProvider, template: Template
) -> None:
    enrollment = await planned(await a_sequence([mail(template)]))
    await Enrollment.change({"_id": enrollment.id}, leaving(ExitReason.REPLIED))
    await later()
    assert post.sent == []
    (delivery,) = await mails_of(enrollment)
    assert (delivery.status, delivery.refusal) == (DeliveryStatus.SUPPRESSED, Refusal.NOT_ENROLLED)


async def test_a_sequence_that_is_switched_off_sends_nothing_and_goes_on(
    post: MemoryProvider, template: Template
) -> None:
    sequence = await a_sequence([mail(template)])
    enrollment = await planned(sequence)
    await deactivate_sequence(SYSTEM, str(sequence.id))
    await later()
    await later(DAY)
    assert post.sent == []
    assert (await current(enrollment.id)).status is EnrollmentStatus.ACTIVE
    await activate_sequence(SYSTEM, str(sequence.id))
    await later(DAY + SOON)
    await later(DAY + 10 * SOON)
    assert len(post.sent) == 1


async def test_who_is_paused_gets_nothing_and_goes_on(post: MemoryProvider, template: Template) -> None:
    enrollment = await planned(await a_sequence([mail(template)]))
    await pause_enrollment(SYSTEM, str(enrollment.id))
    await later(2 * SOON)
    assert post.sent == []
    await resume_enrollment(SYSTEM, str(enrollment.id))
    await later(3 * SOON)
    assert [message.body.subject for message in post.sent] == ["A question, Ada"], "it is no answer to itself"


async def test_who_is_away_gets_it_when_they_are_back(post: MemoryProvider, template: Template) -> None:
    enrollment = await planned(await a_sequence([mail(template)]))
    await hold_for_absence(SYSTEM, enrollment.id, clock.now() + 3 * DAY)
    await later(2 * DAY)
    assert post.sent == []
    await later(3 * DAY + SOON)
    assert len(post.sent) == 1


async def test_what_could_not_be_sent_within_hours_waits_for_the_next_ones(
    post: MemoryProvider, template: Template
) -> None:
    sequence = await a_sequence([mail(template)])
    enrollment = await planned(sequence)
    closed = (clock.now() + SOON).isoweekday() % 7 + 2
    hours = {"days": [closed if closed <= 7 else 1]}
    await update_sequence(SYSTEM, str(sequence.id), SequenceUpdate.model_validate({"businessHours": hours}))
    await later()
    assert post.sent == []
    assert [one.status for one in await mails_of(enrollment)] == [DeliveryStatus.CANCELLED]
    await later(2 * SOON)
    opening = (await current(enrollment.id)).next_at
    assert opening is not None
    await later(opening - clock.now() + SOON)
    assert len(post.sent) == 1


async def test_a_mail_of_which_nobody_knows_is_not_sent_again(post: MemoryProvider, template: Template) -> None:
    enrollment = await planned(await a_sequence([mail(template), TASK]))
    died = {"status": DeliveryStatus.SENDING.value, "claim": "somebody who died"}
    await Delivery.find({"outreach.enrollmentId": enrollment.id}).update({"$set": died})
    post.repeatable = False
    await later()
    await later(2 * SOON)
    assert post.sent == []
    now = await current(enrollment.id)
    assert [one.outcome for one in now.history] == [StepOutcome.UNCERTAIN]
    assert now.current_step == 2


async def test_a_task_waits_for_people(post: MemoryProvider, template: Template) -> None:
    _, enrollment = await somebody(await a_sequence([TASK, mail(template)]))
    await later()
    await later(2 * DAY)
    assert post.sent == []
    assert (await current(enrollment.id)).has_open_task
    await complete_sequence_task(SYSTEM, str(enrollment.id), SequenceTaskEnd(note="They are keen"))
    await later(2 * SOON)
    assert len(post.sent) == 1
    (passed,) = (await current(enrollment.id)).history
    assert (passed.outcome, passed.by, passed.note) == (StepOutcome.DONE, SYSTEM.label, "They are keen")


async def test_who_is_enrolled_stays_on_their_version(post: MemoryProvider, template: Template) -> None:
    sequence = await a_sequence([mail(template)])
    await somebody(sequence)
    other = await an_outreach_template(APP, subject="Something new")
    update = SequenceUpdate.model_validate({"steps": [mail(other)]})
    sequence = await update_sequence(SYSTEM, str(sequence.id), update)
    await somebody(sequence, "Bob")
    await later()
    assert sorted(message.body.subject for message in post.sent) == ["A question, Ada", "Something new"]


@pytest.mark.parametrize(
    ("type", "details", "reason"),
    [
        (EmailEventType.REPLIED, {}, ExitReason.REPLIED),
        (EmailEventType.BOUNCED, {"bounce": BounceKind.HARD}, ExitReason.BOUNCED),
        (EmailEventType.BOUNCED, {"bounce": BounceKind.SOFT}, ExitReason.BOUNCED),
        (EmailEventType.COMPLAINED, {}, ExitReason.COMPLAINED),
        (EmailEventType.UNSUBSCRIBED, {}, ExitReason.UNSUBSCRIBED),
    ],
)
async def test_what_becomes_of_a_mail_ends_it(
    post: MemoryProvider, template: Template, type: EmailEventType, details: dict[str, Any], reason: ExitReason
) -> None:
    contact, enrollment = await somebody(await a_sequence([mail(template), mail(template, delayMs=DAY_MS)]))
    elsewhere = await an_enrollment(await a_sequence([TASK]), contact)
    await later()
    (delivery,) = await mails_of(enrollment)
    await an_email_event(delivery, type, at=clock.now() + SOON, pending=True, **details)
    await apply_pending_email_events(SYSTEM)
    left = await current(enrollment.id)
    assert (left.status, left.exit_reason) == (EnrollmentStatus.EXITED, reason)
    about_the_person = reason is not ExitReason.REPLIED and details.get("bounce") is not BounceKind.SOFT
    assert (await current(elsewhere.id)).live is not about_the_person
    await later(2 * DAY)
    assert len(post.sent) == 1


async def test_who_may_not_be_written_to_by_then_leaves(post: MemoryProvider, template: Template) -> None:
    contact, enrollment = await somebody(await a_sequence([mail(template)]))
    await Contact.find({"_id": contact.id}).update({"$set": {"optedOutAt": clock.now()}})
    await later()
    await later(2 * SOON)
    left = await current(enrollment.id)
    assert (left.status, left.exit_reason) == (EnrollmentStatus.EXITED, ExitReason.UNSUBSCRIBED)
    assert post.sent == []


async def test_a_mail_that_can_not_be_composed_says_why(post: MemoryProvider, template: Template) -> None:
    _, enrollment = await somebody(await a_sequence([mail(template)]))
    await Template.find({"_id": template.id}).delete()
    await later()
    failed = await current(enrollment.id)
    assert failed.status is EnrollmentStatus.FAILED
    assert failed.last_error is not None
    assert failed.last_error.startswith("The mail can't be composed")


async def test_who_is_in_a_sequence_that_is_gone_leaves(template: Template) -> None:
    _, enrollment = await somebody(sequence := await a_sequence([mail(template)]))
    await Sequence.find({"_id": sequence.id}).delete()
    await later()
    assert (await current(enrollment.id)).exit_reason is ExitReason.SEQUENCE_DELETED


async def test_opened_mail_is_counted(post: MemoryProvider, template: Template) -> None:
    _, enrollment = await somebody(await a_sequence([mail(template)]))
    await later()
    found = re.search(r"/t/o/([\w-]+)", post.sent[0].body.html or "")
    assert found
    with clock.shifted(2 * SOON):
        await record_open(SYSTEM, found[1], Visit("203.0.113.7", "Firefox"))
        await apply_pending_email_events(SYSTEM)
    (delivery,) = await mails_of(enrollment)
    assert delivery.opened_at is not None
