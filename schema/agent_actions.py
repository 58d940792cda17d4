"""What the e-mail agent did, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import agent_actions as stored
from models.agent_actions import AgentActionStatus, AgentActionType, AgentChangeKind, AgentDecision, AgentHold
from resolvers import agent_actions, agent_stats
from resolvers.agent_actions import AgentActionFilter, AgentActionSortKey
from schema.agent_enums import AgentGoal, AgentLanguage, AgentTone
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.deliveries import Delivery
from schema.edge import Info, described, parse, query
from schema.inbound_messages import InboundMessage
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.money import Money
from schema.prospects import Prospect
from schema.tickets import Ticket

strawberry.enum(AgentActionType)
strawberry.enum(AgentActionStatus)
strawberry.enum(AgentActionSortKey)
strawberry.enum(AgentChangeKind)
strawberry.enum(AgentDecision)
strawberry.enum(AgentHold)


@strawberry.type(description="Something that the writer was told. Prices may be quoted from what is vouched for.")
class AgentFact:
    name: str
    value: str
    vouched: bool


@strawberry.type(description="What was asked for.")
class AgentInputs:
    tone: AgentTone
    goal: AgentGoal
    language: AgentLanguage
    points: str = strawberry.field(description="What the mail should say.")


@strawberry.type(
    description="Plain text, its paragraphs apart by an empty line, and the same in HTML. Answers in tickets have the "
    "ticket's subject when they are sent."
)
class AgentDraft:
    subject: str
    body: str
    html_body: str


@strawberry.type(description="One thing that a draft was looked at for.")
class AgentCheck:
    name: str
    passed: bool
    blocking: bool = strawberry.field(description="Whether it keeps the draft from being sent where it did not pass.")
    detail: str = strawberry.field(description="What was found.")


@strawberry.type(description="What the author of a text means; the confidence is from 0 to 1.")
class AgentReading:
    classification: str
    confidence: float
    reasons: list[str]


@strawberry.type(description="What a model took for it.")
class AgentUsage:
    input_tokens: int
    output_tokens: int

    @described("Null where nobody said what tokens cost.")
    def cost(self) -> Money | None:
        cost = cast(stored.AgentUsage, self).cost
        return None if cost is None else Money.of(cost, "USD")


@strawberry.type
class AgentChange:
    kind: AgentChangeKind
    at: datetime
    by: str
    note: str | None


@strawberry.type(description="A draft, an answer or a classification by the e-mail agent, and what became of it.")
class AgentAction:
    id: ID
    app_id: ID
    type: AgentActionType
    status: AgentActionStatus
    decision: AgentDecision
    email: str = strawberry.field(description="Whom it is about; empty once they were erased.")
    name: str
    inputs: AgentInputs | None
    facts: list[AgentFact] = strawberry.field(description="All that the writer was told.")
    text: str = strawberry.field(description="What was to be classified.")
    written: AgentDraft | None = strawberry.field(description="As the agent left it.")
    draft: AgentDraft | None = strawberry.field(description="As it would be sent now, or was.")
    checks: list[AgentCheck]
    holds: list[AgentHold] = strawberry.field(description="Why the prospect is not written to for now.")
    reading: AgentReading | None
    reasons: list[str] = strawberry.field(description="Why it needs a person.")
    problem: str | None = strawberry.field(description="Why nothing was written.")
    writer: str = strawberry.field(description="`built-in`, or the model's name.")
    usage: AgentUsage | None
    created_by: str
    decided_by: str | None
    decided_at: datetime | None
    sent_by: str | None
    sent_at: datetime | None
    is_corrected: bool = strawberry.field(description="Whether a person changed what the agent had said.")
    expires_at: datetime
    history: list[AgentChange]
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.AgentAction, Loaders.apps, lambda one: one.app_id)

    prospect: Prospect | None = loaded(
        stored.AgentAction, Loaders.prospects, lambda one: one.prospect_id, "Whom it was drafted to."
    )

    ticket: Ticket | None = loaded(
        stored.AgentAction, Loaders.tickets, lambda one: one.ticket_id, "The ticket that it answers, or read."
    )

    inbound_message: InboundMessage | None = loaded(
        stored.AgentAction,
        Loaders.inbound_messages,
        lambda one: one.inbound_id,
        "The received mail that it answers, or read.",
    )

    delivery: Delivery | None = loaded(
        stored.AgentAction,
        Loaders.deliveries,
        lambda one: one.delivery_id,
        "The mail that it was sent by, which says what became of it.",
    )

    contact: Contact | None = loaded(stored.AgentAction, Loaders.contacts, lambda one: one.contact_id)


def agent_action(document: stored.AgentAction) -> AgentAction:
    """The document has all that the type shows."""
    return cast(AgentAction, document)


@strawberry.type
class AgentTypeCount:
    type: AgentActionType
    count: int


@strawberry.type
class AgentStatusCount:
    status: AgentActionStatus
    count: int


@strawberry.type
class AgentDecisionCount:
    decision: AgentDecision
    count: int


@strawberry.type(description="How often the agent is right; what there is none of is counted too.")
class AgentStats:
    total: int
    judged: int = strawberry.field(description="Actions that a person decided on.")
    corrected: int = strawberry.field(description="Those of them in which the person changed what the agent had said.")
    override_rate: float = strawberry.field(description="`corrected` by `judged`, from 0 to 1; 0 where there are none.")

    @strawberry.field
    def by_type(self) -> list[AgentTypeCount]:
        counts = cast(agent_stats.AgentStats, self).by_type
        return [AgentTypeCount(type=type_, count=count) for type_, count in counts.items()]

    @strawberry.field
    def by_status(self) -> list[AgentStatusCount]:
        counts = cast(agent_stats.AgentStats, self).by_status
        return [AgentStatusCount(status=status, count=count) for status, count in counts.items()]

    @strawberry.field
    def by_decision(self) -> list[AgentDecisionCount]:
        counts = cast(agent_stats.AgentStats, self).by_decision
        return [AgentDecisionCount(decision=decision, count=count) for decision, count in counts.items()]


@strawberry.input(description="`email` is whom it is about.")
class AgentActionFilterInput:
    app_id: Maybe[str | None]
    type: Maybe[AgentActionType | None]
    status: Maybe[AgentActionStatus | None]
    decision: Maybe[AgentDecision | None]
    prospect_id: Maybe[str | None]
    ticket_id: Maybe[str | None]
    email: Maybe[str | None]


@strawberry.type
class AgentActionQueries:
    @query(agent_actions.get_agent_action)
    async def agent_action(self, info: Info, id: ID) -> AgentAction:
        return agent_action(await agent_actions.get_agent_action(info.context.actor, id))

    @query(agent_stats.agent_stats)
    async def agent_stats(self, info: Info, app_id: ID | None = None) -> AgentStats:
        return cast(AgentStats, await agent_stats.agent_stats(info.context.actor, app_id))

    @query(agent_actions.list_agent_actions)
    async def agent_actions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AgentActionFilterInput | None = None,
        sort_key: AgentActionSortKey = AgentActionSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[AgentAction]:
        window = Range.of(first, after, last, before)
        filters = parse(AgentActionFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await agent_actions.list_agent_actions(info.context.actor, window, filters, sort))
