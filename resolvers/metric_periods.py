"""The time that metrics are about: whole UTC days, of which today is one that is not over."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from pydantic import Field

from core import clock
from core.days import DAY, day_of, month_of, next_month
from core.errors import InvalidInput
from core.inputs import Input, Moment
from resolvers.shop_timelines import EARLIEST

DAYS_BY_DEFAULT: Final = 30
MOST_DAYS: Final = 1_100


class MetricsInterval(StrEnum):
    """Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class MetricsQuery(Input):
    """From one UTC day to another, both included, or so many `days` that end with `to`. `to` is today where it is left
    out or in the future; the last 30 days where nothing is said."""

    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    days: int | None = Field(None, ge=1, le=MOST_DAYS)
    interval: MetricsInterval = MetricsInterval.DAY

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None, days: int | None, interval: MetricsInterval) -> Self:
        """Null is what was left out. Raises `ValidationError`."""
        return cls.model_validate({"from": since, "to": until, "days": days, "interval": interval})

    def period(self) -> "Period":
        """Raises `InvalidInput` naming the field."""
        today = day_of(clock.now())
        last = min(day_of(self.until), today) if self.until else today
        if self.since is not None and self.days is not None:
            raise InvalidInput("Give either from or days, not both", "days")
        if last < EARLIEST or (self.since is not None and self.since < EARLIEST):
            raise InvalidInput(f"from and to must not be before {EARLIEST.year}", "from" if self.since else "to")
        first = day_of(self.since) if self.since else last - timedelta(days=(self.days or DAYS_BY_DEFAULT) - 1)
        if first > today:
            raise InvalidInput("from must not be in the future", "from")
        if first > last:
            raise InvalidInput("from must not be after to", "from")
        if last - first >= timedelta(days=MOST_DAYS):
            raise InvalidInput(f"from and to must be at most {MOST_DAYS:,} days apart", "from")
        return Period(first, last, self.interval, today)


@dataclass(frozen=True, slots=True)
class Span:
    """Some UTC days, the first and the last included. It is partial where days of the interval are outside of the
    period, or not over. `since` and `until` are the days as text."""

    first: datetime
    last: datetime
    is_partial: bool
    since: str = field(init=False)
    until: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", self.first.date().isoformat())
        object.__setattr__(self, "until", self.last.date().isoformat())


@dataclass(frozen=True, slots=True)
class Period:
    first: datetime
    last: datetime
    interval: MetricsInterval
    today: datetime

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def whole(self) -> Span:
        return Span(self.first, self.last, self.last == self.today)

    def spans(self) -> Iterator[Span]:
        """One after the other, without gaps."""
        first = self.first
        while first <= self.last:
            begin = _begin(first, self.interval)
            end = _end(begin, self.interval)
            last = min(end, self.last)
            yield Span(first, last, is_partial=first != begin or last != end or last == self.today)
            first = last + DAY


def _begin(day: datetime, interval: MetricsInterval) -> datetime:
    match interval:
        case MetricsInterval.DAY:
            return day
        case MetricsInterval.WEEK:
            return day - day.weekday() * DAY
        case MetricsInterval.MONTH:
            return month_of(day)


def _end(begin: datetime, interval: MetricsInterval) -> datetime:
    """The last day."""
    match interval:
        case MetricsInterval.DAY:
            return begin
        case MetricsInterval.WEEK:
            return begin + 6 * DAY
        case MetricsInterval.MONTH:
            return next_month(begin) - DAY


def week_of(day: datetime) -> datetime:
    """The Monday that its week begins with."""
    return _begin(day, MetricsInterval.WEEK)
