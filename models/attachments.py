"""Files that people attach to what they write. The bytes are in `files`, under the same id."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from core.runtime import runtime
from core.timed_links import timed_token
from models.base import Part, Stored

LINK: Final = "attachment-link"
"""What the tokens of links are made for."""
LINK_VALID: Final = timedelta(hours=1)


class AttachmentStatus(StrEnum):
    """`uploading` until all its bytes are stored, `unused` until something has it, `removed` until they are gone."""

    UPLOADING = "uploading"
    UNUSED = "unused"
    USED = "used"
    REMOVED = "removed"


SHOWN: Final = (AttachmentStatus.UNUSED, AttachmentStatus.USED)
"""With one of these there is something to download."""


class AttachmentOwnerKind(StrEnum):
    TICKET_MESSAGE = "ticket_message"


class AttachmentOwner(Part):
    """What has the attachment: who sees that may download it. `is_internal` is what staff keep among themselves."""

    kind: AttachmentOwnerKind
    id: PydanticObjectId
    is_internal: bool = False


class Attachment(Stored):
    """`filename` and `mimetype` follow from what the file is, and not from what was said of it. `size` is in bytes,
    `sha256` in hex. `people_keys` are the addresses that it is about, lower-cased. `checked_at` is when its owner was
    seen to be there."""

    app_id: str
    filename: str
    mimetype: str
    size: int = 0
    sha256: str = ""
    status: AttachmentStatus = AttachmentStatus.UPLOADING
    uploaded_by: str
    owner: AttachmentOwner | None = None
    people_keys: list[str] = Field(default_factory=list)
    claimed_at: datetime | None = None
    checked_at: datetime | None = None

    @property
    def key(self) -> str:
        """What others name it by."""
        return str(self.id)

    @property
    def uploaded_at(self) -> datetime:
        return self.created_at

    @property
    def url(self) -> str:
        """Where whoever has it can download the file, for the next three quarters of an hour at least."""
        return attachment_url(self.app_id, self.id)

    class Settings:
        name = "attachments"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("status", ASCENDING), ("createdAt", ASCENDING)]),
            IndexModel([("status", ASCENDING), ("checkedAt", ASCENDING), ("claimedAt", ASCENDING)]),
            IndexModel([("owner.id", ASCENDING)]),
            IndexModel([("peopleKeys", ASCENDING)]),
        ]


def attachment_url(app_id: str, attachment_id: PydanticObjectId, valid: timedelta = LINK_VALID) -> str:
    settings = runtime().settings
    token = timed_token(settings, LINK, str(attachment_id), valid)
    return f"{settings.public_url.rstrip('/')}/{app_id}/attachments/{attachment_id}/{token}"
