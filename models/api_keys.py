"""Keys with which the apps' own backends call."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class ApiKey(Stored):
    """`digest` is the SHA-256 of the key, `prefix` its visible beginning. `revoked_at` is final."""

    app_id: str
    name: str
    description: str = ""
    environment: str = "live"
    prefix: str
    digest: str = Field(repr=False)
    scopes: list[str] = Field(default_factory=list)
    allowed_origins: list[str] = Field(default_factory=list)
    is_active: bool = True
    revoked_at: datetime | None = None
    last_used: datetime | None = None
    expires_at: datetime | None = None
    created_by: str

    class Settings:
        name = "api_keys"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
