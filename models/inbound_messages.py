"""Mail that was received: what people answer to what the apps send, what mail servers report, and what is new."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored

KEPT: Final = timedelta(days=730)
"""As long as the mail that it may answer."""


class InboundProvider(StrEnum):
    """By which way it came: posted by a service, or handed over by a mail server."""

    RESEND = "resend"
    POSTMARK = "postmark"
    MAILGUN = "mailgun"
    SENDGRID = "sendgrid"
    RAW = "raw"
    SMTP = "smtp"
    LMTP = "lmtp"


class InboundStatus(StrEnum):
    """`received` waits for its job. `matched`: it is known what it belongs to, and something has to follow yet.
    `unmatched`: it belongs to nothing that we know. `failed`: see its problem."""

    RECEIVED = "received"
    MATCHED = "matched"
    UNMATCHED = "unmatched"
    PROCESSED = "processed"
    FAILED = "failed"


UNDER_WAY: Final = (InboundStatus.RECEIVED, InboundStatus.MATCHED)
"""With one of these there is something to do."""


class InboundClassification(StrEnum):
    """What a mail is or, of a person's, what they mean."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    QUESTION = "question"
    OUT_OF_OFFICE = "out_of_office"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    UNKNOWN = "unknown"


class InboundMatch(StrEnum):
    """By what it was found what a mail belongs to: the signed address that it was sent to, the mail that it names, its
    sender and subject, or a person who said so."""

    ADDRESS = "address"
    REFERENCE = "reference"
    SENDER = "sender"
    PERSON = "person"


class InboundFile(Part):
    """A file that came along. `size` is in bytes; `inline` is one that is shown within the text."""

    name: str
    content_type: str
    size: int
    inline: bool = False


class InboundMessage(Stored):
    """There is one of each Message-ID (RFC 5322) to each of our addresses, however often and by whomever it is handed
    over. A mail without an id is named by its content.

    `raw_id` names its bytes among the files, until `raw_expires_at`. `new_text` is what is new in it, without
    quotations and signature. `reasons` say how it was read and what it belongs to, `outcomes` what was done about it,
    both for people. `classified_by` is who corrected its classification. `returns_at` is when somebody who is away is
    back. `receipt` is what its sender calls the request that it came with, where a request is good for one mail only.
    `people_keys` are the addresses that it is about, lower-cased. `run` counts the jobs that it was given, `look_at` is
    when to see whether its job still is on its way.
    """

    provider: InboundProvider
    message_id: str
    recipient: str
    receipt: str | None = None
    app_id: str | None = None
    sender: str = ""
    sender_name: str = ""
    sender_key: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    new_text: str = ""
    files: list[InboundFile] = Field(default_factory=list)
    size: int
    raw_id: PydanticObjectId | None
    raw_expires_at: datetime | None
    people_keys: list[str] = Field(default_factory=list)
    search_text: str = ""

    status: InboundStatus = InboundStatus.RECEIVED
    classification: InboundClassification = InboundClassification.UNKNOWN
    confidence: float | None = None
    classified_by: str | None = None
    reasons: list[str] = Field(default_factory=list)
    returns_at: datetime | None = None
    matched_by: InboundMatch | None = None
    delivery_id: PydanticObjectId | None = None
    campaign_id: PydanticObjectId | None = None
    ticket_id: PydanticObjectId | None = None
    contact_id: PydanticObjectId | None = None
    enrollment_id: PydanticObjectId | None = None
    outcomes: list[str] = Field(default_factory=list)
    problem: str | None = None
    run: int = 1
    look_at: datetime | None = None
    processed_at: datetime | None = None
    expires_at: datetime

    class Settings:
        name = "inbound_messages"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("messageId", ASCENDING), ("recipient", ASCENDING)], unique=True),
            IndexModel([("receipt", ASCENDING)], unique=True, partialFilterExpression={"receipt": {"$type": "string"}}),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("classification", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("classification", ASCENDING), ("createdAt", DESCENDING)]),
            IndexModel([("contactId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("ticketId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("deliveryId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("senderKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("peopleKeys", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("lookAt", ASCENDING)]),
            IndexModel([("rawExpiresAt", ASCENDING)], partialFilterExpression={"rawExpiresAt": {"$type": "date"}}),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=0),
        ]
