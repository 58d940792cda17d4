"""People who sign in to one app: the customers of the company, and not its staff."""

from datetime import datetime
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core import clock
from models.base import Stored


class EndUser(Stored):
    """One per app and address, made when somebody proves for the first time that the address is theirs.

    `email_key` is the lower-cased address, or stands for one that was erased; raising `token_version` ends every token
    of theirs. `shop_domain` is the shop that the app's backend named when they signed in last.
    """

    app_id: str
    contact_id: PydanticObjectId
    email: str
    email_key: str
    language: str | None = None
    shop_domain: str | None = None
    is_active: bool = True
    token_version: int = 1
    last_login_at: datetime = Field(default_factory=clock.now)
    login_count: int = 0

    class Settings:
        name = "end_users"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("lastLoginAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("contactId", ASCENDING)]),
        ]
