"""What is said in tickets: messages between customer and staff, and notes among staff. One document each, so that a
long conversation makes no ticket heavy."""

from datetime import datetime
from typing import Any, ClassVar, Self

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from models.attachments import Attachment, attachment_url
from models.base import Part, Stored


class TicketAttachment(Part):
    """A file of a message, which has the attachment's id."""

    id: PydanticObjectId
    app_id: str
    filename: str
    mimetype: str
    size: int
    uploaded_at: datetime

    @classmethod
    def of(cls, attachment: Attachment) -> Self:
        return cls.model_validate(attachment, from_attributes=True)

    @property
    def key(self) -> str:
        return str(self.id)

    @property
    def url(self) -> str:
        """Made anew whenever it is shown: it works for a while."""
        return attachment_url(self.app_id, self.id)


class TicketMessage(Stored):
    """`is_internal` marks a note, which nobody but staff ever sees. `author_id` is the member of staff.

    `mail_id` is the Message-ID (RFC 5322) of a mail that it came by: it is added once. `original_ticket_id` is the
    ticket that it was written in, where that was merged into this one. `people_keys` are the addresses that it is
    about: the requester's and the author's, lower-cased.
    """

    app_id: str
    ticket_id: PydanticObjectId
    original_ticket_id: PydanticObjectId | None = None
    content: str
    is_customer: bool
    is_internal: bool = False
    author: str
    author_id: PydanticObjectId | None = None
    author_email: str
    author_name: str = ""
    people_keys: list[str]
    mail_id: str | None = None
    attachments: list[TicketAttachment] = Field(default_factory=list)

    class Settings:
        name = "ticket_messages"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("ticketId", ASCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]),
            IndexModel(
                [("appId", ASCENDING), ("mailId", ASCENDING)],
                unique=True,
                partialFilterExpression={"mailId": {"$type": "string"}},
            ),
            IndexModel([("peopleKeys", ASCENDING)]),
        ]
