"""What is counted for wants follows from votes and shops, within a minute or an hour, whoever dies."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from core import clock
from core.pages import Range
from models.shops import SubscriptionStatus
from models.want_votes import WantVote
from models.wants import Want
from resolvers import want_upkeep
from resolvers.want_counts import currency_of, mark
from resolvers.want_upkeep import recount_wants, settle_changed_wants
from resolvers.wants import WantFilter, WantSortKey, list_wants
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event
from tests.factories.wants import SYSTEM, a_want, stored, voted, voter, votes_of, with_votes

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA: Final = "ada@example.com"
TEA, CAKES = "tea.myshopify.com", "cakes.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)
    await a_plan(APP, "pro", price="40")
    await a_plan(APP, "plus", price="100")


async def at_stake(want: Want) -> dict[str, str]:
    return {one.currency: str(one.amount) for one in (await stored(want)).stake.revenue}


class TestAfterAMinute:
    async def test_what_was_voted_for_is_weighed(self) -> None:
        want = await a_want(APP)
        await a_shop(APP, TEA, plan="pro")
        await a_shop(APP, CAKES, plan="plus", email=ADA)
        await voted(want, voter("bob@example.com", TEA), voter("eve@example.com", TEA), voter(ADA))
        assert await settle_changed_wants(SYSTEM) == 1
        found = await stored(want)
        assert (await at_stake(want), found.stake.shops, found.revenue_key) == ({"USD": "140.00"}, 2, Decimal(140))
        assert found.stake.counted_at is not None

    async def test_it_looks_on_until_nothing_has_happened_for_a_minute(self) -> None:
        want = await with_votes(await a_want(APP), 1)
        await mark(want.id)
        assert [await settle_changed_wants(SYSTEM) for _ in range(2)] == [1, 1]
        with clock.shifted(timedelta(seconds=61)):
            assert [await settle_changed_wants(SYSTEM) for _ in range(2)] == [1, 0]

    async def test_one_that_fails_does_not_hold_up_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bad, good = await a_want(APP), await a_want(APP)
        for want in (bad, good):
            await mark(want.id)
            await with_votes(want, 2)
            await want.set({"voteCount": 0})

        async def settle(want: Want) -> None:
            if want.id == bad.id:
                raise RuntimeError
            await original(want)

        original = want_upkeep._settle
        monkeypatch.setattr(want_upkeep, "_settle", settle)
        await settle_changed_wants(SYSTEM)
        assert [(await stored(want)).vote_count for want in (bad, good)] == [0, 2]

    @pytest.mark.parametrize(
        ("event", "data", "revenue"),
        [
            ("plan-changed", {"plan": "plus"}, {"USD": "100.00"}),
            ("plan-changed", {"plan": "pro", "status": SubscriptionStatus.FROZEN.value}, {}),
            ("app-uninstalled", {}, {}),
        ],
    )
    async def test_what_becomes_of_a_shop_is_noticed(
        self, event: str, data: dict[str, Any], revenue: dict[str, str]
    ) -> None:
        want = await a_want(APP)
        await a_shop(APP, TEA, plan="pro", email=ADA)
        await voted(want, voter(ADA))
        with clock.shifted(timedelta(minutes=2)):
            await settle_changed_wants(SYSTEM)
            assert await at_stake(want) == {"USD": "40.00"}
            await an_event(APP, event, TEA, **data)
            assert await settle_changed_wants(SYSTEM) == 1
            assert await at_stake(want) == revenue

    async def test_what_says_nothing_of_revenue_is_no_change(self) -> None:
        want = await a_want(APP)
        await a_shop(APP, TEA, plan="pro", email=ADA)
        await voted(want, voter(ADA))
        with clock.shifted(timedelta(minutes=2)):
            await settle_changed_wants(SYSTEM)
            await an_event(APP, "app-installed", TEA, name="Tea & Time", email=ADA)
            assert await settle_changed_wants(SYSTEM) == 0

    async def test_what_a_merchant_pays_in_another_app_is_noticed(self) -> None:
        other = await an_app()
        await a_plan(other.id, "basic", price="12")
        want = await a_want(APP)
        await a_shop(APP, TEA, plan="pro")
        await voted(want, voter(ADA, TEA))
        await a_shop(other.id, TEA, plan="basic")
        await settle_changed_wants(SYSTEM)
        paid = (await stored(want)).stake.merchant_revenue
        assert [(one.currency, str(one.amount)) for one in paid] == [("USD", "52.00")]


class TestEveryHour:
    async def test_trials_end_without_a_word(self) -> None:
        want = await a_want(APP)
        trial = await a_plan(APP, "trial", price="15")
        await trial.set({"trialDays": 7})
        await a_shop(APP, TEA, plan="trial")
        await voted(want, voter(ADA, TEA))
        await recount_wants(SYSTEM)
        assert await at_stake(want) == {}
        with clock.shifted(timedelta(days=8)):
            await recount_wants(SYSTEM)
        assert await at_stake(want) == {"USD": "15.00"}

    async def test_a_rebuild_gives_the_same_numbers(self) -> None:
        wants = [await a_want(APP) for _ in range(3)]
        for number in range(6):
            await a_shop(APP, f"shop-{number}.myshopify.com", plan="pro", email=f"owner-{number}@example.com")
            people = (voter(f"owner-{number}@example.com"), voter(shop=f"shop-{number}.myshopify.com"))
            await voted(wants[number % 3], people[number % 2])
        await settle_changed_wants(SYSTEM)
        before = [await self._numbers(want) for want in wants]
        await Want.find_all().update({"$set": {"voteCount": 99, "revenueKey": 7, "stake.revenue": []}})
        await recount_wants(SYSTEM)
        assert [await self._numbers(want) for want in wants] == before
        assert before[0][0] == 2

    async def _numbers(self, want: Want) -> tuple[object, ...]:
        found = await stored(want)
        return found.vote_count, found.revenue_key, found.stake.model_copy(update={"counted_at": None})

    async def test_votes_for_what_is_no_more_go(self) -> None:
        gone, stays = await with_votes(await a_want(APP), 2), await with_votes(await a_want(APP), 2)
        await gone.delete()
        await recount_wants(SYSTEM)
        assert (await votes_of(gone), len(await votes_of(stays))) == ([], 2)


class TestLists:
    async def test_wants_are_compared_in_the_currency_of_most_plans(self) -> None:
        await (await a_plan(APP, "euro", price="500")).set({"currency": "EUR"})
        assert await currency_of(APP) == "USD"
        assert await currency_of("nowhere") == "USD"
        dear, cheap, foreign = [await a_want(APP, title) for title in ("dear", "cheap", "foreign")]
        for want, domain, plan in ((dear, TEA, "plus"), (cheap, CAKES, "pro"), (foreign, "gin.myshopify.com", "euro")):
            await a_shop(APP, domain, plan=plan)
            await voted(want, voter(shop=domain))
        await settle_changed_wants(SYSTEM)
        assert await self._by(WantSortKey.REVENUE_AT_STAKE) == ["dear", "cheap", "foreign"]
        assert await at_stake(foreign) == {"EUR": "500.00"}

    async def test_votes_that_were_cast_while_somebody_pages_lose_nobody(self) -> None:
        for title in ("a", "b", "c"):
            await with_votes(await a_want(APP, title), {"a": 3, "b": 2, "c": 1}[title])
        (second,) = await Want.find({"title": "b"}).to_list()
        await mark(second.id)
        await WantVote(app_id=APP, want_id=second.id, identity="email:x", cast_by="tests").insert()
        assert await self._by(WantSortKey.VOTES, limit=1) == ["a", "b", "c"]

    async def _by(self, key: WantSortKey, limit: int = 10) -> Sequence[str]:
        after, titles = None, []
        while True:
            window = Range(limit, after=after)
            found = await list_wants(SYSTEM, APP, window, WantFilter(), key.order(descending=True))
            titles += [want.title for want in found.items]
            if not found.has_next:
                return titles
            after = found.cursor_of(found.items[-1])


async def test_a_shop_s_change_survives_a_death_before_its_wants_know() -> None:
    want = await a_want(APP)
    await a_shop(APP, TEA, plan="pro")
    await voted(want, voter(ADA, TEA))
    await settle_changed_wants(SYSTEM)
    with pytest.raises(Killed), dying(2, last_arrives=False):
        await an_event(APP, "plan-changed", TEA, plan="plus")
    await recount_wants(SYSTEM)
    assert await at_stake(want) == {"USD": "100.00"}
