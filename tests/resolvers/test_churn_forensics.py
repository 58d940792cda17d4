"""Why shops leave an app: what had happened to them, and how much more often than to shops that stayed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from models.shops import ChangeKind
from resolvers import churn_forensics as operation
from resolvers.churn_forensics import ChurnForensics, churn_forensics
from resolvers.churn_signals import SIGNALS
from resolvers.churn_sources import ChurnSignal
from resolvers.metric_periods import MetricsInterval, MetricsQuery
from tests.factories.apps import an_app
from tests.factories.departures import HAPPENING, a_stay, an_error_at, seen_in_the_app
from tests.factories.feedback import a_feedback
from tests.factories.people import an_actor
from tests.factories.shops import a_change, days_ago, terms

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
DOMAIN = "tea.myshopify.com"
SYSTEM = Actor.system("tests")


async def forensics(actor: Actor = SYSTEM, app_id: str = APP, **query: Any) -> ChurnForensics:
    asked = {"since": None, "until": None, "days": 30, "interval": MetricsInterval.DAY, **query}
    return await churn_forensics(actor, app_id, MetricsQuery.of(**asked))


def told(found: ChurnForensics, domain: str = DOMAIN) -> dict[ChurnSignal, datetime]:
    """What happened to a shop before it left."""
    (gone,) = [one for one in found.departures if one.moment.domain == domain]
    return {one.signal: one.at for one in gone.before}


def counts(found: ChurnForensics, signal: ChurnSignal) -> tuple[int, int, int, int]:
    (one,) = [one.comparison for one in found.signals if one.signal.name is signal]
    return one.left_with, one.left, one.stayed_with, one.stayed


async def some_leave(signal: ChurnSignal, *, left: int, stayed: int, of: int = 10) -> None:
    """Of as many that left as stayed, so many had something happen to them twelve days ago, a week before."""
    await an_app(APP)
    for number in range(of):
        gone = await a_stay(APP, f"left-{number}.myshopify.com", days_ago(100 + number / 10), days_ago(5))
        here = await a_stay(APP, f"stayed-{number}.myshopify.com", days_ago(100 + number / 10))
        for shop, has in ((gone, number < left), (here, number < stayed)):
            await seen_in_the_app(shop, days_ago(6))
            if has:
                await HAPPENING[signal](shop, days_ago(12))


class TestWhatIsSeen:
    @pytest.mark.parametrize("signal", HAPPENING, ids=str)
    async def test_of_a_shop_that_left(self, signal: ChurnSignal) -> None:
        await an_app(APP)
        shop = await a_stay(APP, DOMAIN, days_ago(100), days_ago(5))
        await seen_in_the_app(shop, days_ago(6))
        happened = days_ago(12)
        await HAPPENING[signal](shop, happened)
        seen = told(await forensics())
        assert seen.keys() == {signal}
        assert abs(seen[signal] - happened) < timedelta(milliseconds=2)

    @pytest.mark.parametrize("signal", HAPPENING, ids=str)
    async def test_not_what_was_too_early_or_came_after_it_left(self, signal: ChurnSignal) -> None:
        await an_app(APP)
        for number, days in enumerate((36, 4)):
            shop = await a_stay(APP, f"shop-{number}.myshopify.com", days_ago(120), days_ago(5))
            await HAPPENING[signal](shop, days_ago(days))
        found = await forensics()
        seen = [told(found, f"shop-{number}.myshopify.com") for number in (0, 1)]
        assert not any(signal in one for one in seen)

    async def test_that_it_was_not_there_for_two_weeks(self) -> None:
        await an_app(APP)
        shop = await a_stay(APP, DOMAIN, days_ago(100), days_ago(5))
        await seen_in_the_app(shop, days_ago(20))
        seen = told(await forensics())
        assert seen.keys() == {ChurnSignal.QUIET}
        assert abs(seen[ChurnSignal.QUIET] - days_ago(19)) < timedelta(seconds=5)

    async def test_that_it_had_the_app_for_some_days_only(self) -> None:
        await an_app(APP)
        shop = await a_stay(APP, DOMAIN, days_ago(8), days_ago(5))
        assert told(await forensics()) == {ChurnSignal.FIRST_DAYS: shop.installed_at}

    async def test_its_reason_for_leaving_is_no_sign_of_it(self) -> None:
        await an_app(APP)
        left = await a_stay(APP, DOMAIN, days_ago(100), days_ago(5))
        redacted = a_change(ChangeKind.REDACTED, days_ago(3))
        await left.set({"history": [*left.history, redacted], "status": "redacted"})
        await a_feedback(APP, shop_domain=DOMAIN, type="uninstall", rating=1, created_at=days_ago(5.1))
        found = await forensics()
        assert found.departures[0].reason == "Too expensive"
        assert told(found).keys() == {ChurnSignal.QUIET}

    async def test_not_the_trial_of_a_shop_that_paid_and_then_left(self) -> None:
        await an_app(APP)
        began = days_ago(30)
        trial = a_change(ChangeKind.PLAN_CHANGED, began, terms(trial_days=14, since=began))
        await a_stay(APP, DOMAIN, days_ago(30), days_ago(5), trial)
        assert ChurnSignal.TRIAL_UNPAID not in told(await forensics())

    async def test_every_signal_is_found_somewhere(self) -> None:
        assert {one.name for one in SIGNALS} == {*HAPPENING, ChurnSignal.QUIET, ChurnSignal.FIRST_DAYS}


class TestHowMuchMoreOften:
    async def test_it_happened_to_those_who_left(self) -> None:
        await some_leave(ChurnSignal.TICKET_OPENED, left=8, stayed=2)
        found = await forensics()
        assert (len(found.departures), found.compared, found.stayed) == (10, 10, 10)
        assert counts(found, ChurnSignal.TICKET_OPENED) == (8, 10, 2, 10)
        clearest = found.signals[0]
        assert clearest.signal.name is ChurnSignal.TICKET_OPENED
        assert clearest.comparison.lift is not None
        assert clearest.comparison.lift.value == pytest.approx(4)
        assert counts(found, ChurnSignal.QUIET) == (0, 10, 0, 10)

    async def test_errors_are_also_compared_one_by_one(self) -> None:
        await some_leave(ChurnSignal.NEW_ERROR, left=6, stayed=2)
        rare = await a_stay(APP, DOMAIN, days_ago(200), days_ago(5))
        await an_error_at(rare, days_ago(12), "rare")
        found = await forensics()
        assert [one.group_id for one in found.errors] == [f"{APP}:an-error"]
        assert (found.errors[0].comparison.left_with, found.errors[0].comparison.stayed_with) == (6, 2)

    async def test_of_those_alone_that_one_can_be_found_for_to_compare_with(self) -> None:
        await an_app(APP)
        await a_stay(APP, DOMAIN, days_ago(100), days_ago(5))
        await a_stay(APP, "old.myshopify.com", days_ago(500))
        await a_stay(APP, "young.myshopify.com", days_ago(10))
        found = await forensics()
        assert (len(found.departures), found.compared, found.stayed) == (1, 0, 0)
        assert found.departures[0].compared_with == 0
        assert all(one.comparison.is_too_few for one in found.signals)

    async def test_nothing_is_said_of_what_is_not_kept_any_more(self) -> None:
        """Events are kept for 90 days: whether a shop was quiet before is not known."""
        await an_app(APP)
        await a_stay(APP, DOMAIN, days_ago(300), days_ago(80))
        await a_stay(APP, "stayed.myshopify.com", days_ago(300))
        found = await forensics(days=100)
        assert found.compared == 1
        assert counts(found, ChurnSignal.QUIET) == (0, 0, 0, 0)
        assert counts(found, ChurnSignal.TICKET_OPENED) == (0, 1, 0, 1)


class TestWhoLeft:
    async def test_in_the_period_and_is_not_back(self) -> None:
        await an_app(APP)
        await a_stay(APP, DOMAIN, days_ago(100), days_ago(5))
        await a_stay(APP, "earlier.myshopify.com", days_ago(100), days_ago(45))
        await a_stay(APP, "test.myshopify.com", days_ago(100), days_ago(5), is_test=True)
        left, back = (
            a_change(ChangeKind.UNINSTALLED, days_ago(8)),
            a_change(ChangeKind.REINSTALLED, days_ago(2)),
        )
        await a_stay(APP, "back.myshopify.com", days_ago(100), None, left, back)
        found = await forensics()
        assert [one.moment.domain for one in found.departures] == [DOMAIN]
        assert found.stayed == 0

    async def test_of_more_than_are_looked_at_the_latest_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(operation, "MOST_DEPARTURES", 2)
        await an_app(APP)
        for number in (3, 1, 2):
            await a_stay(APP, f"shop-{number}.myshopify.com", days_ago(100), days_ago(number))
        found = await forensics()
        assert [one.moment.domain for one in found.departures] == ["shop-1.myshopify.com", "shop-2.myshopify.com"]
        assert found.is_sampled

    async def test_of_an_app_that_nobody_left_there_is_nothing_to_say(self) -> None:
        await an_app(APP)
        await a_stay(APP, DOMAIN, days_ago(100))
        found = await forensics()
        assert (found.departures, found.errors, found.is_sampled) == ([], [], False)


class TestWhoMay:
    async def test_all_staff(self) -> None:
        await an_app(APP)
        assert (await forensics(await an_actor(Role.VIEWER))).departures == []

    async def test_nobody_else(self) -> None:
        await an_app(APP)
        with pytest.raises(Forbidden):
            await forensics(Actor.end_user("1", APP, "ada@example.com"))

    async def test_shops_of_other_apps_are_not_looked_at(self) -> None:
        await some_leave(ChurnSignal.TICKET_OPENED, left=2, stayed=0, of=2)
        await an_app("tea")
        assert (await forensics(app_id="tea")).departures == []


class TestWhatIsRefused:
    async def test_a_period_that_ends_before_it_begins(self) -> None:
        await an_app(APP)
        with pytest.raises(InvalidInput) as refused:
            await forensics(since=days_ago(3), until=days_ago(5), days=None)
        assert refused.value.field == "from"

    async def test_an_app_that_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            await forensics(app_id="nothing")
