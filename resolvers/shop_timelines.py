"""What one shop adds to the numbers of which day, as pure functions of the shop and the time.

A day's numbers come from where the shop stood when the day ended and when the day before it did: trials end without
anybody telling, and what happened and was undone on one day moved no revenue. Days are UTC days; of the current day the
present counts as its end.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from core.days import DAY, day_of
from core.money import units_of
from models.metrics import Checkpoint, Measure, MovementKind
from models.shops import ENDED, HISTORY_KEPT, Shop, ShopStatus, monthly_revenue
from resolvers.shop_changes import GONE, Standing, steps
from resolvers.shops import NO_PLAN

MOMENT: Final = timedelta(milliseconds=1)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What is said to have happened before counts as of that day: there were no such shops."""
LONG: Final = HISTORY_KEPT // 2
"""From so many changes on a timeline keeps a checkpoint, for when the shop does not have all of them any more."""

Numbers = dict[str, int]


def name_of(measure: Measure, *of: str) -> str:
    """Of a number: `mrr:USD:pro`."""
    return ":".join((measure, *of))


@dataclass(frozen=True, slots=True)
class State:
    """Where a shop stands at some moment, as far as it is counted. `mrr` is in ten-thousandths; `is_trial` says that
    there would be some if it were not for a trial."""

    status: ShopStatus
    plan: str
    currency: str
    mrr: int
    is_trial: bool

    @classmethod
    def of(cls, standing: Standing, at: datetime, *, is_test: bool) -> "State":
        subscription = standing.subscription
        terms = (subscription, standing.status)
        ends = standing.trial_ends_at
        uses = subscription is not None and subscription.status not in ENDED
        return cls(
            standing.status,
            subscription.plan_handle if subscription and uses else NO_PLAN,
            subscription.currency if subscription else "",
            units_of(monthly_revenue(*terms, ends, at, is_test=is_test)),
            ends is not None and ends > at and monthly_revenue(*terms, None, at, is_test=is_test) > 0,
        )

    def stock(self) -> Numbers:
        """What the shop adds to where all of them stand."""
        numbers = {name_of(Measure.STATUS, self.status): 1}
        if self.status is ShopStatus.ACTIVE:
            numbers[name_of(Measure.PLAN, self.plan)] = 1
        if self.is_trial:
            numbers[Measure.TRIALING] = 1
        if self.mrr:
            numbers[name_of(Measure.MRR, self.currency, self.plan)] = self.mrr
            numbers[name_of(Measure.PAYING, self.currency, self.plan)] = 1
        return numbers


@dataclass(frozen=True, slots=True)
class Movement:
    kind: MovementKind
    currency: str
    amount: int


def movements(before: State | None, after: State, *, has_paid: bool) -> Iterator[Movement]:
    """How the revenue from a shop changed. `has_paid` says whether it ever brought any before."""
    was, is_now = before.mrr if before else 0, after.mrr
    if before and was and is_now and before.currency != after.currency:
        yield Movement(MovementKind.CONTRACTION, before.currency, was)
        yield Movement(MovementKind.EXPANSION, after.currency, is_now)
    elif before and was and is_now != was:
        kind = MovementKind.EXPANSION if is_now > was else MovementKind.CONTRACTION
        yield Movement(kind if is_now else MovementKind.CHURN, before.currency, abs(is_now - was))
    elif is_now and not was:
        yield Movement(MovementKind.REACTIVATION if has_paid else MovementKind.NEW, after.currency, is_now)


def is_news(before: Standing | None, after: Standing) -> bool:
    """Whether a change changed anything: backends report the same again, and staff undo what was done already."""
    return before is None or _shown(before) != _shown(after)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a shop adds to which day, when it changes by itself, and what it brings now, in ten-thousandths."""

    days: Mapping[datetime, Numbers]
    changed_at: datetime | None
    next_at: datetime | None
    currency: str | None
    mrr: int
    checkpoint: Checkpoint | None = None

    @property
    def first_day(self) -> datetime | None:
        return min(self.days, default=None)


def timeline_of(shop: Shop, now: datetime, kept: Timeline | None = None) -> Timeline:
    """What the shop adds to which day until now. Of a shop that does not have its oldest changes any more, the days
    before them are those of `kept`, its timeline until now."""
    walk = _Walk.begin(shop, kept)
    walk.through(shop, now)
    mrr = walk.state.mrr if walk.state else 0
    currency = walk.state.currency if walk.state and mrr else None
    return Timeline(walk.numbers, walk.changed_at, walk.next_at, currency, mrr, walk.checkpoint)


@dataclass(slots=True)
class _Walk:
    """Through the life of a shop, day by day."""

    numbers: dict[datetime, Numbers] = field(default_factory=dict)
    standing: Standing | None = None
    state: State | None = None
    has_paid: bool = False
    trial_day: datetime | None = None
    trial_paid: bool = False
    after: datetime | None = None
    """What happened until then is in the numbers already."""
    changed_at: datetime | None = None
    next_at: datetime | None = None
    checkpoint: Checkpoint | None = None

    @classmethod
    def begin(cls, shop: Shop, kept: Timeline | None) -> "_Walk":
        start = kept.checkpoint if kept and len(shop.history) >= HISTORY_KEPT else None
        if start is None or kept is None:
            return cls()
        standing = Standing(**{name: getattr(start, name) for name in Standing.__slots__})
        after = start.day + DAY
        return cls(
            numbers={day: dict(numbers) for day, numbers in kept.days.items() if day <= start.day},
            standing=standing,
            state=State.of(standing, after - MOMENT, is_test=start.is_test),
            has_paid=start.has_paid,
            trial_day=start.trial_day,
            trial_paid=start.trial_paid,
            after=after,
            changed_at=kept.changed_at,
            checkpoint=start,
        )

    def through(self, shop: Shop, now: datetime) -> None:
        coming = deque(_steps_of(shop, self.standing, self.after))
        for day in self._days(coming, now):
            if self.state is not None and len(shop.history) >= LONG and coming and day_of(coming[0].at) == day:
                self.checkpoint = self._checkpoint(day - DAY, is_test=shop.is_test)
            end = min(day + DAY - MOMENT, now)
            while coming and coming[0].at <= end:
                self._take(day, coming.popleft(), is_test=shop.is_test)
            self._close(day, end, is_test=shop.is_test)
        moments = (*(step.at for step in coming), *_trial_ends(self.standing))
        self.next_at = min((at for at in moments if at > now), default=None)

    def _days(self, coming: Iterable["_Step"], now: datetime) -> list[datetime]:
        """On which anything may have changed until now."""
        trials = _trial_ends(self.standing, *(step.standing for step in coming))
        moments = {*(step.at for step in coming), *trials}
        first = self.after or EARLIEST
        return sorted({day_of(at) for at in moments if first <= at <= now})

    def _take(self, day: datetime, step: "_Step", *, is_test: bool) -> None:
        """What happened at some moment of the day."""
        before, after = self.standing, step.standing
        was_gone, is_gone = before is not None and before.status in GONE, after.status in GONE
        if is_gone and not was_gone:
            self._add(day, Measure.LEFT)
        if was_gone and not is_gone:
            self._add(day, Measure.RETURNED)
        if _starts_trial(before, after) and not is_test:
            self._add(day, Measure.TRIAL_STARTED)
            self.trial_day = day
        if is_news(before, after):
            self.changed_at = step.at
        self.standing = after

    def _close(self, day: datetime, end: datetime, *, is_test: bool) -> None:
        """The difference that the day made, by where the shop stands at its end."""
        if self.standing is None:
            return
        before, after = self.state, State.of(self.standing, end, is_test=is_test)
        if before == after:
            return
        if before is None:
            self._add(day, Measure.NEW)
        was, is_now = before.stock() if before else {}, after.stock()
        for name in was.keys() | is_now.keys():
            self._add(day, name, is_now.get(name, 0) - was.get(name, 0))
        for one in movements(before, after, has_paid=self.has_paid):
            self._add(day, name_of(Measure.MOVED, one.kind, one.currency), one.amount)
            self._add(day, name_of(Measure.MOVERS, one.kind, one.currency))
        if after.mrr and self.trial_day is not None and not self.trial_paid:
            self._add(self.trial_day, name_of(Measure.PAID_AFTER, str((day - self.trial_day).days)))
            self.trial_paid = True
        self.state, self.has_paid = after, self.has_paid or after.mrr > 0

    def _add(self, day: datetime, name: str, number: int = 1) -> None:
        if number:
            numbers = self.numbers.setdefault(day, {})
            numbers[name] = numbers.get(name, 0) + number

    def _checkpoint(self, day: datetime, *, is_test: bool) -> Checkpoint:
        standing = self.standing.fields() if self.standing else {}
        walked = {name: getattr(self, name) for name in ("has_paid", "trial_day", "trial_paid")}
        return Checkpoint(day=day, is_test=is_test, **standing, **walked)


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    standing: Standing


def _steps_of(shop: Shop, standing: Standing | None, after: datetime | None) -> list[_Step]:
    """Whatever its history says, a shop stands where it stands in the end."""
    changes = [change for change in shop.history if after is None or change.at >= after]
    walked = [_Step(max(change.at, EARLIEST), then) for then, change in steps(standing, changes)]
    if walked or after is None:
        last = walked.pop().at if walked else max(shop.installed_at, EARLIEST)
        walked.append(_Step(last, Standing.of(shop)))
    return walked


def _starts_trial(before: Standing | None, after: Standing) -> bool:
    """Word of a trial for the first time, which is had once in the life of a shop; trials of a subscription that
    Shopify does not bill are none."""
    had = before is not None and (before.trial_ends_at is not None or before.trial_seconds_left is not None)
    is_billed = after.subscription is not None and not after.subscription.is_test
    return not had and after.trial_ends_at is not None and is_billed


def _trial_ends(*standings: Standing | None) -> list[datetime]:
    return [one.trial_ends_at for one in standings if one is not None and one.trial_ends_at is not None]


def _shown(standing: Standing) -> tuple[object, ...]:
    subscription = standing.subscription
    return standing.status, subscription and (subscription.plan_id, subscription.status, subscription.price)
