"""Keys with which the apps' own backends call."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core import clock
from core.scopes import Scope
from models.base import Stored


class ApiKeyStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ApiKey(Stored):
    """`digest` is the SHA-256 of the key, `prefix` its visible beginning. `revoked_at` is final."""

    app_id: str
    name: str
    name_key: str
    description: str = ""
    prefix: str
    digest: str = Field(repr=False)
    scopes: list[Scope] = Field(default_factory=list)
    allowed_origins: list[str] = Field(default_factory=list)
    is_active: bool = True
    revoked_at: datetime | None = None
    last_used: datetime | None = None
    expires_at: datetime | None = None
    created_by: str

    @property
    def key(self) -> str:
        """What can still be shown of it."""
        return f"{self.prefix}…"

    @property
    def status(self) -> ApiKeyStatus:
        """Only an active key opens anything."""
        if self.revoked_at is not None:
            return ApiKeyStatus.REVOKED
        if not self.is_active:
            return ApiKeyStatus.INACTIVE
        if self.expires_at is not None and self.expires_at <= clock.now():
            return ApiKeyStatus.EXPIRED
        return ApiKeyStatus.ACTIVE

    class Settings:
        name = "api_keys"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("isActive", ASCENDING), ("expiresAt", ASCENDING)]),
        ]
