"""Links behind which people see, and take along, what is stored about them."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core import clock
from models.base import Part, Stored

VALID: Final = timedelta(days=7)


class DataExportStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class DataExportAccess(StrEnum):
    VIEWED = "viewed"
    DOWNLOADED = "downloaded"


class DataExportView(Part):
    """Somebody opened the link."""

    at: datetime
    access: DataExportAccess
    ip: str | None = None
    user_agent: str | None = None


class DataExport(Stored):
    """`digest` is the SHA-256 of the link's token, `language` that of its page (None leaves it to the browser). What is
    shown is gathered when the link is opened, so that no copy of it lies around; `views` has the last openings,
    `view_count` counts all."""

    contact_id: PydanticObjectId
    digest: str = Field(repr=False)
    language: str | None
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    views: list[DataExportView] = Field(default_factory=list)
    view_count: int = 0

    @property
    def status(self) -> DataExportStatus:
        if self.revoked_at is not None:
            return DataExportStatus.REVOKED
        return DataExportStatus.EXPIRED if self.expires_at <= clock.now() else DataExportStatus.ACTIVE

    class Settings:
        name = "data_exports"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING)], unique=True),
            IndexModel([("contactId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
