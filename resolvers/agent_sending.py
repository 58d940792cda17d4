"""Sending what the agent drafted: a person says so, once, and the mail goes the way of all mail.

The action is marked as sent first, by an update that only one can make; then the mail is planned, under names that
follow from the action. Whoever dies in between leaves a mark, by which the clock plans it: never twice, because there
is one mail of each name.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from beanie import PydanticObjectId

from core import clock
from core.access import MARKETING, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, DomainError, InvalidInput, found
from core.ids import derived_id, object_id
from mail.writers.letters import letter_values
from models.agent_actions import (
    SENDABLE,
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentDraft,
)
from models.apps import App
from models.base import touched
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryThread
from models.inbound_messages import InboundMessage
from models.prospects import Prospect
from models.tickets import Ticket
from models.users import User
from resolvers.agent_actions import get_agent_action, write_action
from resolvers.agent_holds import check_allowed, check_mail, check_prospect, check_ticket, holds_on
from resolvers.agent_scope import check_role
from resolvers.agent_writing import change
from resolvers.prospect_outreach import contact_for_outreach
from resolvers.ticket_mail import message_source
from resolvers.ticket_messages import answer_ticket
from resolvers.transactional import Recipient, plan_mail

LEFT_BEHIND: Final = timedelta(minutes=1)
"""An action that has been sending for so long was left by somebody who died."""
AT_ONCE: Final = 100
SENDER: Final = Actor.system("agent")
NOT_SENDABLE: Final[Mapping[AgentActionStatus, str]] = {
    AgentActionStatus.SENT: "It was sent already",
    AgentActionStatus.REJECTED: "It was rejected",
    AgentActionStatus.FAILED: "Nothing was written: have it written again",
    AgentActionStatus.EXPIRED: "It has expired: have it drafted anew",
}

log = structlog.get_logger(__name__)


@allow(MARKETING | SUPPORT)
async def send_agent_draft(actor: Actor, action_id: str) -> AgentAction:
    """Sends a draft as it is now, once: by sending it, the person approves it. Whether it may be sent is asked here,
    and again when it goes out.

    Raises `InvalidInput` where it was sent already, has expired, was escalated, or must not be sent; the sentence says
    why.
    """
    action = await get_agent_action(actor, action_id)
    check_role(actor, action)
    draft = _sendable(action)
    await _check_recipient(action)
    now = clock.now()
    approval = {} if action.decided_at else {"decided_by": actor.label, "decided_at": now}
    try:
        sent = await write_action(
            action,
            change(AgentChangeKind.SENT, actor),
            status=AgentActionStatus.SENT,
            is_judged=True,
            sent_by=actor.label,
            sent_at=now,
            sending_since=now,
            **approval,
        )
    except Conflict:
        _sendable(await get_agent_action(actor, action_id))
        raise
    try:
        return await _planned(sent, draft, actor)
    except DomainError as problem:
        await _not_sent(sent, problem.message)
        raise


@allow()
async def resume_agent_mail(actor: Actor) -> int:
    """Plans the mail of actions that were left when somebody died while sending them, and returns how many there
    were."""
    # By type too: the index has none but moments.
    left = {"sendingSince": {"$lte": clock.now() - LEFT_BEHIND, "$type": "date"}}
    actions = await AgentAction.find(left).sort("sendingSince").limit(AT_ONCE).to_list()
    for action in actions:
        try:
            await _planned(action, found(action.draft, "Draft"), await _sender_of(action))
        except DomainError as problem:
            await _not_sent(action, problem.message)
        except Exception:
            log.exception("agent.sent_later", action_id=str(action.id))
    return len(actions)


def _sendable(action: AgentAction) -> AgentDraft:
    """The draft that a person may send. Raises `InvalidInput`."""
    if action.type is AgentActionType.CLASSIFY:
        raise InvalidInput("A classification is not sent", "id")
    if action.status not in SENDABLE or action.draft is None:
        raise InvalidInput(NOT_SENDABLE.get(action.status, f"It is {action.status}"), "id")
    if action.expires_at <= clock.now():
        raise InvalidInput(NOT_SENDABLE[AgentActionStatus.EXPIRED], "id")
    if action.failing:
        findings = "; ".join(check.detail for check in action.failing)
        raise InvalidInput(f"It is not fit to be sent: {findings}. Change the text", "id")
    if action.decision is AgentDecision.ESCALATE and not action.holds:
        raise InvalidInput(f"It needs a text of yours: {'; '.join(action.reasons)}", "id")
    return action.draft


async def _check_recipient(action: AgentAction) -> None:
    """As things are now. Raises `InvalidInput`."""
    app = found(await App.get(action.app_id), "App")
    if action.ticket_id is not None:
        check_ticket(found(await Ticket.get(action.ticket_id), "Ticket"), "id")
        await check_allowed(action.email, ConsentCategory.TRANSACTIONAL, app, "id")
        return
    if action.inbound_id is not None:
        await check_mail(await _mail_of(action), app, "id")
        return
    prospect = await _prospect_of(action)
    await check_prospect(prospect, app, "id")
    if holds := await holds_on(prospect):
        raise InvalidInput("; ".join(holds.values()), "id")


async def _prospect_of(action: AgentAction) -> Prospect:
    """The one that it was drafted to. Raises `InvalidInput` where they are gone, or have another address now."""
    prospect = await Prospect.get(action.prospect_id) if action.prospect_id else None
    if prospect is None or prospect.email_key != action.email_key:
        raise InvalidInput("The prospect is gone, or has another address now", "id")
    return prospect


async def _mail_of(action: AgentAction) -> InboundMessage:
    """What it answers. Raises `InvalidInput` where it is gone."""
    message = await InboundMessage.get(action.inbound_id) if action.inbound_id else None
    if message is None or message.sender_key != action.email_key:
        raise InvalidInput("The mail that it answers is gone", "id")
    return message


async def _planned(action: AgentAction, draft: AgentDraft, by: Actor) -> AgentAction:
    """The action once its mail is planned."""
    plan = _said if action.ticket_id else _answer if action.inbound_id else _letter
    delivery_id = await plan(action, draft, by)
    done = touched({"sendingSince": None, "deliveryId": delivery_id})
    return found(await AgentAction.change({"_id": action.id}, done), "Agent action")


async def _letter(action: AgentAction, draft: AgentDraft, by: Actor) -> PydanticObjectId | None:
    """To a prospect, on the grounds that the ledger names."""
    contact = await contact_for_outreach(await _prospect_of(action), by)
    outreach = {"category": ConsentCategory.OUTREACH, "kind": DeliveryKind.OUTREACH}
    return await _mailed(action, draft, contact, DeliveryThread(by_person=True), **outreach)


async def _answer(action: AgentAction, draft: AgentDraft, by: Actor) -> PydanticObjectId | None:
    """To whoever wrote, in the conversation that their mail belongs to."""
    message = await _mail_of(action)
    ours = await Delivery.get(message.delivery_id) if message.delivery_id else None
    ids = [ours.message_id if ours else None, message.message_id]
    thread = DeliveryThread(references=[one for one in ids if one], by_person=True)
    answering = {"category": ConsentCategory.TRANSACTIONAL, "kind": DeliveryKind.TRANSACTIONAL}
    return await _mailed(action, draft, Recipient(message.sender, message.sender_name), thread, **answering)


async def _mailed(
    action: AgentAction, draft: AgentDraft, to: Contact | Recipient, thread: DeliveryThread, **kind: Any
) -> PydanticObjectId:
    delivery = await plan_mail(
        SENDER,
        found(await App.get(action.app_id), "App"),
        "letter",
        to,
        values=letter_values(draft.subject, draft.body),
        language=action.inputs.language.value if action.inputs else None,
        source=agent_source(action.id),
        thread=thread,
        **kind,
    )
    return delivery.id


async def _said(action: AgentAction, draft: AgentDraft, by: Actor) -> PydanticObjectId | None:
    """In a ticket, as staff answer: the customer gets it by mail."""
    message_id = _message_id(action)
    await answer_ticket(by, str(action.ticket_id), draft.body, message_id=message_id)
    delivery = await Delivery.find_one({"source": message_source(message_id), "contactId": action.contact_id})
    return delivery.id if delivery else None


def agent_source(action_id: PydanticObjectId) -> str:
    """Of the one mail that an action is sent by."""
    return f"agent:{action_id}"


def _message_id(action: AgentAction) -> PydanticObjectId:
    """Of the one message that an answer becomes."""
    return derived_id(f"agent:{action.id}")


async def _sender_of(action: AgentAction) -> Actor:
    """Who sent it, who may not be there any more."""
    kind, _, name = (action.sent_by or "").partition(":")
    identity = object_id(name) if kind == "staff" else None
    user = await User.get(identity) if identity else None
    return Actor.staff(str(user.id), user.role, user.email) if user else SENDER


async def _not_sent(action: AgentAction, why: str) -> None:
    """What can't be planned any more, since the ticket or the prospect is gone."""
    failed: dict[str, Any] = {"status": AgentActionStatus.FAILED.value, "problem": why, "sendingSince": None}
    entry = change(AgentChangeKind.FAILED, SENDER, why).model_dump(by_alias=True)
    here = {"_id": action.id, "sendingSince": action.sending_since}
    await AgentAction.change(here, touched(failed) | {"$inc": {"version": 1}, "$push": {"history": entry}})
