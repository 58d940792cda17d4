"""What the e-mail agent did for the company: drafts to prospects, answers in tickets, and what it read. The built-in
writer wrote them, whatever writer is configured."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from core.actor import Role
from mail.inbound.classification import meaning_of
from mail.writers import Writer
from mail.writers.built_in import BuiltInWriter
from mail.writers.letters import letter_values
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChange,
    AgentChangeKind,
    AgentDecision,
    AgentInputs,
    AgentReading,
    AgentTone,
)
from models.apps import App
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus, DeliveryThread
from models.email_events import EmailEvent, EmailEventType
from models.prospects import Prospect, ProspectStatus
from models.tickets import Ticket, TicketStatus
from models.users import User
from resolvers.agent_drafts import OUTREACH_GOALS, REPLY_GOALS, VALID_FOR
from resolvers.agent_facts import facts_of_app, facts_of_prospect, facts_of_ticket, language_for, written_in
from resolvers.agent_holds import holds_on
from resolvers.agent_readings import SURE, UNSURE
from resolvers.agent_sending import agent_source
from resolvers.agent_writing import Order, ask, drafted, judgement
from resolvers.email_events import event_about
from seed.people import MARKETER
from seed.wants import moment_of

SUPPORTER: Final = "staff:sofia@example.com"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DRAFTED, APPROVED, SENT, REJECTED, OVERRIDDEN, FAILED, EXPIRED = AgentActionStatus
TO_PROSPECTS: Final[Mapping[ProspectStatus, Sequence[AgentActionStatus]]] = {
    ProspectStatus.NEW: (DRAFTED,) * 5
    + (APPROVED,) * 3
    + (REJECTED,) * 2
    + (OVERRIDDEN,) * 2
    + (FAILED,)
    + (EXPIRED,) * 3,
    ProspectStatus.CONTACTED: (SENT,) * 8,
    ProspectStatus.CUSTOMER: (DRAFTED,) * 2,
}
IN_TICKETS: Final = (DRAFTED,) * 3 + (REJECTED, OVERRIDDEN, EXPIRED)
READ: Final = 9
TIRED: Final = "The model did not answer within 30 seconds"
KINDS: Final = {
    APPROVED: AgentChangeKind.APPROVED,
    SENT: AgentChangeKind.SENT,
    REJECTED: AgentChangeKind.REJECTED,
    OVERRIDDEN: AgentChangeKind.OVERRIDDEN,
    EXPIRED: AgentChangeKind.EXPIRED,
}
REASONS: Final = {REJECTED: "Not the right time: they have just moved their shop", OVERRIDDEN: "Too long"}
OWN_WORDS: Final = (
    "I would like to show you in five minutes what it does for shops like yours. Does next week suit you?"
)


async def write_agent_actions(random: Random, now: datetime) -> None:
    """In all states. What was sent is what made prospects contacted."""
    agent = _Agent(random, now)
    apps = await App.find_all().sort("_id").to_list()
    marketer = await User.find_one({"role": Role.MARKETING.value})
    supporter = await User.find_one({"role": Role.SUPPORT.value})
    known = {app.id: [await facts_of_app(app, user, "") for user in (marketer, supporter)] for app in apps}
    for standing, statuses in TO_PROSPECTS.items():
        latest = Prospect.find({"status": standing.value}).sort("-statusChangedAt", "-_id").limit(len(statuses))
        for number, (prospect, status) in enumerate(zip(await latest.to_list(), statuses, strict=False)):
            app = apps[number % len(apps)]
            await agent.writes_to(prospect, app, status, [*known[app.id][0], *await facts_of_prospect(prospect)])
    waiting = Ticket.find({"status": TicketStatus.OPEN.value}).sort("-createdAt", "-_id").limit(READ)
    tickets, by_id = await waiting.to_list(), {app.id: app for app in apps}
    for ticket, status in zip(tickets, IN_TICKETS, strict=False):
        facts = [*known[ticket.app_id][1], *await facts_of_ticket(ticket)]
        await agent.answers(ticket, by_id[ticket.app_id], status, facts)
    agent.actions += [agent.reads(ticket, number) for number, ticket in enumerate(tickets)]
    for documents in (agent.actions, agent.deliveries, agent.events):
        if documents:
            await type(documents[0]).insert_many(documents)


class _Agent:
    """What it did so far."""

    def __init__(self, random: Random, now: datetime) -> None:
        self._random, self._now = random, now
        self._writer: Writer = BuiltInWriter()
        self.actions: list[AgentAction] = []
        self.deliveries: list[Delivery] = []
        self.events: list[EmailEvent] = []

    async def writes_to(self, prospect: Prospect, app: App, status: AgentActionStatus, facts: list[Any]) -> None:
        language = language_for(prospect.language, app.mail.default_language)
        inputs = AgentInputs(
            tone=self._random.choice(list(AgentTone)), goal=self._random.choice(OUTREACH_GOALS), language=language
        )
        about = {"prospect_id": prospect.id, **_person(prospect)}
        holds = await holds_on(prospect) if prospect.status is ProspectStatus.CUSTOMER else {}
        order = Order(app, AgentActionType.DRAFT, inputs, facts, about, holds)
        sent_at = prospect.status_changed_at if status is SENT else None
        action = await self._made(order, status, sent_at, MARKETER)
        if status is SENT and action.draft is not None:
            self._send(action, prospect)

    async def answers(self, ticket: Ticket, app: App, status: AgentActionStatus, facts: list[Any]) -> None:
        language = language_for(written_in(ticket), app.mail.default_language)
        inputs = AgentInputs(goal=self._random.choice(REPLY_GOALS), language=language)
        about = {"ticket_id": ticket.id, **_person(ticket)}
        await self._made(Order(app, AgentActionType.REPLY, inputs, facts, about), status, None, SUPPORTER)

    def reads(self, ticket: Ticket, number: int) -> AgentAction:
        """Of late. The last of them a person put right."""
        at = moment_of(max(ticket.created_at + timedelta(minutes=2), self._now - self._random.uniform(1, 9) * DAY))
        read = meaning_of(ticket.message)
        is_sure = read.confidence >= SURE
        corrected = number == READ - 1
        reading = AgentReading(
            classification="negative" if corrected else read.classification.value,
            confidence=1 if corrected else read.confidence,
            reasons=list(read.reasons),
        )
        return AgentAction(
            app_id=ticket.app_id,
            type=AgentActionType.CLASSIFY,
            status=OVERRIDDEN if corrected else APPROVED if is_sure else DRAFTED,
            decision=AgentDecision.AUTO if is_sure else AgentDecision.ESCALATE,
            ticket_id=ticket.id,
            **_person(ticket),
            text=ticket.message,
            reading=reading,
            reasons=[] if is_sure else [UNSURE],
            writer=self._writer.name,
            created_by=SUPPORTER,
            is_judged=corrected,
            is_corrected=corrected,
            expires_at=at + VALID_FOR,
            history=[AgentChange(kind=AgentChangeKind.WRITTEN, at=at, by=SUPPORTER)],
            created_at=at,
            updated_at=at,
        )

    async def _made(self, order: Order, status: AgentActionStatus, done_at: datetime | None, by: str) -> AgentAction:
        outcome = await ask(order, self._writer)
        begin, end = self._moments(status, done_at)
        fields = order.about | outcome.fields | {"status": status, "created_at": begin, "updated_at": end}
        written = AgentChangeKind.FAILED if status is FAILED else AgentChangeKind.WRITTEN
        history = [AgentChange(kind=written, at=begin, by=by)]
        if kind := KINDS.get(status):
            who = "system:agent" if status is EXPIRED else by
            history.append(AgentChange(kind=kind, at=end, by=who, note=REASONS.get(status)))
        if status is FAILED:
            fields |= {"draft": None, "written": None, "checks": [], "problem": TIRED, "writer": "company-writer"}
        if status is OVERRIDDEN:
            own = drafted(fields["draft"].subject, f"{fields['draft'].body.partition(',')[0]},\n\n{OWN_WORDS}")
            fields |= judgement(order.app, order.inputs, order.facts, own, [], by_person=True)
        if status in (APPROVED, SENT, REJECTED, OVERRIDDEN):
            fields |= {"decided_by": by, "decided_at": end, "is_judged": True, "is_corrected": status is OVERRIDDEN}
        action = AgentAction(
            app_id=order.app.id,
            type=order.type,
            created_by=by,
            expires_at=begin + VALID_FOR,
            history=history,
            **fields,
        )
        self.actions.append(action)
        return action

    def _moments(self, status: AgentActionStatus, done_at: datetime | None) -> tuple[datetime, datetime]:
        """When it was written, and when the last thing happened to it."""
        if done_at is not None:
            return moment_of(done_at - self._random.uniform(0.2, 20) * HOUR), moment_of(done_at)
        if status is EXPIRED:
            begin = moment_of(self._now - self._random.uniform(16, 60) * DAY)
            return begin, moment_of(begin + VALID_FOR + HOUR)
        begin = moment_of(self._now - self._random.uniform(1, 9) * DAY)
        return begin, begin if status in (DRAFTED, FAILED) else moment_of(begin + self._random.uniform(0.2, 20) * HOUR)

    def _send(self, action: AgentAction, prospect: Prospect) -> None:
        at = action.updated_at
        values = letter_values(action.draft.subject, action.draft.body) if action.draft else {}
        delivery = Delivery(
            app_id=action.app_id,
            source=agent_source(action.id),
            kind=DeliveryKind.OUTREACH,
            category=ConsentCategory.OUTREACH,
            contact_id=prospect.contact_id,
            content="letter",
            email=prospect.email,
            name=prospect.name,
            language=prospect.language,
            values=values,
            thread=DeliveryThread(by_person=True),
            status=DeliveryStatus.SENT,
            attempts=1,
            provider="resend",
            sent_at=at,
            delivered_at=at + timedelta(seconds=2),
            created_at=at,
            updated_at=at,
        )
        action.delivery_id, action.sent_by, action.sent_at = delivery.id, MARKETER, at
        self.deliveries.append(delivery)
        self.events.extend(_events(delivery, at))


def _events(delivery: Delivery, at: datetime) -> Iterator[EmailEvent]:
    for type_, after in ((EmailEventType.QUEUED, 0), (EmailEventType.SENT, 1), (EmailEventType.DELIVERED, 2)):
        then = at + timedelta(seconds=after)
        event = event_about(delivery, type_, source="resend", at=then)
        yield event.model_copy(update={"created_at": then, "updated_at": then, "pending": None})


def _person(one: Prospect | Ticket) -> dict[str, Any]:
    return {"email": one.email, "email_key": one.email_key, "name": one.name, "contact_id": one.contact_id}
