"""The e-mail agent's work, and a model of our own: a server that answers as one would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import orjson

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
from models.prospects import Prospect
from models.tickets import Ticket
from tests.factories.slack import FakeSlack, Reply, a_slack

MODEL: Final = "tiny-writer"
BODY: Final = "Thank you for the time that you took to look at our app. Would you tell me what you think?"
SYSTEM: Final = Actor.system("tests")


async def an_agent_action(app: App, to: Prospect | Ticket, **fields: Any) -> AgentAction:
    """A draft that is fit to be sent, to a prospect or in a ticket; `fields` by attribute name."""
    is_ticket = isinstance(to, Ticket)
    about = {"ticket_id": to.id} if is_ticket else {"prospect_id": to.id}
    draft = AgentDraft(subject="A question", body=BODY, html_body=f"<p>{BODY}</p>")
    goal = AgentGoal.ANSWER if is_ticket else AgentGoal.INTRODUCE
    known = {
        "type": AgentActionType.REPLY if is_ticket else AgentActionType.DRAFT,
        "inputs": AgentInputs(goal=goal, language=AgentLanguage.ENGLISH),
        "written": draft,
        "draft": draft,
        "checks": [AgentCheck(name="length", passed=True)],
        "writer": "built-in",
        "created_by": SYSTEM.label,
        "expires_at": clock.now() + timedelta(days=14),
    }
    person = {"email": to.email, "email_key": to.email_key, "name": to.name, "contact_id": to.contact_id}
    return await AgentAction(app_id=app.id, **{**known, **about, **person, **fields}).insert()


async def a_reading(app: App, ticket: Ticket, **fields: Any) -> AgentAction:
    """A classification that the agent was sure of."""
    reading = AgentReading(classification="question", confidence=0.8, reasons=["it asks: ?"])
    known = {"type": AgentActionType.CLASSIFY, "decision": AgentDecision.AUTO, "status": "approved"}
    nothing: dict[str, Any] = {"inputs": None, "written": None, "draft": None, "checks": []}
    return await an_agent_action(app, ticket, **{**known, **nothing, "reading": reading, "text": "Why?", **fields})


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
