"""The Shopify apps that the company publishes."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from core import clock
from models.base import Record


class App(Record):
    """`id` is a slug, such as `banners-all-over`, and never changes."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    name: str
    name_key: str
    description: str = ""
    allowed_origins: list[str] = Field(default_factory=list)
    is_active: bool = True
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)

    class Settings:
        name = "apps"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", ASCENDING), ("_id", ASCENDING)]),
        ]
