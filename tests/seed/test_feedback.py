"""What the demonstration's users say is believable, and hangs together."""

from collections import Counter
from typing import Final

import pytest

from core.actor import Actor
from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.shops import ChangeKind, Shop
from models.want_votes import WantVote
from resolvers.feedback_stats import feedback_stats
from seed.catalog import APPS

pytestmark = pytest.mark.usefixtures("demonstration")

SYSTEM: Final = Actor.system("tests")


async def test_some_hundreds_of_opinions_of_all_kinds() -> None:
    said = await Feedback.find_all().to_list()
    assert 200 < len(said) < 1000
    for app in APPS:
        stats = await feedback_stats(SYSTEM, app.id)
        assert all(count > 0 for count in stats.by_type.values())
        assert 2.5 < (stats.average_rating or 0) < 4.5
    statuses = Counter(one.status for one in said)
    assert 0 < statuses[FeedbackStatus.NEW] < len(said) / 3
    assert all((one.resolved_at is None) is (one.status is not FeedbackStatus.RESOLVED) for one in said)
    await _each_reason_is_there_once(said)
    await _who_has_an_idea_votes_for_it(said)


async def _each_reason_is_there_once(said: list[Feedback]) -> None:
    changes = [change for shop in await Shop.find_all().to_list() for change in shop.history]
    left = {one.event_id for one in changes if one.kind is ChangeKind.UNINSTALLED and one.reason}
    reasons = [one.event_id for one in said if one.type is FeedbackType.UNINSTALL]
    assert (set(reasons), len(reasons)) == (left, len(left))


async def _who_has_an_idea_votes_for_it(said: list[Feedback]) -> None:
    votes = {(vote.want_id, vote.email_key) for vote in await WantVote.find_all().to_list()}
    ideas = [one for one in said if one.want_id is not None]
    assert len(ideas) > 10
    assert all((one.want_id, one.email_key) in votes for one in ideas)
