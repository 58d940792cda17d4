"""The moments at which scheduled work was started."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.base import Record


class Tick(Record):
    """`id` is `tick:<name>:<minute>`: whoever inserts it starts the work, so that two schedulers start it once."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    expires_at: datetime

    class Settings:
        name = "ticks"
        indexes: ClassVar[list[Any]] = [IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0)]
