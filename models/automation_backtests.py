"""What automations would have done in the last weeks, as far as somebody asked."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored

KEPT: Final = timedelta(days=30)


class ReasonCount(Part):
    sentence: str
    count: int


class BacktestMail(Part):
    """What would have become of one mail step."""

    step_id: str
    template_key: str
    sent: int
    refused: list[ReasonCount]


class BacktestShop(Part):
    """When a shop would have entered, and the steps whose mail it would have got."""

    shop_domain: str
    at: datetime
    mails: list[str]


class AutomationBacktest(Part):
    """`is_partial`: there were more events than it looked at, which are the newest `most_events`. `shops` are the last
    that would have entered, the very last first. `automation_updated_at` says of which state of the automation it
    is."""

    since: datetime
    events: int
    most_events: int
    is_partial: bool
    entered: int
    refused: list[ReasonCount]
    mails: list[BacktestMail]
    shops: list[BacktestShop]
    automation_updated_at: datetime


class AutomationBacktestRun(Stored):
    """A back-test that the workers do, of the `days` before it was asked for. Where it stands says its job.
    `open` is true until it has a result, and an automation has one such run at most; one whose job came to nothing
    stays open until the next begins."""

    app_id: str
    config_id: PydanticObjectId
    days: int
    events_come: bool
    open: bool = True
    created_by: str
    result: AutomationBacktest | None = None
    ended_at: datetime | None = None
    expires_at: datetime

    class Settings:
        name = "automation_backtest_runs"
        indexes: ClassVar[list[Any]] = [
            IndexModel(
                [("appId", ASCENDING), ("configId", ASCENDING)], unique=True, partialFilterExpression={"open": True}
            ),
            IndexModel([("appId", ASCENDING), ("configId", ASCENDING), ("_id", DESCENDING)]),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
