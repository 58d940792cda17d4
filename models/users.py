"""The company's staff."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.actor import Role
from models.base import Part, Stored


class Profile(Part):
    avatar: str = ""
    bio: str = ""
    phone: str = ""
    timezone: str = "UTC"
    language: str = "en"


class Notifications(Part):
    email: bool = True
    push: bool = False


class Preferences(Part):
    notifications: Notifications = Field(default_factory=Notifications)
    theme: str = "system"
    default_app: str = ""


class User(Stored):
    """`email_key` is the lower-cased address, `search_text` what a search looks in; raising `token_version` ends
    every token of the user."""

    email: str
    email_key: str
    search_text: str = ""
    first_name: str = ""
    last_name: str = ""
    role: Role
    is_active: bool = True
    password_hash: str = Field(repr=False)
    token_version: int = 1
    profile: Profile = Field(default_factory=Profile)
    settings: Preferences = Field(default_factory=Preferences)
    last_login_at: datetime | None = None
    login_count: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    class Settings:
        name = "users"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("emailKey", ASCENDING)], unique=True),
            IndexModel([("emailKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("role", ASCENDING), ("isActive", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
