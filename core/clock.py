"""The time, in one place, so that a test can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta())


def now() -> datetime:
    """The current time in UTC, cut to milliseconds: what MongoDB keeps, so that a value read back is equal."""
    moment = datetime.now(UTC) + _offset.get()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Within the block the clock is `by` ahead (tests and dry runs)."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)
