"""What people decide on the agent's work: they approve, reject, edit or override it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from core.access import MARKETING, SUPPORT
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentChangeKind,
    AgentCheck,
    AgentDecision,
    AgentHold,
)
from resolvers.agent_actions import write_action
from resolvers.agent_decisions import (
    AgentActionOverride,
    AgentActionReject,
    AgentDraftUpdate,
    approve_agent_action,
    edit_agent_draft,
    override_agent_action,
    reject_agent_action,
)
from resolvers.agent_writing import change
from tests.factories.agent import a_reading, an_agent_action
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")

TEXT = "I would like to hear what you think of it. Would you write to me, whenever it suits you?"
CLAIM = f"{TEXT} There is 20% off."
FAILING = {
    "decision": AgentDecision.ESCALATE,
    "checks": [AgentCheck(name="prices", passed=False, detail="20% is in none of the facts")],
    "reasons": ["20% is in none of the facts"],
}
Decide = Callable[[Actor, str], Awaitable[AgentAction]]
DECISIONS: list[Decide] = [
    approve_agent_action,
    lambda actor, action_id: reject_agent_action(actor, action_id, AgentActionReject()),
    lambda actor, action_id: edit_agent_draft(actor, action_id, AgentDraftUpdate(body=TEXT)),
    lambda actor, action_id: override_agent_action(actor, action_id, AgentActionOverride(body=TEXT)),
]
NAMES = ["approve", "reject", "edit", "override"]


async def a_draft(**fields: Any) -> AgentAction:
    return await an_agent_action(await an_app(), await a_prospect(), **fields)


async def overridden(action: AgentAction, **given: Any) -> AgentAction:
    return await override_agent_action(await an_actor(), str(action.id), AgentActionOverride.model_validate(given))


class TestApproving:
    async def test_it_says_who_did(self) -> None:
        action, actor = await a_draft(), await an_actor(Role.MARKETING)
        approved = await approve_agent_action(actor, str(action.id))
        assert (approved.status, approved.decided_by) == (AgentActionStatus.APPROVED, actor.label)
        assert (approved.is_judged, approved.is_corrected) == (True, False)
        assert [(entry.kind, entry.by) for entry in approved.history] == [(AgentChangeKind.APPROVED, actor.label)]

    async def test_twice_is_a_conflict(self) -> None:
        action = await a_draft()
        await approve_agent_action(await an_actor(), str(action.id))
        with pytest.raises(Conflict, match="approved already"):
            await approve_agent_action(await an_actor(), str(action.id))

    async def test_what_was_escalated_is_not_approved_as_it_is(self) -> None:
        action = await a_draft(**FAILING)
        with pytest.raises(InvalidInput, match="20% is in none of the facts"):
            await approve_agent_action(await an_actor(), str(action.id))


class TestRejecting:
    async def test_it_says_why(self) -> None:
        action = await a_draft()
        rejected = await reject_agent_action(await an_actor(), str(action.id), AgentActionReject(reason="Not now"))
        assert (rejected.status, rejected.history[-1].note) == (AgentActionStatus.REJECTED, "Not now")

    async def test_what_was_sent_is_not(self) -> None:
        action = await a_draft(status="sent")
        with pytest.raises(Conflict, match="sent already"):
            await reject_agent_action(await an_actor(), str(action.id), AgentActionReject())


class TestEditing:
    async def test_the_text_is_looked_at_anew(self) -> None:
        action = await a_draft()
        edited = await edit_agent_draft(await an_actor(), str(action.id), AgentDraftUpdate(body=f"{TEXT} [name]"))
        assert edited.draft is not None
        assert (edited.draft.subject, edited.draft.html_body) == ("A question", f"<p>{TEXT} [name]</p>")
        assert (edited.decision, [check.name for check in edited.failing]) == (
            AgentDecision.ESCALATE, ["placeholders"]
        )  # fmt: skip
        assert edited.written == action.written
        mended = await edit_agent_draft(await an_actor(), str(action.id), AgentDraftUpdate(body=TEXT, subject="Hello"))
        assert (mended.decision, mended.reasons, mended.is_corrected) == (AgentDecision.SUGGEST, [], True)

    async def test_an_approval_is_taken_back(self) -> None:
        action = await a_draft()
        await approve_agent_action(await an_actor(), str(action.id))
        edited = await edit_agent_draft(await an_actor(), str(action.id), AgentDraftUpdate(body=TEXT))
        assert (edited.status, edited.is_judged, edited.decided_by) == (AgentActionStatus.DRAFTED, False, None)

    async def test_what_a_person_claims_is_theirs_to_answer_for(self) -> None:
        edited = await edit_agent_draft(await an_actor(), str((await a_draft()).id), AgentDraftUpdate(body=CLAIM))
        assert (edited.decision, edited.failing) == (AgentDecision.SUGGEST, [])
        (prices,) = [check for check in edited.checks if not check.passed]
        assert (prices.name, prices.blocking) == ("prices", False)

    async def test_links_to_elsewhere_are_nobody_s_to_send(self) -> None:
        data = AgentDraftUpdate(body=f"{TEXT} https://evil.example")
        edited = await edit_agent_draft(await an_actor(), str((await a_draft()).id), data)
        assert [check.name for check in edited.failing] == ["links"]

    async def test_who_is_held_stays_held(self) -> None:
        app, prospect = await an_app(), await a_prospect()
        action = await an_agent_action(app, prospect)
        await a_ticket(app.id, email=prospect.email)
        edited = await edit_agent_draft(await an_actor(), str(action.id), AgentDraftUpdate(body=TEXT))
        assert (edited.decision, edited.holds) == (AgentDecision.ESCALATE, [AgentHold.OPEN_TICKET])


class TestOverriding:
    async def test_a_person_s_text_counts(self) -> None:
        action, actor = await a_draft(**FAILING), await an_actor(Role.MARKETING)
        data = AgentActionOverride(body=TEXT, reason="Too pushy")
        done = await override_agent_action(actor, str(action.id), data)
        assert done.draft is not None
        assert (done.status, done.decision, done.draft.body) == (
            AgentActionStatus.OVERRIDDEN, AgentDecision.SUGGEST, TEXT
        )  # fmt: skip
        assert (done.is_judged, done.is_corrected, done.decided_by) == (True, True, actor.label)
        assert (done.history[-1].kind, done.history[-1].note) == (AgentChangeKind.OVERRIDDEN, "Too pushy")

    async def test_a_person_may_answer_for_the_agent_s_text(self) -> None:
        action = await a_draft()
        await edit_agent_draft(await an_actor(), str(action.id), AgentDraftUpdate(body=CLAIM))
        done = await overridden(action, decision="suggest")
        assert (done.decision, done.failing) == (AgentDecision.SUGGEST, [])

    @pytest.mark.parametrize("given", [{}, {"reason": "No"}, {"decision": "escalate"}])
    async def test_without_a_text_it_needs_one(self, given: dict[str, Any]) -> None:
        done = await overridden(await a_draft(), **given)
        assert (done.status, done.decision) == (AgentActionStatus.OVERRIDDEN, AgentDecision.ESCALATE)
        assert done.reasons == [given.get("reason") or "A person overrode it, without a text of their own"]
        edited = await edit_agent_draft(await an_actor(), str(done.id), AgentDraftUpdate(body=TEXT))
        assert (edited.status, edited.decision) == (AgentActionStatus.OVERRIDDEN, AgentDecision.SUGGEST)

    async def test_a_classification_is_put_right(self) -> None:
        app = await an_app()
        done = await overridden(await a_reading(app, await a_ticket(app.id)), classification="negative")
        assert done.reading is not None
        assert (done.status, done.reading.classification, done.reading.confidence) == (
            AgentActionStatus.OVERRIDDEN, "negative", 1
        )  # fmt: skip

    @pytest.mark.parametrize("status", ["sent", "rejected", "overridden", "failed", "expired"])
    async def test_what_is_final_is_a_conflict(self, status: str) -> None:
        with pytest.raises(Conflict, match=status):
            await overridden(await a_draft(status=status), body=TEXT)

    async def test_what_does_not_fit_the_action(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput, match="classification is for"):
            await overridden(await a_draft(), classification="negative")
        with pytest.raises(InvalidInput, match="auto is for"):
            await overridden(await a_draft(), decision="auto")
        with pytest.raises(InvalidInput, match="has no text"):
            await overridden(await a_reading(app, await a_ticket(app.id)), body=TEXT)


class TestTogether:
    async def test_what_somebody_changed_meanwhile_is_not_decided_on(self) -> None:
        seen, actor = await a_draft(), await an_actor()
        await edit_agent_draft(actor, str(seen.id), AgentDraftUpdate(body=TEXT))
        with pytest.raises(Conflict, match="meanwhile"):
            await write_action(seen, change(AgentChangeKind.APPROVED, actor), status=AgentActionStatus.APPROVED)


class TestWhoMay:
    @pytest.mark.parametrize("decide", DECISIONS, ids=NAMES)
    async def test_drafts_are_marketing_s_and_replies_support_s(self, decide: Decide) -> None:
        app = await an_app()
        for to, roles in ((await a_prospect(), MARKETING), (await a_ticket(app.id), SUPPORT)):
            action = await an_agent_action(app, to)
            for role in sorted(set(Role) - roles):
                with pytest.raises(Forbidden):
                    await decide(await an_actor(role), str(action.id))

    @pytest.mark.parametrize("decide", DECISIONS, ids=NAMES)
    async def test_an_unknown_action(self, decide: Decide) -> None:
        with pytest.raises(NotFound):
            await decide(await an_actor(), "0" * 24)

    @pytest.mark.parametrize("decide", DECISIONS[:3], ids=NAMES[:3])
    async def test_a_classification_is_no_draft(self, decide: Decide) -> None:
        app = await an_app()
        with pytest.raises(Conflict, match="no draft"):
            await decide(await an_actor(), str((await a_reading(app, await a_ticket(app.id))).id))


class TestValidation:
    @pytest.mark.parametrize("given", [{}, {"body": ""}, {"subject": "x" * 201}, {"status": "sent"}, {"body": None}])
    def test_an_edit_says_something(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            AgentDraftUpdate.model_validate(given)

    @pytest.mark.parametrize("given", [{"classification": "angry"}, {"decision": "never"}, {"htmlBody": "<p>"}])
    def test_what_is_no_override(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            AgentActionOverride.model_validate(given)
