"""What was, or is to be, sent: one delivery per recipient of anything."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from bson import ObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored
from models.contacts import ConsentCategory

KEPT: Final = timedelta(days=730)
"""How long a delivery is kept: as long as somebody may ask what they were sent, and why."""


class DeliveryStatus(StrEnum):
    """`sending` was written before the first byte went out; `uncertain` is what is left of it when nobody can say
    whether the server took the message. `cancelled` was not sent; a sequence may plan it again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


OPEN: Final = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
"""With one of these there is still something to do."""
SETTLED: Final = frozenset(
    {
        DeliveryStatus.SENT,
        DeliveryStatus.FAILED,
        DeliveryStatus.SUPPRESSED,
        DeliveryStatus.UNCERTAIN,
        DeliveryStatus.CANCELLED,
    }
)
"""With one of these nothing is left to do by itself."""


def becoming(status: DeliveryStatus) -> dict[str, Any]:
    """What a delivery stores when it gets a status: with one that is settled, its secrets go."""
    return {"status": status.value} | ({"sealedValues": None} if status in SETTLED else {})


class DeliveryKind(StrEnum):
    """`campaign` goes to many by their consent; `outreach` to somebody who did not ask for it; `transactional` answers
    what somebody did; `test` is a trial that staff send."""

    CAMPAIGN = "campaign"
    OUTREACH = "outreach"
    TRANSACTIONAL = "transactional"
    TEST = "test"


NEVER_TWICE: Final = frozenset({DeliveryKind.CAMPAIGN, DeliveryKind.OUTREACH})
"""Of these kinds a mail is not sent again of which nobody can say whether it was."""


class Refusal(StrEnum):
    """Why somebody may not be written to."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    BLOCKED = "blocked"
    ERASED = "erased"
    OPTED_OUT = "opted_out"
    GLOBAL_OPT_OUT = "global_opt_out"
    CONFIRMATION_PENDING = "confirmation_pending"
    NO_CONSENT = "no_consent"
    NOT_SUBSCRIBED = "not_subscribed"
    NOT_ENROLLED = "not_enrolled"
    APP_INACTIVE = "app_inactive"


class DeliveryThread(Part):
    """The conversation that a mail belongs to. `references` are the Message-IDs that it comes after, the newest last;
    answers go to the ticket `ticket_id`. `by_person`: somebody wrote it, so it does not say that it is automatic
    (RFC 3834)."""

    references: list[str] = Field(default_factory=list)
    ticket_id: PydanticObjectId | None = None
    by_person: bool = False


class DeliveryOutreach(Part):
    """The step (its order) of a sequence that a mail is of, for whom, and the local day (`2026-01-31`) for which it was
    planned."""

    sequence_id: PydanticObjectId
    enrollment_id: PydanticObjectId
    step: int
    day: str


class Delivery(Stored):
    """`source` is what it is a part of (`campaign:<id>`, `template:<key>:<…>`, `sequence:<enrollment>:<step>`): there
    is one of each source to each contact, and to each address that is no contact's, so that whoever plans them may do
    it again. `email` is empty once the person was erased. `address_digest` is the keyed hash of an address that was no
    contact's, by which the mail is found if it becomes one.

    `content` says what it is rendered from (`campaign:<id>`, `template:<key>`, `template-id:<id>` for just that
    template), `values` with what; `subject` stands for the content's own. `sealed_values` are those of the values that
    are secret, encrypted, until the delivery is settled. `chunk` numbers the jobs that a campaign is sent by. `claim`
    is the lease token of the job that wrote `sending`: only its holder says how it ended. `refusal` is why nothing was
    sent. `message_id` is what the mail itself is named (RFC 5322), `provider_id` what the provider calls it, `response`
    what it said last. `held_since`: it is queued, and waits since then because the app holds its marketing mail. The
    moments from `delivered_at` on are the first of their kind, scanners left out.
    """

    app_id: str | None
    source: str
    kind: DeliveryKind
    category: ConsentCategory
    contact_id: PydanticObjectId | None = None
    campaign_id: PydanticObjectId | None = None
    content: str
    email: str
    address_digest: str | None = None
    name: str = ""
    language: str | None = None
    subject: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    thread: DeliveryThread | None = None
    outreach: DeliveryOutreach | None = None
    sealed_values: bytes | None = Field(None, repr=False)
    status: DeliveryStatus = DeliveryStatus.QUEUED
    refusal: Refusal | None = None
    chunk: int = 0
    attempts: int = 0
    claim: str | None = Field(None, repr=False)
    message_id: str | None = None
    provider: str | None = None
    provider_id: str | None = None
    response: str | None = None
    held_since: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    complained_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    replied_at: datetime | None = None
    last_event_at: datetime | None = None

    @property
    def is_erased(self) -> bool:
        """Whether nothing may be known any more of the person whom it was for."""
        return not self.email

    @classmethod
    async def count_by_status(cls, campaign_id: ObjectId) -> Mapping[DeliveryStatus, int]:
        """How many of a campaign's deliveries have each status: one indexed count per status."""
        return {
            status: await cls.find({"campaignId": campaign_id, "status": status.value}).count()
            for status in DeliveryStatus
        }

    class Settings:
        name = "deliveries"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("source", ASCENDING), ("contactId", ASCENDING), ("addressDigest", ASCENDING)], unique=True),
            IndexModel([("campaignId", ASCENDING), ("status", ASCENDING), ("chunk", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("contactId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("providerId", ASCENDING)], partialFilterExpression={"providerId": {"$type": "string"}}),
            IndexModel([("addressDigest", ASCENDING)], partialFilterExpression={"addressDigest": {"$type": "string"}}),
            IndexModel(
                [("thread.ticketId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                partialFilterExpression={"thread.ticketId": {"$type": "objectId"}},
            ),
            IndexModel([("campaignId", ASCENDING), ("_id", ASCENDING)]),
            IndexModel(
                [("outreach.sequenceId", ASCENDING), ("status", ASCENDING)],
                partialFilterExpression={"outreach.sequenceId": {"$exists": True}},
            ),
            IndexModel(
                [("outreach.enrollmentId", ASCENDING), ("status", ASCENDING)],
                partialFilterExpression={"outreach.enrollmentId": {"$exists": True}},
            ),
            IndexModel(
                [("appId", ASCENDING), ("heldSince", ASCENDING)],
                partialFilterExpression={"heldSince": {"$type": "date"}},
            ),
            IndexModel([("campaignId", ASCENDING), ("openedAt", ASCENDING)]),
            IndexModel([("campaignId", ASCENDING), ("clickedAt", ASCENDING)]),
            IndexModel([("createdAt", ASCENDING)], expireAfterSeconds=int(KEPT.total_seconds())),
        ]
