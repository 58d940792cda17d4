"""The e-mail agent's work, and a model of our own: a server that answers as one would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import orjson
from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from core.runtime import Runtime
from core.runtime import start as start_runtime
from core.settings import Settings
from models.agent_actions import (
    AgentAction,
    AgentActionType,
    AgentCheck,
    AgentDecision,
    AgentDraft,
    AgentGoal,
    AgentInputs,
    AgentLanguage,
    AgentReading,
)
from models.apps import App
from models.inbound_messages import InboundClassification, InboundMessage, InboundProvider, InboundStatus
from models.prospects import Prospect
from models.tickets import Ticket
from tests.factories.slack import FakeSlack, Reply, a_slack

MODEL: Final = "tiny-writer"
BODY: Final = "Thank you for the time that you took to look at our app. Would you tell me what you think?"
SYSTEM: Final = Actor.system("tests")


async def an_agent_action(app: App, to: Prospect | Ticket | InboundMessage, **fields: Any) -> AgentAction:
    """A draft that is fit to be sent: to a prospect, in a ticket, to who wrote a mail. `fields` by attribute name."""
    is_draft = isinstance(to, Prospect)
    draft = AgentDraft(subject="A question", body=BODY, html_body=f"<p>{BODY}</p>")
    goal = AgentGoal.INTRODUCE if is_draft else AgentGoal.ANSWER
    known = {
        "type": AgentActionType.DRAFT if is_draft else AgentActionType.REPLY,
        "inputs": AgentInputs(goal=goal, language=AgentLanguage.ENGLISH),
        "written": draft,
        "draft": draft,
        "checks": [AgentCheck(name="length", passed=True)],
        "writer": "built-in",
        "created_by": SYSTEM.label,
        "expires_at": clock.now() + timedelta(days=14),
    }
    return await AgentAction(app_id=app.id, **{**known, **_about(to), **fields}).insert()


def _about(to: Prospect | Ticket | InboundMessage) -> dict[str, Any]:
    if isinstance(to, InboundMessage):
        sender = {"email": to.sender, "email_key": to.sender_key, "name": to.sender_name}
        return {**sender, "inbound_id": to.id, "contact_id": to.contact_id}
    source = "prospect_id" if isinstance(to, Prospect) else "ticket_id"
    person = {"email": to.email, "email_key": to.email_key, "name": to.name}
    return {**person, "contact_id": to.contact_id, source: to.id}


async def a_reading(app: App, ticket: Ticket, **fields: Any) -> AgentAction:
    """A classification that the agent was sure of."""
    reading = AgentReading(classification="question", confidence=0.8, reasons=["it asks: ?"])
    known = {"type": AgentActionType.CLASSIFY, "decision": AgentDecision.AUTO, "status": "approved"}
    nothing: dict[str, Any] = {"inputs": None, "written": None, "draft": None, "checks": []}
    return await an_agent_action(app, ticket, **{**known, **nothing, "reading": reading, "text": "Why?", **fields})


async def an_answer(app: App, text: str = "Could you tell me what it costs?", **fields: Any) -> InboundMessage:
    """A mail of somebody who answers what the app wrote, and has no ticket."""
    now = clock.now()
    known = {
        "provider": InboundProvider.RAW,
        "message_id": f"<{PydanticObjectId()}@mail.tea.example>",
        "recipient": "hello@in.example.com",
        "app_id": app.id,
        "sender": "Ada@Tea.example",
        "sender_name": "Ada Lovelace",
        "sender_key": "ada@tea.example",
        "subject": "Re: A question",
        "new_text": text,
        "size": len(text),
        "raw_id": None,
        "raw_expires_at": None,
        "people_keys": ["ada@tea.example"],
        "status": InboundStatus.PROCESSED,
        "classification": InboundClassification.QUESTION,
        "expires_at": now + timedelta(days=730),
    }
    return await InboundMessage(**{**known, **fields}).insert()


@asynccontextmanager
async def a_model() -> AsyncIterator[FakeSlack]:
    """It answers with what is in its `replies`, then with a draft that is fit."""
    async with a_slack() as server:
        server.usually = said({"subject": "A question", "body": BODY})
        yield server


def said(content: Mapping[str, Any] | str, *, finish: str = "stop", tokens: tuple[int, int] = (200, 50)) -> Reply:
    """A model's answer."""
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    return completion({"message": {"role": "assistant", "content": text}, "finish_reason": finish}, tokens)


def completion(choice: Mapping[str, Any], tokens: tuple[int, int] = (200, 50)) -> Reply:
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return 200, orjson.dumps({"id": "1", "choices": [choice], "usage": usage}).decode(), {}


def writing_by(server: FakeSlack, settings: Settings, **others: Any) -> Settings:
    """Settings with which that server writes."""
    known = {"writer_url": f"{server.origin}/v1", "writer_model": MODEL, "writer_seconds": 5.0}
    return settings.model_copy(update=known | others)


def let_write(server: FakeSlack, platform: Runtime, **others: Any) -> None:
    """From now on that server writes for the platform."""
    start_runtime(writing_by(server, platform.settings, **others), platform.mongo)
