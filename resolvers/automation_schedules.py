"""When the clock starts an automation."""

from datetime import datetime, timedelta
from typing import Final

from models.automations import AutomationRhythm, AutomationSchedule

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def next_run(schedule: AutomationSchedule, after: datetime) -> datetime:
    """The first time after a moment, in UTC."""
    hour = after.replace(minute=0, second=0, microsecond=0)
    if schedule.rhythm is AutomationRhythm.HOURLY:
        return hour + HOUR
    at = hour.replace(hour=schedule.hour)
    if schedule.rhythm is AutomationRhythm.WEEKLY:
        at += DAY * ((schedule.weekday - at.isoweekday()) % 7)
    step = DAY if schedule.rhythm is AutomationRhythm.DAILY else 7 * DAY
    return at if at > after else at + step
