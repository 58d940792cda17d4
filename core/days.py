"""UTC days and months, each by the moment at which it begins."""

from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


def day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(moment: datetime) -> datetime:
    return day_of(moment).replace(day=1)


def next_month(month: datetime) -> datetime:
    """The one after."""
    return month_of(month + 31 * DAY)
