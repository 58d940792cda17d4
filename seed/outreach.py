"""How one person goes through a sequence: mail by mail, until they answer, leave, or nothing is left."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryOutreach, DeliveryStatus, DeliveryThread
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.enrollments import (
    Enrollment,
    EnrollmentMail,
    EnrollmentStatus,
    EnrollmentTask,
    EnrollmentThread,
    ExitReason,
    PassedStep,
    StepOutcome,
)
from models.prospects import Prospect
from models.sequences import Sequence, StepType
from resolvers.prospect_states import DO_NOT_CONTACT, ENGAGED
from resolvers.sequence_mail import delivery_id_of
from resolvers.sequence_steps import Action, Course, Decision, Mail, Place, Task, decide
from resolvers.template_links import PREFIX
from seed.people import MARKETER

OPENING, CLICKING, BOUNCING = 0.55, 0.2, 0.02
"""Of the mails, how many are opened, have a link clicked, and come back."""
WORKED_OFF: Final = 0.6
"""Of the tasks, how many somebody has done the day after; all are done by `LATEST`."""
LATEST: Final = timedelta(days=21)
SENT_SOON: Final = timedelta(minutes=2)
DAY: Final = timedelta(days=1)


class Life:
    """One enrollment, with the mails and the events that it led to until now."""

    def __init__(
        self,
        random: Random,
        sequence: Sequence,
        course: Course,
        prospect: Prospect,
        contact: Contact,
        start: datetime,
        now: datetime,
    ) -> None:
        self.random, self.sequence, self.course, self.contact, self.now = random, sequence, course, contact, now
        self.deliveries: list[Delivery] = []
        self.events: list[EmailEvent] = []
        self.enrollment = Enrollment(
            sequence_id=sequence.id,
            version=sequence.version,
            contact_id=contact.id,
            prospect_id=prospect.id,
            current_step=course.steps[0].order,
            next_at=None,
            values={"company": prospect.company} if prospect.company else {},
            started_at=start,
            created_at=start,
            enrolled_by=MARKETER,
        )
        seed = self.enrollment.id.binary
        self._place = Place(seed, course.steps[0].order, course.first_due(start, seed))
        self._end, self._reason = self._fate(prospect)
        self._go()

    def _fate(self, prospect: Prospect) -> tuple[datetime, ExitReason | None]:
        """When they leave early, and why; not before they got the first mail."""
        reasons = {ENGAGED: ExitReason.REPLIED, DO_NOT_CONTACT: ExitReason.UNSUBSCRIBED}
        for change in prospect.history:
            if change.after in reasons:
                return max(change.at, self._place.due + timedelta(hours=2)), reasons[change.after]
        return self.now, None

    def _go(self) -> None:
        while self._place.due <= min(self._end, self.now) and self.enrollment.live:
            self._take(decide(self.course, self._place, self._place.due))
        if self.enrollment.live and self._reason is not None and self._end <= self.now:
            self._leave(self._reason, self._end)
        if self.enrollment.live:
            self.enrollment.next_at = self._place.due
        ended = self.enrollment.ended_at
        self.enrollment.updated_at = ended or self.enrollment.last_step_at or self.enrollment.started_at

    def _take(self, decision: Decision) -> None:
        at, enrollment = self._place.due, self.enrollment
        for passed in decision.passed:
            record = PassedStep(order=passed.step.order, type=passed.step.type, outcome=passed.outcome, at=passed.at)
            if passed.step.type is StepType.EMAIL and enrollment.mail:
                record.delivery_id = enrollment.mail.delivery_id
            if passed.step.type is StepType.TASK:
                record.by = MARKETER
            enrollment.history.append(record)
            enrollment.last_step_at = passed.at
        enrollment.current_step = decision.step
        self._place = replace(self._place, step=decision.step)
        match decision.action:
            case Action.SEND:
                self._send(decision.step, at)
            case Action.ASK:
                self._ask(decision.step, at)
            case Action.WAIT:
                self._place = replace(self._place, due=decision.at or at + DAY)
            case _:
                self._finish(EnrollmentStatus.COMPLETED, at)

    def _send(self, step: int, at: datetime) -> None:
        delivery = self._delivery(step, at)
        told = [event for event in self._events_of(delivery, at) if event.at <= self.now]
        happened = {event.type: event.at for event in told}
        delivery = delivery.model_copy(
            update={
                "delivered_at": happened.get(EmailEventType.DELIVERED),
                "opened_at": happened.get(EmailEventType.OPENED),
                "clicked_at": happened.get(EmailEventType.CLICKED),
                "bounced_at": happened.get(EmailEventType.BOUNCED),
                "last_event_at": max(happened.values()),
            }
        )
        self.deliveries.append(delivery)
        self.events += told
        clicked = delivery.clicked_at is not None
        opened = delivery.opened_at is not None
        self.enrollment.mail = EnrollmentMail(step=step, delivery_id=delivery.id)
        if self.enrollment.thread is None:
            self.enrollment.thread = EnrollmentThread(delivery_id=delivery.id, subject=delivery.subject or "")
        newest = Mail(step, DeliveryStatus.SENT, at, opened=opened, clicked=clicked)
        self._place = replace(self._place, mail=newest, due=at + SENT_SOON)
        if delivery.bounced_at is not None:
            self._leave(ExitReason.BOUNCED, delivery.bounced_at)

    def _ask(self, step: int, at: datetime) -> None:
        done = at + self.random.uniform(0.1, 1) * DAY
        is_late = self.now - at > LATEST
        is_done = done <= self.now and (is_late or self.random.random() < WORKED_OFF)
        outcome = StepOutcome.DONE if is_done else None
        instructions = next(one.instructions for one in self.course.steps if one.order == step)
        self.enrollment.task = EnrollmentTask(
            step=step,
            instructions=instructions,
            outcome=outcome,
            at=done if is_done else None,
            by=MARKETER if is_done else None,
        )
        self.enrollment.task_since = None if is_done else at
        due = done if is_done else max(self.now, at) + DAY
        self._place = replace(self._place, task=Task(step, outcome, done if is_done else None), due=due)

    def _leave(self, reason: ExitReason, at: datetime) -> None:
        """By what is heard of the newest mail."""
        if self.deliveries:
            newest = self.deliveries[-1]
            if reason is ExitReason.REPLIED:
                self.deliveries[-1] = newest.model_copy(update={"replied_at": at})
                self.events.append(_event(newest, EmailEventType.REPLIED, at))
            if reason is ExitReason.UNSUBSCRIBED:
                self.deliveries[-1] = newest.model_copy(update={"unsubscribed_at": at})
                self.events.append(_event(newest, EmailEventType.UNSUBSCRIBED, at))
        self._finish(EnrollmentStatus.EXITED, at)
        self.enrollment.exit_reason = reason

    def _finish(self, status: EnrollmentStatus, at: datetime) -> None:
        self.enrollment.status, self.enrollment.ended_at = status, at
        self.enrollment.live = self.enrollment.open = False
        self.enrollment.task_since = None

    def _delivery(self, step: int, at: datetime) -> Delivery:
        chosen = next(one for one in self.course.steps if one.order == step)
        thread, enrollment = self.enrollment.thread, self.enrollment
        about = enrollment.values.get("company", "your shop")
        return Delivery(
            id=delivery_id_of(enrollment.id, step),
            app_id=self.sequence.app_id,
            source=f"sequence:{enrollment.id}:{step}",
            kind=DeliveryKind.OUTREACH,
            category=ConsentCategory.OUTREACH,
            contact_id=self.contact.id,
            content=f"{PREFIX}{chosen.template_id}",
            email=self.contact.email,
            name=self.contact.name,
            language=self.contact.language,
            subject=f"Re: {thread.subject}" if thread else f"A question about {about}",
            values=enrollment.values,
            thread=DeliveryThread(by_person=True),
            outreach=DeliveryOutreach(
                sequence_id=self.sequence.id,
                enrollment_id=enrollment.id,
                step=step,
                day=self.course.hours.day(at).isoformat(),
            ),
            status=DeliveryStatus.SENT,
            attempts=1,
            provider="resend",
            sent_at=at,
            created_at=at,
            updated_at=at,
        )

    def _events_of(self, delivery: Delivery, at: datetime) -> Iterator[EmailEvent]:
        yield _event(delivery, EmailEventType.QUEUED, at)
        yield _event(delivery, EmailEventType.SENT, at)
        arrived = at + timedelta(seconds=self.random.uniform(1, 40))
        if self.random.random() < BOUNCING:
            said = {"bounce": BounceKind.SOFT, "detail": "452 4.2.2 The mailbox is full"}
            yield _event(delivery, EmailEventType.BOUNCED, arrived, **said)
            return
        yield _event(delivery, EmailEventType.DELIVERED, arrived)
        if self.random.random() < OPENING:
            opened = arrived + timedelta(hours=self.random.uniform(0.05, 30))
            yield _event(delivery, EmailEventType.OPENED, opened)
            if self.random.random() < CLICKING / OPENING:
                yield _event(delivery, EmailEventType.CLICKED, opened + timedelta(minutes=1), link=1)


def _event(delivery: Delivery, type: EmailEventType, at: datetime, **details: Any) -> EmailEvent:
    by_tracking = type in (EmailEventType.OPENED, EmailEventType.CLICKED)
    return EmailEvent(
        type=type,
        at=at,
        created_at=at,
        updated_at=at,
        source="tracking" if by_tracking else "resend",
        app_id=delivery.app_id,
        delivery_id=delivery.id,
        contact_id=delivery.contact_id,
        dedupe_key=f"{type.value}:{delivery.id}",
        **details,
    )
