"""Who does scheduled work: the moments at which it was started, and whose turn it is."""

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


class Turn(Record):
    """Work that one process does at a time, by its name: `owner` does it until `expires_at`."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    owner: str
    expires_at: datetime

    class Settings:
        name = "turns"
        indexes: ClassVar[list[Any]] = [IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0)]
