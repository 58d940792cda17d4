"""Drafts of the e-mail agent: mail to prospects and answers in tickets. Nothing here sends anything."""

from datetime import timedelta
from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from limits import RateLimitItemPerHour
from pydantic import AfterValidator, Field

from core import clock
from core.access import MARKETING, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput
from core.ids import object_id
from core.inputs import Input, Text
from core.runtime import runtime
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentChangeKind,
    AgentGoal,
    AgentInputs,
    AgentLanguage,
    AgentTone,
)
from models.apps import App
from models.prospects import Prospect
from models.slack_routing import SlackTopic
from resolvers.agent_actions import get_agent_action, write_action
from resolvers.agent_facts import language_for, written_in
from resolvers.agent_orders import order_again, outreach_order, reply_order
from resolvers.agent_scope import AgentSource, check_role, visible_source
from resolvers.agent_writing import Order, Outcome, ask, change, failure, spent, writer
from resolvers.apps import visible_app
from resolvers.slack_messages import tell_slack
from resolvers.ticket_people import staff_behind

PER_PERSON: Final = RateLimitItemPerHour(60, namespace="agent_drafts")
VALID_FOR: Final = timedelta(days=14)
"""What was drafted longer ago is about a world that has changed."""
OUTREACH_GOALS: Final = (AgentGoal.INTRODUCE, AgentGoal.FOLLOW_UP, AgentGoal.WIN_BACK, AgentGoal.ASK_FOR_CALL)
REPLY_GOALS: Final = (AgentGoal.ANSWER, AgentGoal.RESOLVE)
REWRITTEN: Final = (AgentActionStatus.DRAFTED, AgentActionStatus.APPROVED, AgentActionStatus.FAILED)


def _of_outreach(goal: AgentGoal) -> AgentGoal:
    return _one_of(goal, OUTREACH_GOALS)


def _of_reply(goal: AgentGoal) -> AgentGoal:
    return _one_of(goal, REPLY_GOALS)


def _one_of(goal: AgentGoal, goals: tuple[AgentGoal, ...]) -> AgentGoal:
    if goal not in goals:
        raise ValueError(f"must be one of {', '.join(goals)}")
    return goal


class AgentDraftCreate(Input):
    """`appId` may be left out where there is one active app alone. `points` is what the mail should say; the language
    is the prospect's, else the app's."""

    prospect_id: Annotated[str, Field(max_length=64)]
    app_id: str | None = Field(None, max_length=64)
    tone: AgentTone = AgentTone.FRIENDLY
    goal: Annotated[AgentGoal, AfterValidator(_of_outreach)] = AgentGoal.INTRODUCE
    language: AgentLanguage | None = None
    points: Annotated[Text, Field(max_length=2000)] = ""


class AgentReplyCreate(AgentSource):
    """What to answer, and how. `points` is what the answer should say; the language is the customer's, else the
    app's."""

    tone: AgentTone = AgentTone.FRIENDLY
    goal: Annotated[AgentGoal, AfterValidator(_of_reply)] = AgentGoal.ANSWER
    language: AgentLanguage | None = None
    points: Annotated[Text, Field(max_length=2000)] = ""


@allow(MARKETING)
async def draft_email(actor: Actor, data: AgentDraftCreate) -> AgentAction:
    """Drafts a first mail to a prospect. It is not sent: a person does that.

    Nobody is drafted to who must not be written to. A prospect who is a customer already, or has an open ticket, is
    held: the action says why, and is not sent while that is so. Raises `Unavailable`, or `RateLimited`, where the
    writer did not write; what was asked is kept as an action that failed.
    """
    identity = object_id(data.prospect_id)
    prospect = await Prospect.get(identity) if identity else None
    if prospect is None:
        raise InvalidInput("prospectId names no prospect", "prospectId")
    app = await _pitched_app(data.app_id)
    language = data.language or language_for(prospect.language, app.mail.default_language)
    inputs = AgentInputs(tone=data.tone, goal=data.goal, language=language, points=data.points)
    return await _begun(actor, await outreach_order(app, prospect, inputs, await staff_behind(actor)))


@allow(MARKETING | SUPPORT)
async def draft_reply(actor: Actor, data: AgentReplyCreate) -> AgentAction:
    """Drafts an answer to what a customer wrote last in a ticket, or to a mail that was received. It is not sent: a
    person does that. Fails as drafting to a prospect does."""
    source = await visible_source(actor, data)
    app = await visible_app(actor, source.app_id or "")
    language = data.language or language_for(written_in(source), app.mail.default_language)
    inputs = AgentInputs(tone=data.tone, goal=data.goal, language=language, points=data.points)
    return await _begun(actor, await reply_order(app, source, inputs, await staff_behind(actor)))


@allow(MARKETING | SUPPORT)
async def regenerate_agent_draft(actor: Actor, action_id: str) -> AgentAction:
    """Has a draft written once more, by what is known now. What a person made of it meanwhile is lost, an approval
    too; where nothing comes of it, the draft stays as it was."""
    action = await get_agent_action(actor, action_id)
    check_role(actor, action)
    if action.status not in REWRITTEN or action.inputs is None:
        raise Conflict(f"The action is {action.status}: it is not written again", "id")
    order = await order_again(action, action.inputs, await staff_behind(actor))
    await runtime().limits.count(PER_PERSON, actor.id)
    outcome = await ask(order, writer())
    usage = spent(outcome.usage, action.usage)
    if outcome.problem:
        failed = outcome.fields if action.draft is None else {}
        entry = change(AgentChangeKind.FAILED, actor, outcome.problem.message)
        await write_action(action, entry, **failed, usage=usage)
        raise failure(outcome.problem, action.id)
    undecided = {"is_corrected": False, "is_judged": False, "decided_by": None, "decided_at": None}
    return await write_action(
        action,
        change(AgentChangeKind.WRITTEN, actor),
        **outcome.fields,
        **undecided,
        usage=usage,
        expires_at=clock.now() + VALID_FOR,
    )


async def _pitched_app(app_id: str | None) -> App:
    if app_id is not None:
        app = await App.get(app_id)
        if app is None:
            raise InvalidInput("appId names no app", "appId")
        return app
    active = await App.find({"isActive": True}).limit(2).to_list()
    if len(active) != 1:
        raise InvalidInput("appId is required: there is more than one app, or none", "appId")
    return active[0]


async def _begun(actor: Actor, order: Order) -> AgentAction:
    await runtime().limits.count(PER_PERSON, actor.id)
    outcome = await ask(order, writer())
    action = await _kept(actor, order, outcome).insert()
    if outcome.problem:
        raise failure(outcome.problem, action.id)
    if action.reasons:
        text = f"A {action.type} needs a person: {action.reasons[0]}"
        await tell_slack(actor, SlackTopic.AGENT, order.app.id, text, key=f"agent:{action.id}")
    return action


def _kept(actor: Actor, order: Order, outcome: Outcome) -> AgentAction:
    kind = AgentChangeKind.FAILED if outcome.problem else AgentChangeKind.WRITTEN
    entry = change(kind, actor, outcome.problem.message if outcome.problem else None)
    fields: dict[str, Any] = order.about | outcome.fields
    return AgentAction(
        id=PydanticObjectId(),
        app_id=order.app.id,
        type=order.type,
        usage=spent(outcome.usage),
        created_by=actor.label,
        expires_at=entry.at + VALID_FOR,
        history=[entry],
        created_at=entry.at,
        updated_at=entry.at,
        **fields,
    )
