"""When a sequence may send, by the clock on the wall of the people it writes to. Reads no database and no clock.

What counts is what that clock shows: an hour that daylight saving takes away is missing from that day, one that it
gives twice is open twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from models.sequences import BusinessHours

HORIZON: Final = 800
"""Days in which there is an opening, whatever the holidays (of which there are at most a hundred)."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """As `BusinessHours`, ready to be asked. All moments are in UTC."""

    zone: tzinfo
    start: int
    end: int
    days: frozenset[int]
    holidays: frozenset[date]

    def is_open(self, moment: datetime) -> bool:
        """Whether mail may go out then."""
        local = moment.astimezone(self.zone)
        if self.start < self.end:
            return self.start <= local.hour < self.end and self._is_worked(local.date())
        if self.start == self.end:
            return self._is_worked(local.date())
        if local.hour >= self.start:
            return self._is_worked(local.date())
        return local.hour < self.end and self._is_worked(local.date() - DAY)

    def next_open(self, moment: datetime) -> datetime:
        """The moment, or the first opening after it."""
        if self.is_open(moment):
            return moment
        first = moment.astimezone(self.zone).date()
        for days in range(HORIZON):
            opening = self._begin(first + days * DAY, 0 if self.start == self.end else self.start)
            if opening >= moment and self.is_open(opening):
                return opening
        raise ValueError("business hours that never open")

    def spread(self, moment: datetime, fraction: float, within: timedelta) -> datetime:
        """An open moment from then on, up to `within` later, so that not all come at once; `fraction` is from 0 to 1,
        without 1."""
        opening = self.next_open(moment)
        later = opening + fraction * within
        return later if self.is_open(later) else opening

    def day(self, moment: datetime) -> date:
        """The local day."""
        return moment.astimezone(self.zone).date()

    def next_day(self, moment: datetime) -> datetime:
        """The first open moment of a later local day."""
        today, tomorrow = self.day(moment), self._begin(self.day(moment) + DAY, 0)
        opening = self.next_open(max(tomorrow, moment))
        # Where clocks are put back over midnight, the next day begins a little later than its first midnight.
        while self.day(opening) <= today:
            opening = self.next_open(opening + timedelta(hours=1))
        return opening

    def _is_worked(self, day: date) -> bool:
        return day.isoweekday() in self.days and day not in self.holidays

    def _begin(self, day: date, hour: int) -> datetime:
        """The first moment at which the clock shows that hour, or has passed it where it is left out."""
        return datetime.combine(day, time(hour), self.zone).astimezone(UTC)


def hours_of(hours: BusinessHours) -> Hours:
    """Ready to be asked; the zone has to be one that is known."""
    return _hours(
        hours.start_hour,
        hours.end_hour,
        hours.utc_offset,
        hours.timezone,
        tuple(hours.days),
        tuple(hours.holidays),
    )


@lru_cache(maxsize=256)
def _hours(
    start: int, end: int, utc_offset: float, zone: str | None, days: tuple[int, ...], holidays: tuple[str, ...]
) -> Hours:
    return Hours(
        ZoneInfo(zone) if zone else timezone(timedelta(hours=utc_offset)),
        start,
        end,
        frozenset(days),
        frozenset(map(date.fromisoformat, holidays)),
    )
