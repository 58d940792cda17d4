"""What the demonstration's e-mail agent did is believable: in all states, and as the rules have it."""

from datetime import datetime
from random import Random

import pytest

from core import clock
from models.agent_actions import AgentAction, AgentActionStatus, AgentActionType, AgentDecision, AgentHold
from models.deliveries import Delivery, DeliveryStatus
from models.prospects import Prospect
from resolvers.agent_stats import agent_stats
from resolvers.agent_upkeep import expire_agent_drafts
from seed.agent_actions import write_agent_actions
from seed.histories import ACTOR

pytestmark = pytest.mark.usefixtures("platform")


@pytest.mark.usefixtures("demonstration")
async def test_some_forty_actions_of_all_kinds() -> None:
    actions = await AgentAction.find_all().to_list()
    assert 25 <= len(actions) <= 50
    stats = await agent_stats(ACTOR)
    for counts in (stats.by_type, stats.by_status, stats.by_decision):
        assert all(counts.values()), counts
    assert 0 < stats.override_rate < 0.5
    _each_is_as_the_rules_have_it(actions, clock.now())
    await _what_was_sent_made_prospects_contacted(actions)
    assert await expire_agent_drafts(ACTOR) == 0


def _each_is_as_the_rules_have_it(actions: list[AgentAction], now: datetime) -> None:
    for action in actions:
        is_draft = action.type is not AgentActionType.CLASSIFY
        assert (action.draft is None) is (not is_draft or action.status is AgentActionStatus.FAILED)
        assert action.created_at <= action.updated_at <= now
        assert [entry.at for entry in action.history] == sorted(entry.at for entry in action.history)
        if action.status in (AgentActionStatus.APPROVED, AgentActionStatus.SENT):
            assert action.decision is not AgentDecision.ESCALATE
            assert action.failing == []
    assert any(AgentHold.CUSTOMER in action.holds for action in actions)


async def _what_was_sent_made_prospects_contacted(actions: list[AgentAction]) -> None:
    for action in actions:
        if action.status is AgentActionStatus.SENT:
            delivery, prospect = await Delivery.get(action.delivery_id), await Prospect.get(action.prospect_id)
            assert delivery is not None
            assert prospect is not None
            assert (delivery.status, delivery.email) == (DeliveryStatus.SENT, prospect.email)
            assert delivery.sent_at == prospect.status_changed_at


async def test_an_empty_company_has_none() -> None:
    await write_agent_actions(Random(1), clock.now())
    assert await AgentAction.count() == 0
