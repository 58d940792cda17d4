"""What the e-mail agent is told: all of it is listed on the action, and nothing else leaves the house. Nobody needs
people's addresses to write a text, so they stay."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from core.runtime import runtime
from mail.writers.languages import language_of
from models.agent_actions import AgentFact, AgentLanguage
from models.apps import App
from models.deliveries import Delivery
from models.inbound_messages import InboundMessage
from models.plans import Interval, Plan
from models.prospects import Prospect, ProspectNote
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from models.users import User

LONGEST: Final = 2_000
"""Characters of a fact's value."""
NOTES: Final = 5
MESSAGES: Final = 6
PLANS: Final = 10
PLACES_OF_CENTS: Final = 2
ANSWERS: Final = re.compile(r"^(?:\s*(?:re|aw|sv|antw|rv)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
"""What mail programs put before the subject of what is answered."""
EVERY: Final[Mapping[Interval, str]] = {
    Interval.EVERY_30_DAYS: "every 30 days",
    Interval.ANNUAL: "a year",
    Interval.ONE_TIME: "once",
}


def domains_of(app: App) -> frozenset[str]:
    """Where links in the app's mail may lead to: its own pages, and ours."""
    addresses = [*app.allowed_origins, runtime().settings.public_url]
    return frozenset(host for address in addresses if (host := urlsplit(address).hostname))


def language_for(*wanted: str | None) -> AgentLanguage:
    """The first of the languages in which drafts are written; `pt` for `pt-BR`."""
    known = {language.value: language for language in AgentLanguage}
    codes = (code.partition("-")[0].casefold() for code in wanted if code)
    return next((known[code] for code in codes if code in known), AgentLanguage.ENGLISH)


def written_in(source: Ticket | InboundMessage) -> str | None:
    """The language of what somebody wrote, where it is known or can be told."""
    if isinstance(source, Ticket):
        return source.language or language_of(source.message)
    return language_of(source.new_text)


async def facts_of_app(app: App, sender: User | None, points: str) -> list[AgentFact]:
    """What we vouch for: the app, what it costs, and what staff say themselves."""
    active = {"appId": app.id, "isActive": True}
    plans = await Plan.find(active).sort("price").limit(PLANS).to_list()
    trial = max((plan.trial_days for plan in plans), default=0)
    paid = [plan for plan in plans if plan.price > 0]
    told = [
        ("app_name", app.name),
        ("app_description", app.description),
        ("app_link", app.allowed_origins[0] if app.allowed_origins else ""),
        ("trial_days", str(trial) if trial else ""),
        ("from_price", _price(paid[0]) if paid else ""),
        *(("plan", f"{plan.name}: {_price(plan) if plan.price > 0 else 'free'}") for plan in plans),
        ("sender_name", sender.first_name if sender else ""),
        ("points", points),
    ]
    return list(_facts(told, vouched=True))


async def facts_of_prospect(prospect: Prospect) -> list[AgentFact]:
    """What is known of somebody, much of it by hearsay."""
    notes = await ProspectNote.find({"prospectId": prospect.id}).sort("-createdAt", "-_id").limit(NOTES).to_list()
    told = [
        ("first_name", prospect.name.partition(" ")[0]),
        ("name", prospect.name),
        ("company", prospect.company),
        ("title", prospect.title),
        ("country", prospect.country or ""),
        ("domain", prospect.domain or ""),
        ("shop_domain", prospect.shop_domain or ""),
        *((f"known.{key}"[:80], _plain(value)) for key, value in prospect.facts.items()),
        *(("note", note.note) for note in notes),
    ]
    return list(_facts(told, vouched=False))


async def facts_of_ticket(ticket: Ticket) -> list[AgentFact]:
    """What was said in a ticket, the newest last; notes among staff are nobody else's business."""
    said = {"appId": ticket.app_id, "ticketId": ticket.id, "isInternal": False}
    newest = await TicketMessage.find(said).sort("-createdAt", "-_id").limit(MESSAGES).to_list()
    last = next((message for message in newest if message.is_customer), None)
    told = [
        ("first_name", ticket.name.partition(" ")[0]),
        ("name", ticket.name),
        ("subject", ticket.subject),
        ("topic", ticket.topic.value),
        ("reference", ticket.reference),
        ("shop_domain", ticket.shop_domain or ""),
        *(
            ("customer_said" if message.is_customer else "staff_said", message.content)
            for message in reversed(newest)
            if message is not last
        ),
        ("message", last.content if last else ticket.message),
    ]
    return list(_facts(told, vouched=False))


async def facts_of_mail(message: InboundMessage) -> list[AgentFact]:
    """What was received, without what it quotes, and what of ours it answers."""
    ours = await Delivery.get(message.delivery_id) if message.delivery_id else None
    told = [
        ("first_name", message.sender_name.partition(" ")[0]),
        ("name", message.sender_name),
        ("subject", ANSWERS.sub("", message.subject)),
        ("topic", "other"),
        ("staff_said", str(ours.values.get("body", "")) if ours else ""),
        ("message", message.new_text),
    ]
    return list(_facts(told, vouched=False))


def _facts(told: Sequence[tuple[str, str]], *, vouched: bool) -> Iterator[AgentFact]:
    """Those of which something is known."""
    for name, value in told:
        if short := value.strip()[:LONGEST]:
            yield AgentFact(name=name, value=short, vouched=vouched)


def _price(plan: Plan) -> str:
    """`19.00 USD every 30 days`"""
    return f"{plan.price.quantize(Decimal(10) ** -PLACES_OF_CENTS)} {plan.currency} {EVERY[plan.interval]}"


def _plain(value: Any) -> str:
    """A fact of any shape as a line of text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return value.isoformat() if isinstance(value, datetime) else str(value)
