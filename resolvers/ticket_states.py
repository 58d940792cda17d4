"""What a ticket becomes by what happens to it: its status, its clocks, its history. Nothing here looks at the time or
at a database: each function takes a ticket and returns a copy."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.words import words_of
from models.apps import App
from models.tickets import (
    DONE,
    HISTORY_KEPT,
    WORKED_ON,
    Ticket,
    TicketChange,
    TicketChangeKind,
    TicketClock,
    TicketEvent,
    TicketEventKind,
    TicketPriority,
    TicketStatus,
)
from resolvers.ticket_clocks import due_at, judged, moved, next_alarm, next_due, noticed, retargeted, stopped

REOPENED_WITHIN: Final = timedelta(days=14)
"""How long a resolved ticket goes on when its customer writes; later they start a new one."""
MILLISECONDS_PER_MINUTE: Final = 60_000
CLOCKS: Final = ("first_response", "resolution")
SEARCHED: Final = 1_000
"""Characters of what a ticket began with that a search looks in."""

AFTER_CUSTOMER: Final[Mapping[TicketStatus, TicketStatus]] = {
    TicketStatus.PENDING: TicketStatus.OPEN,
    TicketStatus.ON_HOLD: TicketStatus.OPEN,
    TicketStatus.RESOLVED: TicketStatus.OPEN,
}
AFTER_STAFF: Final[Mapping[TicketStatus, TicketStatus]] = {TicketStatus.NEW: TicketStatus.OPEN}
"""What a message makes of a status; of others nothing."""


def changed(ticket: Ticket, **fields: Any) -> Ticket:
    """A copy with other values in some fields."""
    copy: Ticket = ticket.model_copy(update=fields)
    return copy


def derived(ticket: Ticket) -> Ticket:
    """What lists are filtered, sorted and searched by follows from the rest."""
    clocks = (ticket.first_response, ticket.resolution)
    words = (
        ticket.reference, ticket.subject, ticket.email, ticket.name, ticket.shop_domain, ticket.message[:SEARCHED],
    )  # fmt: skip
    return changed(
        ticket,
        next_due=next_due(*clocks),
        alarm_at=next_alarm(*clocks),
        people_keys=list(dict.fromkeys([ticket.email_key, *(person.email_key for person in ticket.people)])),
        search_text=" ".join(filter(None, words)).casefold(),
        search_words=words_of(ticket.subject, ticket.email, ticket.name, ticket.shop_domain),
    )


def recorded(
    ticket: Ticket, kind: TicketChangeKind, by: str, at: datetime, *, reason: str | None = None, **values: str | None
) -> Ticket:
    """With one more entry in its history; `values` are `before` and `after`."""
    entry = TicketChange(kind=kind, at=at, by=by, reason=reason, **values)
    return changed(ticket, history=[*ticket.history, entry][-HISTORY_KEPT:])


def with_event(ticket: Ticket, kind: TicketEventKind, at: datetime, **about: Any) -> Ticket:
    """With something more of which others have to hear."""
    return changed(ticket, events=[*ticket.events, TicketEvent(kind=kind, at=at, **about)])


def started(ticket: Ticket, app: App, at: datetime) -> Ticket:
    """With its clocks, by the app's targets; they run where it is staff's turn."""
    running = ticket.status in WORKED_ON
    targeted = with_targets(ticket, app, at)
    return changed(
        targeted,
        first_response=moved(targeted.first_response, at, running=running),
        resolution=moved(targeted.resolution, at, running=running),
    )


def with_targets(ticket: Ticket, app: App, at: datetime) -> Ticket:
    """By the app's targets for its priority."""
    targets = app.support.targets.of(ticket.priority)
    return changed(
        ticket,
        first_response=retargeted(ticket.first_response, _milliseconds(targets.first_response_minutes), at),
        resolution=retargeted(ticket.resolution, _milliseconds(targets.resolution_minutes), at),
    )


def with_status(
    ticket: Ticket, status: TicketStatus, by: str, at: datetime, *, reason: str | None = None, tells: bool = True
) -> Ticket:
    """In another status; the customer hears of a resolution, unless `tells` is false because they do anyway."""
    before = ticket.status
    if status is before:
        return ticket
    resolves = status is TicketStatus.RESOLVED
    was_done, is_done = before in DONE, status in DONE
    moving = changed(
        _with_clocks_for(ticket, status, at),
        status=status,
        resolutions=ticket.resolutions + resolves,
        resolved_at=(ticket.resolved_at if was_done and not resolves else at) if is_done else None,
        closed_at=at if status is TicketStatus.CLOSED else None,
    )
    moving = recorded(moving, TicketChangeKind.STATUS, by, at, reason=reason, before=before, after=status)
    if resolves and tells:
        moving = with_event(moving, TicketEventKind.RESOLVED, at, number=moving.resolutions)
    return moving


def with_priority(ticket: Ticket, priority: TicketPriority, app: App, by: str, at: datetime) -> Ticket:
    before = ticket.priority
    if priority is before:
        return ticket
    weighed = recorded(
        with_targets(changed(ticket, priority=priority), app, at),
        TicketChangeKind.PRIORITY,
        by,
        at,
        before=before,
        after=priority,
    )
    return with_event(weighed, TicketEventKind.URGENT, at) if priority is TicketPriority.URGENT else weighed


def with_message(
    ticket: Ticket, message: Mapping[str, Any], by: str, at: datetime, *, status: TicketStatus | None = None
) -> Ticket:
    """After a message or a note, as it is stored. `status` is what its author moves the ticket to; else a customer's
    message opens what was pending, on hold or resolved, and staff's first answer what was new. The customer who gets
    staff's answer hears by it that it resolves the ticket."""
    if message["isInternal"]:
        after = with_status(ticket, status or ticket.status, by, at)
    elif message["isCustomer"]:
        said = changed(ticket, last_message_at=at, last_customer_message_at=at)
        after = with_status(said, status or AFTER_CUSTOMER.get(said.status, said.status), by, at)
    else:
        said = changed(ticket, last_message_at=at, last_staff_message_at=at, first_response=_answered(ticket, at))
        after = with_status(said, status or AFTER_STAFF.get(said.status, said.status), by, at, tells=False)
    resolved = after.resolutions if after.resolutions > ticket.resolutions and not message["isInternal"] else 0
    return with_event(after, TicketEventKind.WRITTEN, at, message=dict(message), number=resolved)


def with_breaches(ticket: Ticket, by: str, at: datetime) -> Ticket:
    """With each of its clocks noticed that has run out by then, of which nobody was told yet."""
    for name in CLOCKS:
        running = getattr(ticket, name)
        due = due_at(running)
        if due is not None and due <= at and running.noticed_at is None:
            late = changed(ticket, **{name: noticed(judged(running, at), at)})
            told = recorded(late, TicketChangeKind.BREACHED, by, at, after=name)
            ticket = with_event(told, TicketEventKind.BREACHED, at, clock=name)
    return ticket


def takes_messages_of_customer(ticket: Ticket, at: datetime) -> bool:
    """Whether the conversation goes on in this ticket when its customer writes."""
    if ticket.status is TicketStatus.RESOLVED:
        return ticket.resolved_at is None or at - ticket.resolved_at <= REOPENED_WITHIN
    return ticket.status is not TicketStatus.CLOSED


def _with_clocks_for(ticket: Ticket, status: TicketStatus, at: datetime) -> Ticket:
    running = status in WORKED_ON
    resolution = stopped(ticket.resolution, at) if status in DONE else moved(ticket.resolution, at, running=running)
    was_answered = ticket.last_staff_message_at is not None
    first = ticket.first_response if was_answered else moved(ticket.first_response, at, running=running)
    return changed(ticket, first_response=first, resolution=resolution)


def _answered(ticket: Ticket, at: datetime) -> TicketClock:
    """The first of staff's answers stops the clock for good."""
    return ticket.first_response if ticket.last_staff_message_at else stopped(ticket.first_response, at)


def _milliseconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * MILLISECONDS_PER_MINUTE
