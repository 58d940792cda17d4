"""The mails of sequences, planned some hundreds at a time: each is a delivery with a job of its own.

A delivery's id follows from whom it is for and the step, so that whoever plans it again, after a crash or beside
somebody else, plans the same one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from beanie import PydanticObjectId
from beanie.odm.utils.dump import get_dict
from bson import ObjectId

from core.access import allow
from core.actor import Actor
from core.errors import DomainError
from core.ids import derived_id
from core.mongo import insert_new_stored
from core.runtime import runtime
from mail.templates import TemplateProblem
from models.apps import App
from models.base import touched
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryOutreach, DeliveryStatus, DeliveryThread
from models.email_events import EmailEventType
from models.enrollments import Enrollment, EnrollmentThread
from models.sequences import Sequence, SequenceStep
from resolvers.email_events import insert_events, stored_event_about
from resolvers.job_leases import enqueue_many
from resolvers.mail_contents import PreparedMail, prepared
from resolvers.mail_skeletons import sender_of
from resolvers.sequence_caps import take_room
from resolvers.template_links import PREFIX
from resolvers.transactional import ATTEMPTS, DELIVER

ANSWER: Final = "Re: "
LONGEST_SUBJECT: Final = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step of somebody that is to be sent now; `day` is the local one, `app_id` that of the version's templates."""

    enrollment: Enrollment
    sequence: Sequence
    app_id: str | None
    step: SequenceStep
    day: date

    @property
    def delivery_id(self) -> ObjectId:
        return delivery_id_of(self.enrollment.id, self.step.order)

    @property
    def is_planned_again(self) -> bool:
        """Whether it was taken back: it stays the mail that it was."""
        return self.enrollment.mail is not None and self.enrollment.mail.step == self.step.order

    @property
    def is_answer(self) -> bool:
        """Whether it goes on with a conversation that another mail began."""
        thread = self.enrollment.thread
        return thread is not None and thread.delivery_id != self.delivery_id and not self.step.new_thread


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of a step. Without anything said, there was no room for it today: `delivery_id` is the mail that was
    planned, `thread` the conversation that it begins, `problem` why it can't be; or the person `is_gone`."""

    delivery_id: PydanticObjectId | None = None
    thread: EnrollmentThread | None = None
    problem: str | None = None
    is_gone: bool = False


@allow()
async def plan_sequence_mails(actor: Actor, wanted: Listed[Wanted], now: datetime) -> Mapping[ObjectId, Planned]:
    """Plans mails, leaves them to the workers, and says what became of each, by the ids of the enrollments. Doing it
    again has no second effect."""
    outcomes: dict[ObjectId, Planned] = {}
    with_room = await _with_room(wanted)
    ids = [one.enrollment.contact_id for one in with_room]
    contacts = {one.id: one for one in await Contact.find({"_id": {"$in": ids}, "erasedAt": None}).to_list()}
    composer, deliveries = _Composer(), []
    for one in with_room:
        contact = contacts.get(one.enrollment.contact_id)
        if contact is None:
            outcomes[one.enrollment.id] = Planned(is_gone=True)
            continue
        try:
            delivery = await composer.delivery(one, contact, now)
        except (TemplateProblem, DomainError) as problem:
            outcomes[one.enrollment.id] = Planned(problem=f"The mail can't be composed: {problem.message}")
            continue
        thread = EnrollmentThread(delivery_id=delivery.id, subject=delivery.subject or "")
        begins = not one.is_answer and not one.is_planned_again
        outcomes[one.enrollment.id] = Planned(delivery.id, thread if begins else None)
        deliveries.append(delivery)
    await _plan(actor, deliveries, {one.delivery_id: one.enrollment.revision for one in with_room}, now)
    return {one.enrollment.id: outcomes.get(one.enrollment.id, Planned()) for one in wanted}


def delivery_id_of(enrollment_id: PydanticObjectId, order: int) -> PydanticObjectId:
    """The id of the mail of a step."""
    return derived_id(enrollment_id.binary + order.to_bytes(2, "big"))


async def _with_room(wanted: Iterable[Wanted]) -> list[Wanted]:
    by_day: defaultdict[tuple[PydanticObjectId, date], list[Wanted]] = defaultdict(list)
    for one in wanted:
        by_day[one.sequence.id, one.day].append(one)
    with_room = []
    for (sequence_id, day), of_day in by_day.items():
        ids = [one.delivery_id for one in of_day]
        room = await take_room(sequence_id, day, of_day[0].sequence.daily_send_cap, ids)
        with_room += [one for one, delivery_id in zip(of_day, ids, strict=True) if delivery_id in room]
    return with_room


class _Composer:
    """Prepares what the mails of a batch share once."""

    def __init__(self) -> None:
        self._apps: dict[str, App | None] = {}
        self._contents: dict[tuple[str, PydanticObjectId | None], PreparedMail | TemplateProblem | DomainError] = {}

    async def delivery(self, wanted: Wanted, contact: Contact, now: datetime) -> Delivery:
        """Raises `TemplateProblem` or `DomainError` for what a person has to mend."""
        enrollment, step = wanted.enrollment, wanted.step
        app = await self._app(wanted.app_id)
        delivery = Delivery(
            id=wanted.delivery_id,
            created_at=now,
            updated_at=now,
            app_id=wanted.app_id,
            source=f"sequence:{enrollment.id}:{step.order}",
            kind=DeliveryKind.OUTREACH,
            category=ConsentCategory.OUTREACH,
            contact_id=contact.id,
            content=f"{PREFIX}{step.template_id}",
            email=contact.email,
            name=contact.name,
            language=contact.language or (app.mail.default_language if app else None),
            values=enrollment.values,
            thread=DeliveryThread(references=_references(wanted, app), by_person=True),
            outreach=DeliveryOutreach(
                sequence_id=enrollment.sequence_id,
                enrollment_id=enrollment.id,
                step=step.order,
                day=wanted.day.isoformat(),
            ),
        )
        mail = await self._content(delivery, step, app)
        thread = enrollment.thread
        if wanted.is_answer and thread is not None:
            delivery.subject = _answering(thread.subject)
        else:
            delivery.subject = mail.content.subject.render(mail.values(delivery))[:LONGEST_SUBJECT]
        return delivery

    async def _app(self, app_id: str | None) -> App | None:
        if app_id is None:
            return None
        if app_id not in self._apps:
            self._apps[app_id] = await App.get(app_id)
        return self._apps[app_id]

    async def _content(self, delivery: Delivery, step: SequenceStep, app: App | None) -> PreparedMail:
        key = (delivery.app_id or "", step.template_id)
        if key not in self._contents:
            try:
                self._contents[key] = await prepared(delivery, app)
            except (TemplateProblem, DomainError) as problem:
                self._contents[key] = problem
        content = self._contents[key]
        if not isinstance(content, PreparedMail):
            raise content
        return content


def _references(wanted: Wanted, app: App | None) -> list[str]:
    """The mail that an answer goes on with, by its Message-ID."""
    thread = wanted.enrollment.thread if wanted.is_answer else None
    if thread is None or app is None:
        return []
    return [f"<{thread.delivery_id}@{sender_of(app, runtime().settings).domain}>"]


def _answering(subject: str) -> str:
    return subject if subject.lower().startswith(ANSWER.strip().lower()) else f"{ANSWER}{subject}"


async def _plan(actor: Actor, deliveries: Listed[Delivery], revisions: Mapping[ObjectId, int], now: datetime) -> None:
    """Deliveries that are known are queued again where they were taken back, and else stay as they are. There is a job
    for each time that it is planned, so that one that was taken back is sent by a new one."""
    stored = [get_dict(delivery, to_db=True, keep_nulls=True) for delivery in deliveries]
    new = await insert_new_stored(Delivery, stored)
    known = [delivery for delivery, is_new in zip(deliveries, new, strict=True) if not is_new]
    by_day: defaultdict[str, list[PydanticObjectId]] = defaultdict(list)
    for delivery in known:
        if delivery.outreach:
            by_day[delivery.outreach.day].append(delivery.id)
    for day, ids in by_day.items():
        taken_back = {"_id": {"$in": ids}, "status": DeliveryStatus.CANCELLED.value}
        queued = {"status": DeliveryStatus.QUEUED.value, "claim": None, "outreach.day": day}
        await Delivery.find(taken_back).update(touched(queued))
    await insert_events([_queued_event(delivery, now) for delivery in deliveries])
    payloads = {
        f"deliver:{delivery.id}:{revisions[delivery.id]}": {"deliveryId": str(delivery.id)} for delivery in deliveries
    }
    await enqueue_many(actor, DELIVER, payloads, max_attempts=ATTEMPTS)


def _queued_event(delivery: Delivery, now: datetime) -> dict[str, Any]:
    return stored_event_about(delivery, EmailEventType.QUEUED, source=delivery.kind.value, at=now)
