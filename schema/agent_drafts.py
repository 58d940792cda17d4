"""What people have the e-mail agent do, and decide on what it did, in GraphQL."""

import strawberry
from strawberry import ID, Maybe

from mail.inbound.classification import Classification
from models.agent_actions import AgentDecision
from resolvers import agent_decisions, agent_drafts, agent_readings, agent_sending
from resolvers.agent_decisions import AgentActionOverride, AgentActionReject, AgentDraftUpdate
from resolvers.agent_drafts import AgentDraftCreate, AgentReplyCreate
from resolvers.agent_scope import AgentSource
from schema.agent_actions import AgentAction, agent_action
from schema.agent_enums import AgentGoal, AgentLanguage, AgentTone
from schema.edge import Info, UserError, mutation, parse

strawberry.enum(Classification, name="AgentClassification")


@strawberry.input(
    description="`appId` may be left out where there is one active app alone. `points` is what the mail has to say. "
    "The language is the prospect's, else the app's. The goal is INTRODUCE, FOLLOW_UP, WIN_BACK or ASK_FOR_CALL."
)
class AgentDraftCreateInput:
    prospect_id: str
    app_id: Maybe[str | None]
    tone: Maybe[AgentTone]
    goal: Maybe[AgentGoal]
    language: Maybe[AgentLanguage | None]
    points: Maybe[str]


@strawberry.input(
    description="What to answer: a ticket or a mail that was received. `points` is what the answer has to "
    "say. The language is the customer's, else the app's. The goal is ANSWER or RESOLVE."
)
class AgentReplyCreateInput:
    ticket_id: Maybe[str | None]
    inbound_message_id: Maybe[str | None]
    tone: Maybe[AgentTone]
    goal: Maybe[AgentGoal]
    language: Maybe[AgentLanguage | None]
    points: Maybe[str]


@strawberry.input(description="What somebody wrote: last in a ticket, or in a mail that was received. One of the two.")
class AgentSourceInput:
    ticket_id: Maybe[str | None]
    inbound_message_id: Maybe[str | None]


@strawberry.input(description="Plain text; an empty line separates paragraphs.")
class AgentDraftUpdateInput:
    subject: Maybe[str]
    body: Maybe[str]


@strawberry.input
class AgentActionRejectInput:
    reason: Maybe[str | None]


@strawberry.input(
    description="What counts instead of what the agent said: a text, a classification, or a decision alone. With "
    "SUGGEST a person answers for the agent's own text; without any of these the action is not sent until somebody "
    "writes a text."
)
class AgentActionOverrideInput:
    subject: Maybe[str]
    body: Maybe[str]
    classification: Maybe[Classification]
    decision: Maybe[AgentDecision]
    reason: Maybe[str | None]


@strawberry.type
class AgentActionPayload:
    agent_action: AgentAction | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AgentActionMutations:
    @mutation(agent_drafts.draft_email)
    async def agent_draft_create(self, info: Info, input: AgentDraftCreateInput) -> AgentActionPayload:
        done = await agent_drafts.draft_email(info.context.actor, parse(AgentDraftCreate, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_drafts.draft_reply)
    async def agent_reply_create(self, info: Info, input: AgentReplyCreateInput) -> AgentActionPayload:
        done = await agent_drafts.draft_reply(info.context.actor, parse(AgentReplyCreate, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_readings.classify_message)
    async def agent_classify(self, info: Info, input: AgentSourceInput) -> AgentActionPayload:
        done = await agent_readings.classify_message(info.context.actor, parse(AgentSource, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_drafts.regenerate_agent_draft)
    async def agent_draft_regenerate(self, info: Info, id: ID) -> AgentActionPayload:
        done = await agent_drafts.regenerate_agent_draft(info.context.actor, id)
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_decisions.edit_agent_draft)
    async def agent_draft_update(self, info: Info, id: ID, input: AgentDraftUpdateInput) -> AgentActionPayload:
        done = await agent_decisions.edit_agent_draft(info.context.actor, id, parse(AgentDraftUpdate, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_decisions.approve_agent_action)
    async def agent_draft_approve(self, info: Info, id: ID) -> AgentActionPayload:
        done = await agent_decisions.approve_agent_action(info.context.actor, id)
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_decisions.reject_agent_action)
    async def agent_draft_reject(
        self, info: Info, id: ID, input: AgentActionRejectInput | None = None
    ) -> AgentActionPayload:
        done = await agent_decisions.reject_agent_action(info.context.actor, id, parse(AgentActionReject, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_decisions.override_agent_action)
    async def agent_action_override(self, info: Info, id: ID, input: AgentActionOverrideInput) -> AgentActionPayload:
        done = await agent_decisions.override_agent_action(info.context.actor, id, parse(AgentActionOverride, input))
        return AgentActionPayload(agent_action=agent_action(done))

    @mutation(agent_sending.send_agent_draft)
    async def agent_draft_send(self, info: Info, id: ID) -> AgentActionPayload:
        done = await agent_sending.send_agent_draft(info.context.actor, id)
        return AgentActionPayload(agent_action=agent_action(done))
