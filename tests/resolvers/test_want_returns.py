"""Who came back after what they wanted was there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.actor import Role
from core.errors import NotFound
from models.shops import Change, ChangeKind, Shop, ShopStatus
from models.wants import WantStatus
from resolvers.want_changes import WantStatusChange, change_want_status
from resolvers.want_returns import returns_since, want_returns
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, an_event, days_ago
from tests.factories.wants import SYSTEM, a_want, voted, voter

NOW = clock.now()
MOVES = {True: ChangeKind.REINSTALLED, False: ChangeKind.UNINSTALLED}


def a_life(moves: list[int]) -> Shop:
    """A shop that installed, left, came back… on these days, counted backwards from now."""
    history = [
        Change(kind=MOVES[number % 2 == 0], at=NOW - timedelta(days=day), by="tests")
        for number, day in enumerate(sorted(moves, reverse=True))
    ]
    status = ShopStatus.ACTIVE if len(moves) % 2 else ShopStatus.UNINSTALLED
    return Shop(app_id="banners", domain="tea.myshopify.com", status=status, installed_at=NOW, history=history)


@given(st.lists(st.lists(st.integers(1, 100), min_size=1, max_size=5, unique=True), max_size=5), st.integers(0, 100))
def test_a_shop_counts_if_it_was_gone_then_and_is_back_if_it_is_here_now(lives: list[list[int]], day: int) -> None:
    shops, since = [a_life(moves) for moves in lives], NOW - timedelta(days=day)
    found = returns_since(since, shops, NOW)
    gone = [moves for moves in lives if (past := sum(one >= day for one in moves)) and past % 2 == 0]
    assert found.had_left == len(gone)
    assert found.came_back == len(found.shops) == sum(len(moves) % 2 == 1 for moves in gone)
    assert found.rate == (found.came_back / found.had_left if gone else None)


@pytest.mark.usefixtures("platform")
class TestOfAWant:
    async def test_it_says_which_voters_shops_are_back_and_what_they_bring(self) -> None:
        app = await an_app("banners")
        for name in ("back", "gone", "stayed"):
            await a_shop(app.id, f"{name}.myshopify.com", at=days_ago(30), email=f"{name}@example.com")
        want = await a_want(app.id)
        await voted(want, *(voter(f"{name}@example.com") for name in ("back", "gone", "stayed")))
        for name in ("back", "gone"):
            await an_event(app.id, "app-uninstalled", f"{name}.myshopify.com", at=days_ago(10))
        with clock.shifted(-timedelta(days=5)):
            await change_want_status(SYSTEM, app.id, str(want.id), WantStatusChange(status=WantStatus.COMPLETED))
        await a_shop(app.id, "back.myshopify.com", email="back@example.com")
        found = await want_returns(await an_actor(Role.VIEWER), app.id, str(want.id))
        assert found is not None
        assert (found.had_left, found.came_back, found.rate) == (2, 1, 0.5)
        assert [shop.domain for shop in found.shops] == ["back.myshopify.com"]
        assert sum(found.revenue.values(), Decimal(0)) == 0

    async def test_of_one_that_is_not_there_yet_there_is_nothing_to_say(self) -> None:
        want = await a_want((await an_app("banners")).id)
        assert await want_returns(SYSTEM, "banners", str(want.id)) is None

    async def test_that_of_another_app_does_not_exist(self) -> None:
        await an_app("tea")
        want = await a_want((await an_app("banners")).id)
        with pytest.raises(NotFound):
            await want_returns(SYSTEM, "tea", str(want.id))
