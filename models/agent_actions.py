"""What the e-mail agent did: drafts, replies and classifications, and what people made of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import DecimalAnnotation, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored

HISTORY_KEPT: Final = 50


class AgentActionType(StrEnum):
    """`draft` is mail to a prospect, `reply` answers a ticket or a received mail, `classify` says what somebody
    means."""

    DRAFT = "draft"
    REPLY = "reply"
    CLASSIFY = "classify"


class AgentActionStatus(StrEnum):
    """`overridden`: a person put their own text, or their own classification, in the place of the agent's. `failed`:
    nothing was written."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    SENT = "sent"
    REJECTED = "rejected"
    OVERRIDDEN = "overridden"
    FAILED = "failed"
    EXPIRED = "expired"


SENDABLE: Final = (AgentActionStatus.DRAFTED, AgentActionStatus.APPROVED, AgentActionStatus.OVERRIDDEN)
"""With one of these a person may send it still."""
UNDECIDED: Final = (AgentActionStatus.DRAFTED, AgentActionStatus.APPROVED)
"""With one of these the agent's own word still counts; all others are final for it."""


class AgentDecision(StrEnum):
    """What the agent says of its work: a person may send what it has to `suggest`, has to see to what it has to
    `escalate`, and need not look at `auto` (classifications alone)."""

    SUGGEST = "suggest"
    ESCALATE = "escalate"
    AUTO = "auto"


class AgentTone(StrEnum):
    FRIENDLY = "friendly"
    FORMAL = "formal"
    BRIEF = "brief"


class AgentGoal(StrEnum):
    """The first four are for drafts, the last two for replies."""

    INTRODUCE = "introduce"
    FOLLOW_UP = "follow_up"
    WIN_BACK = "win_back"
    ASK_FOR_CALL = "ask_for_call"
    ANSWER = "answer"
    RESOLVE = "resolve"


class AgentLanguage(StrEnum):
    ENGLISH = "en"
    SPANISH = "es"
    GERMAN = "de"
    FRENCH = "fr"
    PORTUGUESE = "pt"


class AgentHold(StrEnum):
    """Why a prospect is not written to, whatever the agent wrote: somebody else of the company speaks to them."""

    CUSTOMER = "customer"
    OPEN_TICKET = "open_ticket"


class AgentFact(Part):
    """What the writer was told. Prices may be quoted from facts that are `vouched` for: the app's and staff's own."""

    name: str
    value: str
    vouched: bool = False


class AgentInputs(Part):
    """What was asked for. `points` is what the mail should say."""

    tone: AgentTone = AgentTone.FRIENDLY
    goal: AgentGoal
    language: AgentLanguage
    points: str = ""


class AgentDraft(Part):
    """Plain text, its paragraphs apart by an empty line, and the same in HTML."""

    subject: str
    body: str
    html_body: str


class AgentCheck(Part):
    """One thing that a draft was looked at for. One that did not pass and is `blocking` keeps it from being sent;
    `detail` says what was found."""

    name: str
    passed: bool
    blocking: bool = True
    detail: str = ""


class AgentReading(Part):
    """What the author of a text means, as `mail.inbound` classifies mail; `confidence` is from 0 to 1."""

    classification: str
    confidence: float
    reasons: list[str] = Field(default_factory=list)


class AgentUsage(Part):
    """Of a model: all that it answered for this action. `cost` is in US dollars, None where tokens have no price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: DecimalAnnotation | None = None

    def plus(self, input_tokens: int, output_tokens: int, cost: Decimal | None) -> "AgentUsage":
        known = [one for one in (self.cost, cost) if one is not None]
        return AgentUsage(
            input_tokens=self.input_tokens + input_tokens,
            output_tokens=self.output_tokens + output_tokens,
            cost=sum(known, Decimal(0)) if known else None,
        )


class AgentChangeKind(StrEnum):
    WRITTEN = "written"
    FAILED = "failed"
    EDITED = "edited"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERRIDDEN = "overridden"
    SENT = "sent"
    EXPIRED = "expired"


class AgentChange(Part):
    """One entry of an action's history."""

    kind: AgentChangeKind
    at: datetime
    by: str
    note: str | None = None


class AgentAction(Stored):
    """`email` is whom it is about, empty once they were erased; `prospect_id`, `ticket_id`, `message_id` (of a ticket)
    and `inbound_id` (of mail that was received) say what it began with. `text` is what was to be classified.

    `written` is the draft as the agent left it, `draft` as it would be sent now. `reasons` say, for a person, why the
    decision is what it is; `problem` says why nothing was written. `is_judged` is true once a person decided on it, and
    `is_corrected` once one changed what the agent had said: what is overridden is counted by these. `sending_since` is
    set by whoever sends it until the mail is planned: what a crash leaves between the two is done by the clock.
    `version` guards every change: what a person approves is what they saw.
    """

    app_id: str
    type: AgentActionType
    status: AgentActionStatus = AgentActionStatus.DRAFTED
    decision: AgentDecision = AgentDecision.SUGGEST
    email: str
    email_key: str
    name: str = ""
    prospect_id: PydanticObjectId | None = None
    contact_id: PydanticObjectId | None = None
    ticket_id: PydanticObjectId | None = None
    message_id: PydanticObjectId | None = None
    inbound_id: PydanticObjectId | None = None
    inputs: AgentInputs | None = None
    facts: list[AgentFact] = Field(default_factory=list)
    text: str = ""
    written: AgentDraft | None = None
    draft: AgentDraft | None = None
    checks: list[AgentCheck] = Field(default_factory=list)
    holds: list[AgentHold] = Field(default_factory=list)
    reading: AgentReading | None = None
    reasons: list[str] = Field(default_factory=list)
    problem: str | None = None
    writer: str
    usage: AgentUsage | None = None
    created_by: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    sent_by: str | None = None
    sent_at: datetime | None = None
    sending_since: datetime | None = None
    delivery_id: PydanticObjectId | None = None
    is_judged: bool = False
    is_corrected: bool = False
    expires_at: datetime
    history: list[AgentChange] = Field(default_factory=list)
    version: int = 1

    @property
    def is_final(self) -> bool:
        """Whether the agent's word counts no more."""
        return self.status not in UNDECIDED

    @property
    def failing(self) -> list[AgentCheck]:
        """What keeps the draft from being sent."""
        return [check for check in self.checks if check.blocking and not check.passed]

    class Settings:
        name = "agent_actions"
        indexes: ClassVar[list[Any]] = [
            *(
                IndexModel([*leading, ("createdAt", DESCENDING), ("_id", DESCENDING)])
                for leading in (
                    [],
                    [("appId", ASCENDING)],
                    [("appId", ASCENDING), ("status", ASCENDING)],
                    [("emailKey", ASCENDING)],
                    [("prospectId", ASCENDING)],
                    [("ticketId", ASCENDING)],
                )
            ),
            IndexModel([("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("expiresAt", ASCENDING)]),
            IndexModel([("sendingSince", ASCENDING)], partialFilterExpression={"sendingSince": {"$type": "date"}}),
        ]
