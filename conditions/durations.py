"""Lengths of time as people write them: `45m`, `12h`, `3d`, `2w`."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST: Final = timedelta(days=730)
WRITTEN: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])", re.ASCII)
RELATIVE: Final = re.compile(r"now(?:([+-])([1-9][0-9]{0,5}[mhdw]))?", re.ASCII)


def duration_of(text: Any) -> timedelta:
    """Raises `ValueError`."""
    written = WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if written is None:
        raise ValueError("must be a length of time such as 45m, 12h, 3d or 2w")
    length = timedelta(**{UNITS[written[2]]: int(written[1])})
    if length > LONGEST:
        raise ValueError(f"must be at most {LONGEST.days} days")
    return length


def relative_moment_of(text: str) -> timedelta | None:
    """How far `now`, `now+3d` or `now-12h` is from now; None for what is none of these. Raises `ValueError` for a
    length of time that is too long."""
    written = RELATIVE.fullmatch(text)
    if written is None:
        return None
    if written[1] is None:
        return timedelta()
    length = duration_of(written[2])
    return length if written[1] == "+" else -length


def words_of(length: timedelta) -> str:
    """As people say it: `3 days`, `90 minutes`."""
    minutes = int(length.total_seconds()) // 60
    for name, size in (("week", 10080), ("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % size == 0 and (minutes or name == "minute"):
            number = minutes // size
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    raise AssertionError("every number of minutes is divided by one")


def at(moment: datetime | timedelta, now: datetime) -> datetime:
    """A moment that may be given by its distance from now."""
    return now + moment if isinstance(moment, timedelta) else moment
