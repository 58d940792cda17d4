"""The arithmetic of a ticket's clocks: how much time was counted, when it runs out, and what pausing, stopping and
another target make of that. Nothing here looks at the time or at a database.

Moments may come out of order, because servers' clocks differ: a clock never runs backwards, it counts nothing then.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from models.tickets import NEVER, TicketClock

MILLISECOND: Final = timedelta(milliseconds=1)


def elapsed_at(clock: TicketClock, at: datetime) -> int:
    """Milliseconds that it has counted by then."""
    if clock.running_since is None:
        return clock.elapsed
    return clock.elapsed + max(0, (at - clock.running_since) // MILLISECOND)


def due_at(clock: TicketClock) -> datetime | None:
    """When it reaches its target, if nothing stops it; None where it stands, or has none."""
    if clock.running_since is None or clock.target is None:
        return None
    return clock.running_since + (clock.target - clock.elapsed) * MILLISECOND


def moved(clock: TicketClock, at: datetime, *, running: bool) -> TicketClock:
    """Running or standing from that moment on. What it has counted stays; one that runs already goes on as it is."""
    if running:
        return clock if clock.running_since else _changed(clock, running_since=at, stopped_at=None)
    return _changed(judged(clock, at), elapsed=elapsed_at(clock, at), running_since=None)


def stopped(clock: TicketClock, at: datetime) -> TicketClock:
    """What it waited for was done. It stands, until it is moved again."""
    standing = moved(clock, at, running=False)
    return standing if standing.stopped_at else _changed(standing, stopped_at=at)


def retargeted(clock: TicketClock, target: int | None, at: datetime) -> TicketClock:
    """With another target, by which it is judged anew: what is too late for one may be in time for another."""
    if target == clock.target:
        return clock
    return judged(_changed(clock, target=target, breached_at=None, noticed_at=None), at)


def judged(clock: TicketClock, at: datetime) -> TicketClock:
    """Says when it passed its target, where it has by then. That stays true whatever happens later."""
    if clock.breached_at is not None or clock.target is None or elapsed_at(clock, at) < clock.target:
        return clock
    return _changed(clock, breached_at=min(at, due_at(clock) or at))


def noticed(clock: TicketClock, at: datetime) -> TicketClock:
    """Somebody was told that it passed its target."""
    return clock if clock.noticed_at else _changed(clock, noticed_at=at)


def next_due(*clocks: TicketClock) -> datetime:
    """When the next of them runs out; `NEVER` where none will."""
    return min((due for clock in clocks if (due := due_at(clock))), default=NEVER)


def next_alarm(*clocks: TicketClock) -> datetime:
    """When somebody has to be told next."""
    return next_due(*(clock for clock in clocks if clock.noticed_at is None))


def _changed(clock: TicketClock, **fields: Any) -> TicketClock:
    copy: TicketClock = clock.model_copy(update=fields)
    return copy
