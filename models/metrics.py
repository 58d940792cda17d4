"""What metrics are read from. The shops are the truth: a timeline says what one shop adds to the numbers of which day,
and a rollup is the sum of the timelines. What is dirty is summed anew, never incremented."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record
from models.shops import ShopStatus, Subscription


class Measure(StrEnum):
    """What is counted. A number's name is its measure and what it is of, with colons: `mrr:USD:pro`, `new`.

    Every number is a change on a day, so numbers of several days, apps and shops add up; where things stand is the sum
    of all changes until then. Money is in ten-thousandths of the currency's unit.
    """

    NEW = "new"
    """Shops of which nothing was known before."""
    RETURNED = "returned"
    """Installations by shops that had uninstalled."""
    LEFT = "left"
    """Uninstallations."""
    STATUS = "status"
    """Of a status: how many shops more, or fewer, have it."""
    PLAN = "plan"
    """Of a plan: how many active shops more, or fewer, use it."""
    TRIALING = "trialing"
    """How many shops more, or fewer, are in a trial after which they pay."""
    MRR = "mrr"
    """Of a currency and a plan: how much more, or less, comes in each month."""
    PAYING = "paying"
    """Of a currency and a plan: how many shops more, or fewer, bring revenue."""
    MOVED = "moved"
    """Of a kind of movement and a currency: how much revenue it was about; never negative."""
    MOVERS = "movers"
    """Of a kind of movement and a currency: how many shops moved."""
    TRIAL_STARTED = "trial_started"
    PAID_AFTER = "paid_after"
    """Of a number of days: trials that started on this day and led to revenue after so many days."""


class MovementKind(StrEnum):
    """How the revenue from a shop changed from one day's end to the next.

    A shop that pays in another currency than before stays a customer: it contracts to nothing in the one, and expands
    from nothing in the other.
    """

    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"


class DayOfShop(Part):
    """What a shop adds to the numbers of the UTC day that begins at `day`."""

    day: datetime
    numbers: dict[str, int]


class Checkpoint(Part):
    """Where a shop stood at the end of a day. Shops keep their newest changes alone; what older ones led to is here."""

    day: datetime
    status: ShopStatus
    installed_at: datetime
    uninstalled_at: datetime | None
    subscription: Subscription | None
    trial_ends_at: datetime | None
    trial_seconds_left: int | None
    is_test: bool
    has_paid: bool
    trial_day: datetime | None
    trial_paid: bool


class ShopTimeline(Record):
    """What one shop, whose id it has, adds to which day: of days on which nothing changed, nothing.

    It follows the shop of `shop_version`. `next_at` is when it changes by itself, as a trial ends. `revision` is
    another one after each write, and guards it. `unmarked` are the ids of rollups that it changed and that may not be
    dirty yet. `first_day` is when the shop was first heard of, `changed_at` when something happened to it last,
    `currency` and `mrr` what it brings now.
    """

    id: PydanticObjectId = Field(alias="_id")
    app_id: str
    domain: str
    shop_version: int
    revision: str = ""
    first_day: datetime | None = None
    days: list[DayOfShop] = Field(default_factory=list)
    changed_at: datetime | None = None
    next_at: datetime | None = None
    currency: str | None = None
    mrr: int = 0
    checkpoint: Checkpoint | None = None
    unmarked: list[str] = Field(default_factory=list)

    class Settings:
        name = "shop_timelines"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("days.day", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("firstDay", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("changedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("currency", ASCENDING), ("mrr", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("currency", ASCENDING), ("mrr", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("nextAt", ASCENDING)], partialFilterExpression={"nextAt": {"$type": "date"}}),
        ]


class MetricScope(StrEnum):
    """`day`: an app's day. `month`: the sum of the days of an app's month. `cohort`: the shops of an app that were
    first heard of in one month, month by month. `top`: the merchants that bring the most in one currency, with all
    apps."""

    DAY = "day"
    MONTH = "month"
    COHORT = "cohort"
    TOP = "top"


class MonthOfCohort(Part):
    month: datetime
    numbers: dict[str, int]


class TopMerchant(Part):
    domain: str
    mrr: int


class MetricRollup(Record):
    """`id` is `day:<app>:<day>`, `month:<app>:<its first day>`, `cohort:<app>:<first day of the month>` or
    `top:<currency>`. There is none of what never changed.

    `dirty` says that something happened since it was counted, `due_at` from when on it is counted again; `version` goes
    up whenever it gets dirty. `claim` is the token of whoever counts it: nobody else writes what they counted.
    """

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    scope: MetricScope
    app_id: str | None = None
    day: datetime | None = None
    currency: str | None = None
    numbers: dict[str, int] = Field(default_factory=dict)
    months: list[MonthOfCohort] = Field(default_factory=list)
    merchants: list[TopMerchant] = Field(default_factory=list)
    dirty: bool | None = None
    version: int = 0
    due_at: datetime
    counted_at: datetime | None = None
    claim: str | None = Field(None, repr=False)

    class Settings:
        name = "metric_rollups"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("dirty", ASCENDING), ("dueAt", ASCENDING)], partialFilterExpression={"dirty": True}),
            IndexModel([("appId", ASCENDING), ("scope", ASCENDING), ("day", ASCENDING)]),
        ]
