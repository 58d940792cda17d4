"""Shops that have, or had, one of the apps: one document per app and shop."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import DecimalAnnotation, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.money import amount_of, units_of
from models.base import Part, Stored
from models.plans import Interval

MONTHS_PER_YEAR: Final = 12
HISTORY_KEPT: Final = 200


class ShopStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    UNINSTALLED = "uninstalled"
    REDACTED = "redacted"


class SubscriptionStatus(StrEnum):
    """As Shopify's `AppSubscriptionStatus`."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


ENDED: Final = frozenset({SubscriptionStatus.DECLINED, SubscriptionStatus.EXPIRED, SubscriptionStatus.CANCELLED})
"""With one of these a shop does not use the plan any more."""


class ChangeKind(StrEnum):
    INSTALLED = "installed"
    REINSTALLED = "reinstalled"
    UNINSTALLED = "uninstalled"
    STATUS_CHANGED = "status_changed"
    PLAN_CHANGED = "plan_changed"
    REDACTED = "redacted"


class Subscription(Part):
    """The plan as it was when the shop subscribed: a later price change does not reach it."""

    plan_id: PydanticObjectId
    plan_handle: str
    plan_name: str
    price: DecimalAnnotation
    currency: str
    interval: Interval
    trial_days: int = 0
    status: SubscriptionStatus
    is_test: bool = False
    since: datetime
    ended_at: datetime | None = None


class Change(Part):
    """One entry of a shop's history. `before` and `after` are statuses or plan handles, `event_id` the app event's,
    `subscription` what a change of plan reported."""

    kind: ChangeKind
    at: datetime
    by: str
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    event_id: PydanticObjectId | None = None
    subscription: Subscription | None = None


def monthly_revenue(
    subscription: Subscription | None,
    status: ShopStatus,
    trial_ends_at: datetime | None,
    at: datetime,
    *,
    is_test: bool,
) -> Decimal:
    """What a shop that stands like this brings in a month, in the subscription's currency: a year's price by twelve,
    to the ten-thousandth; nothing in a trial, when frozen, or for a test."""
    if (
        subscription is None
        or subscription.status is not SubscriptionStatus.ACTIVE
        or subscription.is_test
        or is_test
        or status is not ShopStatus.ACTIVE
        or (trial_ends_at is not None and trial_ends_at > at)
    ):
        return Decimal(0)
    match subscription.interval:
        case Interval.EVERY_30_DAYS:
            return subscription.price
        case Interval.ANNUAL:
            return amount_of(units_of(subscription.price / MONTHS_PER_YEAR))
        case Interval.ONE_TIME:
            return Decimal(0)


class Shop(Stored):
    """`version` guards every write: read, decide, write if nobody wrote meanwhile.

    `history` is in the order in which things happened, the newest last, and status, dates, subscription and trial
    follow from it. `trial_seconds_left` is what a shop takes along when it uninstalls within its trial.
    `last_seen_at` is when the newest event happened that the app's backend reported of it. `uncounted` is true from
    each write on until metrics have followed it. `tags` and `custom_fields` (plain values) are what automations set.
    """

    app_id: str
    domain: str
    name: str = ""
    email: str | None = None
    email_key: str | None = None
    owner: str | None = None
    country: str | None = None
    currency: str | None = None
    locale: str | None = None
    shopify_plan: str | None = None
    is_test: bool = False
    status: ShopStatus = ShopStatus.ACTIVE
    subscription: Subscription | None = None
    trial_ends_at: datetime | None = None
    trial_seconds_left: int | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    installed_at: datetime
    uninstalled_at: datetime | None = None
    history: list[Change] = Field(default_factory=list)
    version: int = 1
    name_key: str = ""
    search_text: str = ""
    search_words: list[str] = Field(default_factory=list)
    last_seen_at: datetime | None = None
    uncounted: bool | None = Field(True, repr=False)

    def monthly_revenue(self, at: datetime) -> Decimal:
        """What the shop brings in a month, in the subscription's currency."""
        return monthly_revenue(self.subscription, self.status, self.trial_ends_at, at, is_test=self.is_test)

    class Settings:
        name = "shops"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("domain", ASCENDING)], unique=True),
            IndexModel([("domain", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("emailKey", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("installedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("uninstalledAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("domain", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("lastSeenAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("uncounted", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"uncounted": True}),
            IndexModel([("searchWords", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("subscription.planId", ASCENDING)]),
            IndexModel(
                [
                    ("appId", ASCENDING),
                    ("subscription.planHandle", ASCENDING),
                    ("createdAt", DESCENDING),
                    ("_id", DESCENDING),
                ]
            ),
        ]


class ShopDomain(Part):
    """Of a shop no more than its domain."""

    id: PydanticObjectId = Field(alias="_id")
    domain: str


class ShopHistory(Part):
    """Of a shop no more than what happened to it."""

    id: PydanticObjectId = Field(alias="_id")
    domain: str
    history: list[Change]
