"""What the e-mail agent did: lists, numbers, what it reads, what expires, and what stays of people who were erased."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.access import SUPPORT
from core.actor import Actor, Role
from core.errors import Forbidden, NotFound, Unavailable
from core.pages import Page
from core.runtime import Runtime
from models.agent_actions import (
    AgentAction,
    AgentActionStatus,
    AgentActionType,
    AgentChangeKind,
    AgentDecision,
    AgentUsage,
)
from resolvers.agent_actions import AgentActionFilter, AgentActionSortKey, get_agent_action, list_agent_actions
from resolvers.agent_decisions import AgentActionReject, AgentDraftUpdate, edit_agent_draft, reject_agent_action
from resolvers.agent_erasure import AGENT_ACTIONS
from resolvers.agent_readings import classify_message
from resolvers.agent_scope import AgentSource
from resolvers.agent_sending import send_agent_draft
from resolvers.agent_stats import AgentStats, agent_stats
from resolvers.agent_upkeep import expire_agent_drafts
from resolvers.holdings import person_behind
from tests.factories.agent import BODY, a_model, a_reading, an_agent_action, an_answer, let_write
from tests.factories.agent import said as said_by_model
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.tickets import a_ticket, said

pytestmark = pytest.mark.usefixtures("platform")
CLOCK = Actor.system("agent")
STATUSES = [status.value for status in AgentActionStatus]


async def listed(**filters: Any) -> list[AgentAction]:
    chosen = AgentActionFilter.model_validate(filters)
    sort = AgentActionSortKey.CREATED_AT.order()
    return list((await list_agent_actions(await an_actor(Role.VIEWER), Page(), chosen, sort)).items)


class TestListing:
    async def test_by_what_they_are_and_whom_they_are_about(self) -> None:
        app, other, prospect = await an_app(), await an_app(), await a_prospect()
        ticket = await a_ticket(app.id)
        draft = await an_agent_action(app, prospect)
        reply = await an_agent_action(app, ticket, status="sent")
        reading = await a_reading(app, ticket)
        elsewhere = await an_agent_action(other, await a_prospect(), decision="escalate")
        for filters, expected in (
            ({}, [draft, reply, reading, elsewhere]),
            ({"appId": app.id}, [draft, reply, reading]),
            ({"type": "classify"}, [reading]),
            ({"status": "sent"}, [reply]),
            ({"decision": "escalate"}, [elsewhere]),
            ({"prospectId": str(prospect.id)}, [draft]),
            ({"prospectId": "nobody"}, []),
            ({"ticketId": str(ticket.id)}, [reply, reading]),
            ({"email": prospect.email.upper()}, [draft]),
        ):
            assert [action.id for action in await listed(**filters)] == [action.id for action in expected], filters

    async def test_one_is_read_by_all_staff(self) -> None:
        action = await an_agent_action(await an_app(), await a_prospect())
        assert (await get_agent_action(await an_actor(Role.VIEWER), str(action.id))).id == action.id
        for unknown in ("0" * 24, "nothing"):
            with pytest.raises(NotFound):
                await get_agent_action(await an_actor(), unknown)


class TestNumbers:
    async def test_of_nothing_all_are_counted(self) -> None:
        stats = await agent_stats(await an_actor(Role.VIEWER))
        assert (stats.total, stats.override_rate) == (0, 0)
        assert (stats.by_type, stats.by_status, stats.by_decision) == (
            dict.fromkeys(AgentActionType, 0), dict.fromkeys(AgentActionStatus, 0), dict.fromkeys(AgentDecision, 0)
        )  # fmt: skip

    async def test_what_people_changed_is_measured_by_what_they_decided_on(self) -> None:
        app, owner = await an_app(), await an_actor()
        actions = [await an_agent_action(app, await a_prospect()) for _ in range(5)]
        await edit_agent_draft(owner, str(actions[0].id), AgentDraftUpdate(body=BODY + " Thank you."))
        for action in actions[:2]:
            await send_agent_draft(owner, str(action.id))
        await reject_agent_action(owner, str(actions[2].id), AgentActionReject())
        await edit_agent_draft(owner, str(actions[3].id), AgentDraftUpdate(body=BODY + " Thank you."))
        stats = await agent_stats(owner, app.id)
        assert (stats.total, stats.judged, stats.corrected, stats.override_rate) == (5, 3, 1, 0.3333)
        assert [stats.by_status[AgentActionStatus(name)] for name in ("sent", "rejected", "drafted")] == [2, 1, 2]

    async def test_of_one_app(self) -> None:
        app = await an_app()
        await an_agent_action(app, await a_prospect())
        assert (await agent_stats(await an_actor(), (await an_app()).id)).total == 0
        with pytest.raises(NotFound, match="Unknown app"):
            await agent_stats(await an_actor(), "nothing")

    @settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.sampled_from(STATUSES), st.booleans(), st.booleans()), max_size=6))
    async def test_they_add_up(self, made: list[tuple[str, bool, bool]]) -> None:
        app, prospect = await an_app(), await a_prospect()
        for status, judged, corrected in made:
            await an_agent_action(app, prospect, status=status, is_judged=judged, is_corrected=corrected)
        stats = await agent_stats(CLOCK, app.id)
        assert stats.total == len(made) == sum(stats.by_status.values()) == sum(stats.by_type.values())
        assert sum(stats.by_decision.values()) == stats.total
        assert 0 <= stats.override_rate <= 1

    def test_what_models_take_is_added_up(self) -> None:
        first = AgentUsage().plus(100, 20, None)
        assert (first.input_tokens, first.output_tokens, first.cost) == (100, 20, None)
        assert AgentStats(0, 3, 1, {}, {}, {}).override_rate == 0.3333


class TestReading:
    async def test_what_it_is_sure_of_needs_nobody(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id, message="Hello")
        await said(ticket, CLOCK, "Thank you, that works perfectly!", isCustomer=True)
        action = await classify_message(
            await an_actor(Role.SUPPORT), AgentSource.model_validate({"ticketId": str(ticket.id)})
        )
        assert (action.decision, action.status) == (AgentDecision.AUTO, AgentActionStatus.APPROVED)
        assert action.reading is not None
        assert (action.reading.classification, action.text) == ("positive", "Thank you, that works perfectly!")

    async def test_received_mail_is_read_by_marketing_too(self) -> None:
        message = await an_answer(await an_app())
        data = AgentSource.model_validate({"inboundMessageId": str(message.id)})
        action = await classify_message(await an_actor(Role.MARKETING), data)
        assert action.reading is not None
        assert (action.inbound_id, action.email, action.reading.classification) == (
            message.id, message.sender, "question"
        )  # fmt: skip

    async def test_what_it_is_not_sure_of_is_left_to_a_person(self) -> None:
        ticket = await a_ticket((await an_app()).id, message="Banner, banner, banner")
        action = await classify_message(CLOCK, AgentSource.model_validate({"ticketId": str(ticket.id)}))
        assert (action.decision, action.status) == (AgentDecision.ESCALATE, AgentActionStatus.DRAFTED)
        assert action.reasons == ["It is not sure what they mean"]

    async def test_a_model_reads_and_may_fail(self, platform: Runtime) -> None:
        ticket = await a_ticket((await an_app()).id)
        data = AgentSource.model_validate({"ticketId": str(ticket.id)})
        async with a_model() as server:
            let_write(server, platform)
            server.replies.extend(
                [said_by_model({"classification": "negative", "confidence": 0.9}), said_by_model("no answer")]
            )
            action = await classify_message(CLOCK, data)
            with pytest.raises(Unavailable):
                await classify_message(CLOCK, data)
        assert action.reading is not None
        assert (action.reading.classification, action.decision) == ("negative", AgentDecision.AUTO)
        (failed,) = await listed(status="failed")
        assert failed.problem == "What the model wrote is not what it was asked for"

    @pytest.mark.parametrize("role", sorted(set(Role) - SUPPORT))
    async def test_customers_are_support_s(self, role: Role) -> None:
        with pytest.raises(Forbidden):
            await classify_message(await an_actor(role), AgentSource.model_validate({"ticketId": "1"}))


class TestExpiring:
    async def test_what_nobody_sent_in_time_has_ended(self) -> None:
        app, past = await an_app(), clock.now() - timedelta(seconds=1)
        for status in STATUSES:
            await an_agent_action(app, await a_prospect(), status=status, expires_at=past)
        fresh = await an_agent_action(app, await a_prospect())
        assert await expire_agent_drafts(CLOCK) == 3
        assert await expire_agent_drafts(CLOCK) == 0
        expired = await listed(status="expired")
        assert len(expired) == 4
        assert [one.history[-1].kind for one in expired if one.history] == [AgentChangeKind.EXPIRED] * 3
        assert (await get_agent_action(CLOCK, str(fresh.id))).status is AgentActionStatus.DRAFTED


class TestErasing:
    async def test_nothing_of_a_person_stays_and_it_still_counts(self) -> None:
        app, contact = await an_app(), await a_contact("ada@example.com", name="Ada")
        ticket = await a_ticket(app.id, email=contact.email)
        await an_agent_action(app, ticket, facts=[{"name": "name", "value": "Ada"}])
        await a_reading(app, ticket, status="overridden")
        other = await an_agent_action(app, await a_prospect())
        person = await person_behind(contact)
        assert [row["name"] async for row in AGENT_ACTIONS.rows(person)] == ["Ada", "Ada"]
        assert await AGENT_ACTIONS.erase(AGENT_ACTIONS, person) == 2
        assert await AGENT_ACTIONS.erase(AGENT_ACTIONS, person) == 0
        stored = await AgentAction.find({"_id": {"$ne": other.id}}).to_list()
        for action in stored:
            assert (action.email, action.name, action.facts, action.draft, action.written, action.text) == (
                "", "", [], None, None, ""
            )  # fmt: skip
            assert action.reading is None
        assert sorted(action.status for action in stored) == ["expired", "overridden"]
        assert (await agent_stats(CLOCK, app.id)).total == 3
        assert (await get_agent_action(CLOCK, str(other.id))).draft is not None
