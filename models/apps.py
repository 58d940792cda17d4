"""The Shopify apps that the company publishes."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from core import clock
from models.base import Part, Record


class AppMail(Part):
    """How the app writes: from whom, and what its mail says of its sender. Without `sender_email` it is the platform's
    own. `postal_address` stands below newsletters, where laws ask for it; `double_opt_in` asks newcomers to confirm."""

    sender_name: str = ""
    sender_email: str | None = None
    reply_to: str | None = None
    postal_address: str = ""
    default_language: str = "en"
    double_opt_in: bool = True


class App(Record):
    """`id` is a slug, such as `banners-all-over`, and never changes. `shopify_secrets` are the app's client secrets at
    Shopify, encrypted, the newest first: the one before it counts while Shopify still signs with it. `log_days` is how
    long its logs are kept."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    name: str
    name_key: str
    description: str = ""
    allowed_origins: list[str] = Field(default_factory=list)
    is_active: bool = True
    mail: AppMail = Field(default_factory=AppMail)
    log_days: int = 30
    shopify_secrets: list[bytes] = Field(default_factory=list, repr=False)
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)

    @property
    def has_shopify_secret(self) -> bool:
        return bool(self.shopify_secrets)

    class Settings:
        name = "apps"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", ASCENDING), ("_id", ASCENDING)]),
        ]
