"""What the demonstration's users want: believable, and what is counted is what a recount counts."""

from collections import Counter
from typing import Final

import pytest

from core.actor import Actor
from models.apps import App
from models.deliveries import Delivery
from models.want_votes import WantVote
from models.wants import Stake, Want, WantStatus
from resolvers.want_upkeep import recount_wants, settle_changed_wants
from seed.catalog import APPS

pytestmark = pytest.mark.usefixtures("demonstration")

SYSTEM: Final = Actor.system("tests")


async def test_a_year_of_wants_and_votes_that_add_up() -> None:
    wants = await Want.find_all().to_list()
    for app in APPS:
        of_app = [want for want in wants if want.app_id == app.id]
        assert {want.status for want in of_app} == set(WantStatus)
        assert len(of_app) >= 40
        popular = sorted((want.vote_count for want in of_app), reverse=True)
        assert popular[0] > 15
        assert popular[0] > 2 * popular[len(popular) // 2] > 0
        board = await App.get(app.id)
        assert board is not None
        assert {want.category for want in of_app} <= set(board.want_board.categories)
    for want in wants:
        steps = [want.created_at, *(change.at for change in want.history), want.stake.counted_at]
        assert steps == sorted(steps)  # type: ignore[type-var]
        assert (want.history[-1].after if want.history else WantStatus.PENDING) is want.status
        assert (want.status is WantStatus.DUPLICATE) is (want.merged_into is not None)
    assert sum(bool(want.stake.lost) for want in wants) > 10
    await _counts_are_those_of_a_recount(wants)
    await _nobody_is_told_again()


async def _counts_are_those_of_a_recount(wants: list[Want]) -> None:
    votes = Counter(vote.want_id for vote in await WantVote.find_all().to_list())
    assert all(want.vote_count == votes[want.id] for want in wants)
    await recount_wants(SYSTEM)
    for want in wants:
        again = await Want.get(want.id)
        assert again is not None
        assert (again.vote_count, again.revenue_key) == (want.vote_count, want.revenue_key)
        assert _numbers(again.stake) == _numbers(want.stake)


def _numbers(stake: Stake) -> Stake:
    numbers: Stake = stake.model_copy(update={"counted_at": None})
    return numbers


async def _nobody_is_told_again() -> None:
    before = await Delivery.find_all().count()
    assert await settle_changed_wants(SYSTEM) == 0
    assert await Delivery.find_all().count() == before
