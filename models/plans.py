"""What the apps cost."""

from enum import StrEnum
from typing import Any, ClassVar

from beanie import DecimalAnnotation
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class Interval(StrEnum):
    EVERY_30_DAYS = "EVERY_30_DAYS"
    ANNUAL = "ANNUAL"
    ONE_TIME = "ONE_TIME"


class Plan(Stored):
    """`handle` is unique within the app and never changes; shops keep the price that they subscribed at."""

    app_id: str
    handle: str
    name: str
    name_key: str
    description: str = ""
    price: DecimalAnnotation
    currency: str = "USD"
    interval: Interval = Interval.EVERY_30_DAYS
    trial_days: int = 0
    features: list[str] = Field(default_factory=list)
    is_active: bool = True

    class Settings:
        name = "plans"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("handle", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("price", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("isActive", ASCENDING), ("price", ASCENDING), ("_id", ASCENDING)]),
        ]
