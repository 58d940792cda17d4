"""A year of the company's support: the words are in `tickets.toml`, and what becomes of each ticket follows by the
functions that decide it in earnest."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from core.actor import Role
from core.inputs import key_of_email
from models.apps import App
from models.canned_replies import CannedReply
from models.contacts import Contact
from models.shops import Shop
from models.ticket_messages import TicketMessage
from models.tickets import (
    DONE,
    Ticket,
    TicketChangeKind,
    TicketLink,
    TicketLinkKind,
    TicketNumber,
    TicketPriority,
    TicketRating,
    TicketSource,
    TicketStatus,
    TicketTopic,
)
from models.users import User
from resolvers.canned_replies import CannedReplyCreate
from resolvers.ticket_authors import Author, message_by
from resolvers.ticket_opening import begun
from resolvers.ticket_states import changed, derived, recorded, with_breaches, with_message, with_status

FILE: Final = Path(__file__).with_name("tickets.toml")
CLOCK: Final = "system:tickets"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKS, ASKS_AGAIN = 0.62, 0.2
"""How many shops ask at least once, and how many of those once more."""
SOURCES: Final = (TicketSource.API, TicketSource.API, TicketSource.EMAIL, TicketSource.EMAIL, TicketSource.WEB)
ENDS_WELL, IS_RATED, COMES_BACK = 0.88, 0.45, 0.03
COMMENTS: Final = {5: "Quick and kind, thank you!", 4: "", 3: "It took a while.", 2: "I had to ask twice."}
FORGOTTEN_NO_LONGER: Final = 21 * DAY
OFFICE_HOURS: Final = range(6, 21)
"""Of every day (UTC): there is always somebody on duty."""
AGAIN: Final = "It happens again, since yesterday. Could you have another look?"


@dataclass(frozen=True, slots=True)
class Support:
    tickets: Sequence[Ticket]
    messages: Sequence[TicketMessage]
    numbers: Sequence[TicketNumber]
    canned_replies: Sequence[CannedReply]


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, about which shop, when, and how the conversation goes on."""

    app: App
    shop: Shop
    contact: Contact
    at: datetime
    conversation: Mapping[str, Any]

    @property
    def words(self) -> Mapping[str, Any]:
        """In the shop's language, else in English."""
        language = (self.shop.locale or "").partition("-")[0]
        words: Mapping[str, Any] = self.conversation["words"]
        spoken: Mapping[str, Any] = words.get(language, words["en"])
        return spoken

    def filled(self, text: str, agent: User) -> str:
        first_name = self.contact.name.partition(" ")[0] or "there"
        return text.format(customer=first_name, agent=agent.first_name, app=self.app.name, shop=self.shop.name)


async def support(random: Random, shops: Sequence[Shop], contacts: Sequence[Contact], now: datetime) -> Support:
    """Of all apps, by those of the staff who work on tickets."""
    apps = {app.id: app for app in await App.find_all().to_list()}
    agents = await User.find({"role": {"$in": [Role.SUPPORT.value, Role.ADMIN.value]}}).sort("-role").to_list()
    plan = tomllib.loads(FILE.read_text("utf-8"))
    questions = list(_questions(random, plan["conversations"], apps, shops, contacts, now))
    told = [_told(random, question, agents, now) for question in questions]
    told += list(_come_back(random, [ticket for ticket, _ in told], apps, now))
    tickets = _numbered([ticket for ticket, _ in told])
    messages = sorted((message for _, said in told for message in said), key=lambda message: message.created_at)
    last = {ticket.app_id: ticket.number for ticket in tickets}
    numbers = [TicketNumber(id=app_id, last=number) for app_id, number in last.items()]
    replies = [_canned_reply(words, app, agents[0]) for app in apps.values() for words in plan["canned_replies"]]
    return Support(tickets, messages, numbers, replies)


def _questions(
    random: Random,
    conversations: Sequence[Mapping[str, Any]],
    apps: Mapping[str, App],
    shops: Sequence[Shop],
    contacts: Sequence[Contact],
    now: datetime,
) -> Iterator[Question]:
    """The longer a shop has had an app, the later it may ask."""
    people = {contact.email_key: contact for contact in contacts}
    for shop in shops:
        contact = people.get(shop.email_key or "")
        if contact is None or random.random() > ASKS:
            continue
        fitting = [one for one in conversations if one.get("app", shop.app_id) == shop.app_id]
        for conversation in random.sample(fitting, 2 if random.random() < ASKS_AGAIN else 1):
            at = _asked_at(random, shop, conversation, now)
            if at is not None:
                yield Question(apps[shop.app_id], shop, contact, at, conversation)


def _asked_at(random: Random, shop: Shop, conversation: Mapping[str, Any], now: datetime) -> datetime | None:
    """Rather early in the time in which the shop has the app, or soon after it; None where that has not come."""
    if conversation.get("by_who_left"):
        at = shop.uninstalled_at + random.uniform(2, 9) * DAY if shop.uninstalled_at else now
    else:
        known_for = (shop.uninstalled_at or now) - shop.created_at
        at = shop.created_at + known_for * random.betavariate(1, 2) if known_for > DAY else now
    return _to_the_millisecond(at) if at < now else None


def _told(
    random: Random, question: Question, agents: Sequence[User], now: datetime
) -> tuple[Ticket, list[TicketMessage]]:
    """How a conversation went, as far as it has come by now."""
    agent = agents[0] if random.random() < 0.7 else random.choice(agents)
    story = Story(question, agent, random)
    turns, waits = question.words["turns"], question.conversation["after"]
    at = question.at
    for number, (who, text) in enumerate(turns[1:], 1):
        at = _later(random, at, waits[min(number - 1, len(waits) - 1)], in_office=who != "customer")
        if at >= now:
            story.waits(now)
            return story.ticket, story.messages
        story.says(who, text, at, is_last=number == len(turns) - 1)
    story.ends(_later(random, at, 4, in_office=True), now)
    return story.ticket, story.messages


class Story:
    """A ticket while it is told."""

    def __init__(self, question: Question, agent: User, random: Random) -> None:
        contact = question.contact
        self._question, self._agent, self._random = question, agent, random
        self._customer = Author("system:seed", contact.email, contact.name, is_customer=True)
        fields = {
            "subject": question.filled(question.words["subject"], agent),
            "message": question.filled(question.words["turns"][0][1], agent),
            "email": contact.email,
            "email_key": key_of_email(contact.email),
            "name": contact.name,
            "language": contact.language,
            "contact_id": contact.id,
            "shop_id": question.shop.id,
            "shop_domain": question.shop.domain,
            "topic": TicketTopic(question.conversation["topic"]),
            "priority": TicketPriority(question.conversation["priority"]),
            "tags": question.conversation["tags"],
            "source": random.choice(SOURCES),
        }
        self.messages: list[TicketMessage] = []
        self.ticket = begun(question.app, self._customer, question.at, fields, number=0)
        self._settle(question.at)

    def says(self, who: str, text: str, at: datetime, *, is_last: bool) -> None:
        """Staff take a ticket with the first thing they say, and end it with the last."""
        self._until(at)
        if who == "customer":
            self._add(self._customer, text, at)
            return
        agent = self._agent
        author = Author(f"staff:{agent.id}", agent.email, agent.name, is_customer=False, user_id=agent.id)
        if self.ticket.assignee_id is None:
            taken = changed(self.ticket, assignee_id=agent.id)
            self.ticket = recorded(taken, TicketChangeKind.ASSIGNEE, author.label, at, after=str(agent.id))
        if who == "note":
            self._add(author, text, at, is_internal=True)
        else:
            ends = is_last and self._random.random() < ENDS_WELL
            self._add(author, text, at, status=TicketStatus.RESOLVED if ends else self._waiting)

    def waits(self, now: datetime) -> None:
        """Nothing more was said by now."""
        self._until(now)

    def ends(self, at: datetime, now: datetime) -> None:
        """What the customer was content with is resolved, then rated by some, then closed. Nothing is forgotten."""
        by = f"staff:{self._agent.id}"
        if self.ticket.status not in (TicketStatus.OPEN, *DONE):
            at = _later(self._random, at, 150, in_office=True)
        is_well = self._random.random() < ENDS_WELL and self.ticket.status is not TicketStatus.ON_HOLD
        is_seen_to = is_well or now - at > FORGOTTEN_NO_LONGER
        if self.ticket.status not in DONE and at < now and is_seen_to:
            self._until(at)
            self.ticket = with_status(self.ticket, TicketStatus.RESOLVED, by, at)
            self._settle(at)
        resolved = self.ticket.resolved_at
        if resolved is None:
            self.waits(now)
            return
        rated = _later(self._random, resolved, 9)
        if rated < now and self._random.random() < IS_RATED:
            score = self._random.choice(self._question.conversation["scores"])
            rating = TicketRating(score=score, comment=COMMENTS.get(score, ""), at=rated)
            self.ticket = changed(self.ticket, rating=rating, updated_at=rated)
        closed = resolved + timedelta(days=self._question.app.support.auto_close_days or 0)
        if closed < now:
            self.ticket = with_status(self.ticket, TicketStatus.CLOSED, CLOCK, closed)
            self._settle(closed)

    @property
    def _waiting(self) -> TicketStatus:
        """For the customer, or for those who build the app."""
        needs_builders = self.ticket.topic in (TicketTopic.BUG, TicketTopic.FEATURE)
        return TicketStatus.ON_HOLD if needs_builders else TicketStatus.PENDING

    def _add(self, author: Author, text: str, at: datetime, **how: Any) -> None:
        status = how.pop("status", None)
        message = message_by(author, self.ticket, self._question.filled(text, self._agent), at, **how)
        self.ticket = with_message(self.ticket, message, author.label, at, status=status)
        self._settle(at)

    def _until(self, at: datetime) -> None:
        """What ran out by then was noticed within the minute."""
        while (alarm := derived(self.ticket).alarm_at) < at:
            noticed = _to_the_millisecond(alarm + timedelta(seconds=self._random.uniform(1, 60)))
            self.ticket = with_breaches(self.ticket, CLOCK, noticed)
            self._settle(noticed)

    def _settle(self, at: datetime) -> None:
        said = [event.message for event in self.ticket.events if event.message]
        self.messages += [TicketMessage.model_validate(message) for message in said]
        self.ticket = changed(self.ticket, events=[], updated_at=at)


def _come_back(
    random: Random, tickets: Sequence[Ticket], apps: Mapping[str, App], now: datetime
) -> Iterator[tuple[Ticket, list[TicketMessage]]]:
    """Some have written again lately, when it was all over: a new ticket follows the old."""
    for ticket in tickets:
        at = _to_the_millisecond(now - random.uniform(0.2, 9) * DAY)
        if ticket.closed_at is None or ticket.closed_at > at or random.random() > COMES_BACK:
            continue
        kept = ("subject", "email", "email_key", "name", "language", "contact_id", "shop_id", "shop_domain", "topic")
        fields = {name: getattr(ticket, name) for name in kept} | {
            "message": AGAIN,
            "links": [TicketLink(kind=TicketLinkKind.FOLLOW_UP, ticket_id=ticket.id)],
            "source": TicketSource.EMAIL,
        }
        author = Author("system:seed", ticket.email, ticket.name, is_customer=True)
        following = begun(apps[ticket.app_id], author, at, fields, number=0)
        ticket.follow_up_id = following.id
        said = [TicketMessage.model_validate(event.message) for event in following.events if event.message]
        yield with_breaches(changed(following, events=[]), CLOCK, now), said


def _numbered(tickets: Sequence[Ticket]) -> list[Ticket]:
    """In the order in which they began, each app's from 1."""
    last: dict[str, int] = {}
    numbered = []
    for ticket in sorted(tickets, key=lambda ticket: ticket.created_at):
        last[ticket.app_id] = last.get(ticket.app_id, 0) + 1
        numbered.append(derived(changed(ticket, number=last[ticket.app_id], events=[])))
    return numbered


def _canned_reply(words: Mapping[str, Any], app: App, author: User) -> CannedReply:
    data = CannedReplyCreate.model_validate(words)
    return CannedReply(
        app_id=app.id,
        title_key=data.title.casefold(),
        search_text=f"{data.shortcut} {data.title} {data.body}".casefold(),
        created_by=f"staff:{author.id}",
        updated_by=f"staff:{author.id}",
        **data.model_dump(),
    )


def _later(random: Random, at: datetime, hours: float, *, in_office: bool = False) -> datetime:
    """About so many hours later; staff answer when they work."""
    moment = at + hours * HOUR * random.lognormvariate(0, 0.7)
    while in_office and moment.hour not in OFFICE_HOURS:
        moment += random.uniform(0.5, 3) * HOUR
    return _to_the_millisecond(moment)


def _to_the_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
