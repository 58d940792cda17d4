"""Tickets: what customers ask an app's support for. The conversation itself is in `ticket_messages`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record, Stored
from models.ticket_messages import TicketAttachment

NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for a moment that does not come: what is sorted by has to be there."""
HISTORY_KEPT: Final = 200


class TicketStatus(StrEnum):
    """`pending` waits for the customer, `on_hold` for somebody else. `closed` is final for the customer: whoever writes
    then starts a new ticket."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"


DONE: Final = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
WORKED_ON: Final = frozenset({TicketStatus.NEW, TicketStatus.OPEN})
"""With one of these it is staff's turn, and the clocks run."""


class TicketPriority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class TicketTopic(StrEnum):
    BILLING = "billing"
    BUG = "bug"
    SETUP = "setup"
    HOW_TO = "how_to"
    FEATURE = "feature"
    PRIVACY = "privacy"
    OTHER = "other"


class TicketSource(StrEnum):
    """How it reached us: by its author, signed in (`web`), through the app's backend, by mail, or written down by
    staff."""

    WEB = "web"
    API = "api"
    EMAIL = "email"
    STAFF = "staff"


class TicketLinkKind(StrEnum):
    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    FOLLOW_UP = "follow_up"


class TicketClock(Part):
    """Time that staff may take. `elapsed` (milliseconds) is what it counted until `running_since`; it stands where that
    is None. `target` (milliseconds) is how much it may count, None for however much. `stopped_at` is when what it
    waited for was done, `breached_at` when it passed its target, `noticed_at` when somebody was told."""

    target: int | None = None
    elapsed: int = 0
    running_since: datetime | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None
    noticed_at: datetime | None = None


class TicketChangeKind(StrEnum):
    STATUS = "status"
    PRIORITY = "priority"
    TOPIC = "topic"
    ASSIGNEE = "assignee"
    MERGED = "merged"
    BREACHED = "breached"


class TicketChange(Part):
    """One entry of a ticket's history. `before` and `after` are values, users' ids or tickets' ids."""

    kind: TicketChangeKind
    at: datetime
    by: str
    before: str | None = None
    after: str | None = None
    reason: str | None = None


class TicketPerson(Part):
    """Somebody who is kept informed besides the requester: whose own ticket was merged into this one."""

    email: str
    email_key: str
    name: str = ""
    language: str | None = None
    contact_id: PydanticObjectId | None = None


class TicketLink(Part):
    """From the ticket that has it to another one of the app."""

    kind: TicketLinkKind
    ticket_id: PydanticObjectId


class TicketRating(Part):
    """How content the customer was: `score` is 1 to 5."""

    score: int
    comment: str = ""
    at: datetime


class TicketEventKind(StrEnum):
    """What happened to a ticket of which others have to hear. `written` is a message or a note."""

    CREATED = "created"
    WRITTEN = "written"
    RESOLVED = "resolved"
    MERGED = "merged"
    URGENT = "urgent"
    BREACHED = "breached"


class TicketEvent(Part):
    """Kept in the ticket, by the same write as what happened, until all that follows from it was done. `number` counts
    resolutions, `clock` names the one that was breached, `message` is what was written, as it is stored."""

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    kind: TicketEventKind
    at: datetime
    message: dict[str, Any] | None = None
    number: int = 0
    clock: str | None = None


class MergeClaim(Part):
    """Somebody is merging another ticket into this one: until it is done, this one stays where it is."""

    ticket_id: PydanticObjectId
    at: datetime


class Ticket(Stored):
    """`number` counts the app's tickets. `message` is what it began with, and the first of its messages too.

    `people_keys` are the addresses that see it, lower-cased, the requester's first. `next_due` is when the next of its
    clocks runs out, `alarm_at` the same of those that nobody was told of yet. `follow_up_id` is the ticket that went on
    with this one. `events` wait for what follows from them. `version` guards every change of what decisions are made
    by; a message that changes nothing of that leaves it.
    """

    app_id: str
    number: int
    subject: str
    message: str
    email: str
    email_key: str
    name: str = ""
    language: str | None = None
    contact_id: PydanticObjectId | None = None
    people: list[TicketPerson] = Field(default_factory=list)
    people_keys: list[str]
    shop_id: PydanticObjectId | None = None
    shop_domain: str | None = None
    status: TicketStatus = TicketStatus.NEW
    priority: TicketPriority = TicketPriority.MEDIUM
    topic: TicketTopic = TicketTopic.OTHER
    source: TicketSource
    assignee_id: PydanticObjectId | None = None
    tags: list[str] = Field(default_factory=list)
    attachments: list[TicketAttachment] = Field(default_factory=list)
    links: list[TicketLink] = Field(default_factory=list)
    merged_into_id: PydanticObjectId | None = None
    merge_claims: list[MergeClaim] = Field(default_factory=list)
    follow_up_id: PydanticObjectId | None = None
    first_response: TicketClock = Field(default_factory=TicketClock)
    resolution: TicketClock = Field(default_factory=TicketClock)
    next_due: datetime = NEVER
    alarm_at: datetime = NEVER
    resolutions: int = 0
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    last_message_at: datetime
    last_customer_message_at: datetime | None = None
    last_staff_message_at: datetime | None = None
    rating: TicketRating | None = None
    history: list[TicketChange] = Field(default_factory=list)
    events: list[TicketEvent] = Field(default_factory=list)
    created_by: str
    search_text: str = ""
    search_words: list[str] = Field(default_factory=list)
    version: int = 1

    @property
    def reference(self) -> str:
        """How people call it."""
        return f"#{self.number}"

    @property
    def due_at(self) -> datetime | None:
        """When the next of its clocks runs out; None while none runs."""
        return None if self.next_due == NEVER else self.next_due

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    class Settings:
        name = "tickets"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("number", ASCENDING)], unique=True),
            *(
                IndexModel([*leading, (sorted_by, DESCENDING), ("_id", DESCENDING)])
                for leading in ([], [("appId", ASCENDING)], [("appId", ASCENDING), ("status", ASCENDING)])
                for sorted_by in ("createdAt", "updatedAt", "lastMessageAt", "nextDue")
            ),
            *(
                IndexModel([("appId", ASCENDING), (field, ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)])
                for field in ("topic", "priority", "tags", "peopleKeys", "shopDomain", "assigneeId")
            ),
            *(
                IndexModel([(whose, ASCENDING), (at, DESCENDING), ("_id", DESCENDING)])
                for whose in ("emailKey", "shopDomain")
                for at in ("createdAt", "resolvedAt")
            ),
            IndexModel([("peopleKeys", ASCENDING)]),
            IndexModel([("assigneeId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("resolvedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("links.ticketId", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("status", ASCENDING), ("resolvedAt", ASCENDING)]),
            IndexModel([("alarmAt", ASCENDING)]),
            IndexModel([("searchWords", ASCENDING)]),
            IndexModel([("events.at", ASCENDING)]),
        ]


class TicketNumber(Record):
    """How many tickets an app, whose id it has, has had so far."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    last: int = 0

    class Settings:
        name = "ticket_numbers"
        indexes: ClassVar[list[Any]] = []
