"""How many events the apps' backends reported: by app, name and UTC day, and by the values of their properties."""

from datetime import datetime
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.base import Part, Record


class ValueCount(Part):
    value: str
    count: int


class PropertyCounts(Part):
    """Of one property: its values in the order in which they came first, and under `other` all beyond those that are
    told apart, or that are no short text, number or boolean."""

    name: str
    values: list[ValueCount] = Field(default_factory=list)
    other: int = 0


class EventCount(Record):
    """`id` is `<app>:<name>:<day>`. Events are counted once each, and their counts stay when they are deleted after 90
    days: `applied` are those of the last batch, which are found again where it was cut off. `revision` guards every
    write."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    app_id: str
    name: str
    day: datetime
    events: int = 0
    properties: list[PropertyCounts] = Field(default_factory=list)
    applied: list[PydanticObjectId] = Field(default_factory=list)
    revision: int = 0

    class Settings:
        name = "event_counts"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("day", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("name", ASCENDING), ("day", ASCENDING)]),
        ]
