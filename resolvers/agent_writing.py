"""Asking the writer, and judging what it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from core.errors import DomainError, RateLimited, Unavailable
from core.runtime import runtime
from core.settings import Settings
from mail.writers import Assignment, Fact, Usage, Writer, WriterProblem
from mail.writers.checks import Draft, checked
from mail.writers.letters import html_of
from mail.writers.opening import open_writer
from models.agent_actions import (
    AgentActionStatus,
    AgentActionType,
    AgentChange,
    AgentChangeKind,
    AgentCheck,
    AgentDecision,
    AgentDraft,
    AgentFact,
    AgentInputs,
    AgentUsage,
)
from models.apps import App
from resolvers.agent_facts import domains_of
from resolvers.agent_holds import Holds

KINDS: Final = {AgentActionType.DRAFT: "outreach", AgentActionType.REPLY: "reply"}
"""How writers call them."""
ANSWERED_FOR: Final = frozenset({"language", "prices"})
"""Checks that a person's own text may fail: what they say in whose language is theirs to answer for."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the writer is asked for. `about` are the fields of the action that say whom it is to, and about what."""

    app: App
    type: AgentActionType
    inputs: AgentInputs
    facts: Sequence[AgentFact]
    about: dict[str, Any] = field(default_factory=dict)
    holds: Holds = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Fields of the action that came of it, and the problem where nothing was written."""

    fields: dict[str, Any]
    usage: Usage | None = None
    problem: WriterProblem | None = None


async def ask(order: Order, asked: Writer) -> Outcome:
    """What comes of an order, whatever that is."""
    known: dict[str, Any] = {
        "inputs": order.inputs,
        "facts": list(order.facts),
        "holds": list(order.holds),
        "writer": asked.name,
    }
    try:
        written = await asked.write(_assignment(order))
    except WriterProblem as problem:
        failed = {"status": AgentActionStatus.FAILED, "problem": problem.message, "decision": AgentDecision.ESCALATE}
        return Outcome({**known, **failed}, problem.usage, problem)
    draft = drafted(written.subject, written.body)
    judged = judgement(order.app, order.inputs, order.facts, draft, list(order.holds.values()))
    settled = {"status": AgentActionStatus.DRAFTED, "problem": None, "written": draft}
    return Outcome({**known, **settled, **judged}, written.usage)


def judgement(
    app: App,
    inputs: AgentInputs,
    facts: Sequence[AgentFact],
    draft: AgentDraft,
    holds: Sequence[str],
    *,
    by_person: bool = False,
) -> dict[str, Any]:
    """The fields of an action that follow from a text."""
    told = [_told(fact) for fact in facts]
    looked = checked(Draft(draft.subject, draft.body, inputs.language.value, domains_of(app), told))
    checks = [
        AgentCheck(
            name=one.name,
            passed=one.passed,
            blocking=not (by_person and one.name in ANSWERED_FOR),
            detail=one.detail[:1000],
        )
        for one in looked
    ]
    reasons = [*holds, *(check.detail for check in checks if check.blocking and not check.passed)]
    decision = AgentDecision.ESCALATE if reasons else AgentDecision.SUGGEST
    return {"draft": draft, "checks": checks, "decision": decision, "reasons": reasons}


def drafted(subject: str, body: str) -> AgentDraft:
    return AgentDraft(subject=subject, body=body, html_body=html_of(body))


def change(kind: AgentChangeKind, by: Actor, note: str | None = None) -> AgentChange:
    return AgentChange(kind=kind, at=clock.now(), by=by.label, note=note)


def spent(usage: Usage | None, before: AgentUsage | None = None) -> AgentUsage | None:
    """With what was used before."""
    if usage is None:
        return before
    return (before or AgentUsage()).plus(usage.input_tokens, usage.output_tokens, usage.cost)


def failure(problem: WriterProblem, action_id: PydanticObjectId) -> DomainError:
    """For whoever asked."""
    sentence = f"{problem.message}. The action {action_id} keeps what was asked: it can be written again"
    if problem.retry_after is not None:
        return RateLimited(sentence, round(problem.retry_after))
    return Unavailable(sentence)


def writer() -> Writer:
    return _writer(runtime().settings)


@lru_cache(maxsize=1)
def _writer(settings: Settings) -> Writer:
    """It remembers how its server wants to be asked."""
    return open_writer(settings)


def _assignment(order: Order) -> Assignment:
    inputs = order.inputs
    facts = [_told(fact) for fact in order.facts if fact.name != "points"]
    return Assignment(KINDS[order.type], inputs.language, inputs.tone, inputs.goal, facts, inputs.points)


def _told(fact: AgentFact) -> Fact:
    return Fact(fact.name, fact.value, fact.vouched)
