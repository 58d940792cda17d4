"""How apps are doing: examples that can be checked by hand. That the numbers are right whatever happens is in
`test_metric_counting.py`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.scopes import Scope
from models.plans import Interval, Plan
from models.shops import ShopStatus
from resolvers.event_counting import count_events
from resolvers.metric_periods import MOST_DAYS, MetricsQuery, Span
from resolvers.metrics import get_metrics
from resolvers.shop_activity import ActivityType, TopShopsBy
from resolvers.shops import ShopStatusChange, change_shop_status
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.metrics import SYSTEM, count_everything, metrics
from tests.factories.people import an_actor
from tests.factories.shops import an_event

pytestmark = pytest.mark.usefixtures("platform")

MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
"""The day that most of these examples are seen from, at noon."""
PLANS: Final[dict[str, dict[str, Any]]] = {
    "free": {"price": 0},
    "basic": {"price": 10},
    "pro": {"price": 40},
    "year": {"price": 199, "interval": Interval.ANNUAL},
    "trial": {"price": 20, "trial_days": 7},
    "euro": {"price": 9, "currency": "EUR"},
}


NOON: Final = MONDAY + timedelta(hours=12)
YEARLY: Final = Decimal("16.5833")
"""A month of 199 a year."""


def on(day: float) -> datetime:
    """So many days after Monday began."""
    return MONDAY + timedelta(days=day)


def at(moment: datetime) -> Any:
    return clock.shifted(moment - clock.now())


def domain(name: str) -> str:
    return f"{name}.myshopify.com"


async def company(*apps: str) -> None:
    for app_id in apps:
        await an_app(app_id, name=app_id.title())
        for handle, terms in PLANS.items():
            price = Decimal(terms["price"])
            rest = {name: value for name, value in terms.items() if name != "price"}
            await Plan(app_id=app_id, handle=handle, name=handle, name_key=handle, price=price, **rest).insert()


async def installed(app_id: str, name: str, day: float, plan: str = "free", **data: Any) -> None:
    await an_event(app_id, "app-installed", domain(name), at=on(day), plan=plan, name=name.title(), **data)


async def moved(app_id: str, name: str, day: float, plan: str, status: str = "ACTIVE") -> None:
    await an_event(app_id, "plan-changed", domain(name), at=on(day), plan=plan, status=status)


async def left(app_id: str, name: str, day: float) -> None:
    await an_event(app_id, "app-uninstalled", domain(name), at=on(day))


async def ten_days() -> None:
    """Four shops pay when they begin: 40 + 40 + 10, and 9 in euros. Then Ann goes down to 10, Bob leaves, Cat goes up
    to 40, Dan begins, Eve comes back after a failed payment."""
    await company("banners")
    for name, plan in (("ann", "pro"), ("bob", "pro"), ("cat", "basic"), ("fay", "euro"), ("eve", "pro")):
        await installed("banners", name, -30, plan)
    await moved("banners", "eve", -20, "pro", "FROZEN")
    await moved("banners", "ann", -8, "basic")
    await left("banners", "bob", -7)
    await moved("banners", "cat", -6, "pro")
    await installed("banners", "dan", -5, "year")
    await moved("banners", "eve", -4, "pro")


async def at_noon(part: str, *app_ids: str, **query: Any) -> Any:
    with at(NOON):
        await count_everything()
        return await getattr(await metrics(*app_ids, **query), part)()


class TestRevenue:
    async def test_stands_where_its_movements_lead(self) -> None:
        await ten_days()
        dollars, euros = await at_noon("movements", "banners", days=10)
        total = dollars.total
        assert (total.opening_mrr, total.new, total.expansion, total.reactivation) == (90, YEARLY, 30, 40)
        assert (total.contraction, total.churn, total.closing_mrr) == (30, 40, 90 + YEARLY)
        assert (total.net, total.quick_ratio) == (YEARLY, pytest.approx(float(70 + YEARLY) / 70))
        assert (total.new_shops, total.expanded_shops, total.contracted_shops, total.churned_shops) == (1, 1, 1, 1)
        assert total.reactivated_shops == 1
        assert (euros.currency, euros.total.opening_mrr, euros.total.closing_mrr, euros.total.quick_ratio) == (
            "EUR", 9, 9, None,
        )  # fmt: skip

    async def test_per_shop_and_for_life_is_of_each_currency(self) -> None:
        await ten_days()
        dollars, euros = await at_noon("revenue", "banners", days=10)
        assert (dollars.currency, dollars.mrr, dollars.paying_shops) == ("USD", 90 + YEARLY, 4)
        # One in three is lost in ten days: in a month as many as there are.
        assert (dollars.arpu, dollars.ltv) == (Decimal("26.65"), Decimal("26.65"))
        assert (euros.currency, euros.mrr, euros.arpu, euros.ltv) == ("EUR", 9, 9, None)
        assert [(one.plan, one.mrr, one.paying_shops) for one in dollars.by_plan] == [
            ("pro", 80, 2), ("year", YEARLY, 1), ("basic", 10, 1),
        ]  # fmt: skip

    async def test_that_is_lost_is_a_share_of_what_there_was_at_the_beginning(self) -> None:
        await ten_days()
        dollars, euros = await at_noon("churn", "banners", days=10)
        total = dollars.total
        assert (total.starting_shops, total.churned_shops, total.logo_rate) == (3, 1, pytest.approx(1 / 3))
        assert (total.starting_mrr, total.churned_mrr, total.contracted_mrr) == (90, 40, 30)
        assert (total.gross_revenue_rate, total.net_revenue_rate) == (pytest.approx(70 / 90), 0)
        assert (euros.total.logo_rate, euros.total.gross_revenue_rate) == (0, 0)

    async def test_has_a_point_for_every_day(self) -> None:
        await ten_days()
        dollars, _ = await at_noon("revenue", "banners", days=10)
        assert [(point.until, point.mrr) for point in dollars.over_time] == [
            ("2026-02-21", 90), ("2026-02-22", 60), ("2026-02-23", 20), ("2026-02-24", 50),
            ("2026-02-25", 50 + YEARLY), ("2026-02-26", 90 + YEARLY), ("2026-02-27", 90 + YEARLY),
            ("2026-02-28", 90 + YEARLY), ("2026-03-01", 90 + YEARLY), ("2026-03-02", 90 + YEARLY),
        ]  # fmt: skip
        assert [point.is_partial for point in dollars.over_time] == [False] * 9 + [True]

    async def test_of_a_period_before_anything_is_nothing(self) -> None:
        await ten_days()
        found = await metrics("banners", to="2025-01-31", days=5)
        assert (await found.revenue(), await found.movements(), await found.churn()) == ([], [], [])
        assert ((await found.shops()).total, len((await found.shops()).over_time)) == (0, 5)


class TestShops:
    async def test_are_counted_by_the_week_and_the_month(self) -> None:
        await company("banners")
        for name, day in (("a", -40), ("b", -2), ("c", -1), ("d", 0), ("e", 0.4), ("f", 0.1)):
            await installed("banners", name, day, "basic" if name < "c" else "free")
        await left("banners", "f", 0.2)
        await left("banners", "a", -10)
        await installed("banners", "a", -5)
        with at(NOON):
            await count_everything()
            numbers = await (await metrics("banners", days=7)).shops()
            assert (numbers.total, numbers.active, numbers.inactive, numbers.uninstalled) == (6, 5, 1, 1)
            assert (numbers.new_today, numbers.new_this_week, numbers.new_this_month) == (3, 3, 4)
            assert numbers.by_plan == {"basic": 1, "free": 4}
            assert [(point.new, point.returned, point.left, point.total) for point in numbers.over_time] == [
                (0, 0, 0, 1), (0, 1, 0, 1), (0, 0, 0, 1), (0, 0, 0, 1), (1, 0, 0, 2), (1, 0, 0, 3), (3, 0, 1, 6),
            ]  # fmt: skip
            weeks = (await (await metrics("banners", days=14, interval="week")).shops()).over_time
            assert [(point.since, point.until, point.is_partial, point.new) for point in weeks] == [
                ("2026-02-17", "2026-02-22", True, 0),
                ("2026-02-23", "2026-03-01", False, 2),
                ("2026-03-02", "2026-03-02", True, 3),
            ]
            then = await (await metrics("banners", to="2026-02-28T12:00:00Z", days=3)).shops()
            assert (then.total, then.new_today, then.new_this_week, then.new_this_month) == (2, 1, 1, 1)

    async def test_of_all_apps_are_the_sum_of_each(self) -> None:
        await company("banners", "popups")
        await installed("banners", "a", -3)
        await installed("popups", "a", -2)
        await installed("popups", "b", -1)
        with at(NOON):
            await count_everything()
            found = await metrics()
            assert (await found.shops()).total == 3
            by_app = {one.app.id if one.app else "": (await one.shops()).total for one in found.by_app}
            assert by_app == {"banners": 1, "popups": 2}
            assert found.app is None


class TestTrials:
    async def test_are_converted_when_they_led_to_revenue_soon_enough(self) -> None:
        await company("banners")
        for name, day in (("a", -40), ("b", -39.5), ("c", -20), ("d", -3)):
            await installed("banners", name, day, "trial")
        await left("banners", "b", -38)
        await moved("banners", "c", -15, "trial", "FROZEN")
        await moved("banners", "c", -2, "trial")
        with at(NOON):
            await count_everything()
            found = await (await metrics("banners", days=45)).trials(within_days=10)
            assert (found.in_trial, found.total.started, found.total.converted, found.total.rate) == (1, 4, 1, 0.25)
            assert not found.total.is_complete
            cohorts = {one.since: one for one in found.cohorts if one.started}
            assert [(one.started, one.converted, one.is_complete) for one in cohorts.values()] == [
                (2, 1, True), (1, 0, True), (1, 0, False),
            ]  # fmt: skip
            assert (await (await metrics("banners", days=45)).trials(within_days=18)).total.converted == 2

    async def test_within_no_days_or_too_many_are_refused(self) -> None:
        await company("banners")
        for within_days in (0, 366):
            with pytest.raises(InvalidInput, match="withinDays"):
                await (await metrics("banners")).trials(within_days)


class TestCohorts:
    async def test_are_followed_month_by_month(self) -> None:
        await company("banners", "popups")
        await installed("banners", "a", -60, "pro")
        await installed("banners", "b", -59, "basic")
        await installed("popups", "c", -28, "trial")
        await installed("popups", "d", -24, "free")
        await left("banners", "b", -25)
        january, february = await at_noon("cohorts", days=90)
        assert (january.month, january.size, february.month, february.size) == ("2026-01", 2, "2026-02", 2)
        assert [(one.number, one.month, one.active, one.retention, one.is_partial) for one in january.months] == [
            (0, "2026-01", 2, 1, False), (1, "2026-02", 1, 0.5, False), (2, "2026-03", 1, 0.5, True),
        ]  # fmt: skip
        assert [(one.revenue[0].mrr, one.revenue[0].retention) for one in january.months] == [
            (50, 1), (40, 0.8), (40, 0.8),
        ]  # fmt: skip
        assert [[(one.mrr, one.retention) for one in month.revenue] for month in february.months] == [[(20, 1)]] * 2

    async def test_of_a_month_without_newcomers_there_is_none(self) -> None:
        await company("banners")
        await installed("banners", "a", -60)
        with at(NOON):
            await count_everything()
            assert [one.month for one in await (await metrics(days=90)).cohorts()] == ["2026-01"]


async def brought(by: TopShopsBy = TopShopsBy.REVENUE, *apps: str, first: int = 3, **options: Any) -> list[Any]:
    found = await (await metrics(*apps)).top_shops(first, by, **options)
    return [(one.domain.removesuffix(".myshopify.com"), one.mrr) for one in found]


class TestTopShops:
    async def test_bring_the_most_with_the_apps_that_are_asked_for(self) -> None:
        await company("banners", "popups", "upsells")
        for app_id, name, plan in (
            ("banners", "a", "basic"), ("banners", "b", "pro"), ("popups", "a", "pro"), ("upsells", "a", "pro"),
            ("popups", "c", "euro"), ("upsells", "c", "basic"), ("banners", "d", "free"),
        ):  # fmt: skip
            await installed(app_id, name, -5, plan)
        await count_everything()
        assert await brought() == [("a", 90), ("b", 40), ("c", 10)]
        assert await brought(first=1) == [("a", 90)]
        assert await brought(TopShopsBy.REVENUE, "banners", "popups") == [("a", 50), ("b", 40)]
        assert await brought(TopShopsBy.REVENUE, "banners") == [("b", 40), ("a", 10)]
        assert await brought(currency="EUR") == [("c", 9)]
        (top, *_) = await (await metrics()).top_shops()
        assert (top.name, top.is_active, {shop.app_id for shop in top.shops}) == (
            "A", True, {"banners", "popups", "upsells"},
        )  # fmt: skip

    async def test_follow_what_happens(self) -> None:
        await company("banners")
        await installed("banners", "a", -5, "pro")
        await installed("banners", "b", -5, "basic")
        await count_everything()
        await left("banners", "a", -1)
        await count_everything()
        assert await brought() == await brought(TopShopsBy.REVENUE, "banners") == [("b", 10)]

    async def test_are_those_that_were_seen_last_where_that_is_asked_for(self) -> None:
        await company("banners", "popups")
        for app_id, name, day in (("banners", "a", -9), ("popups", "b", -5), ("popups", "a", -7), ("popups", "c", -4)):
            await installed(app_id, name, day)
        await an_event("banners", "banner-published", domain("a"), at=on(-1))
        await left("popups", "c", -3)
        while await count_events(SYSTEM):
            pass
        assert [name for name, _ in await brought(TopShopsBy.LAST_SEEN)] == ["a", "b"]
        assert [name for name, _ in await brought(TopShopsBy.LAST_SEEN, "popups")] == ["b", "a"]
        (top, *_) = await (await metrics()).top_shops(by=TopShopsBy.LAST_SEEN)
        assert top.last_seen_at == on(-1)

    async def test_are_none_where_nobody_pays(self) -> None:
        await company("banners")
        await installed("banners", "a", -5)
        await count_everything()
        assert await brought() == []

    async def test_are_asked_for_in_bounds(self) -> None:
        await company("banners")
        for first in (0, 101):
            with pytest.raises(InvalidInput, match="first"):
                await brought(first=first)


class TestActivity:
    async def test_is_what_happened_last_in_all_apps(self) -> None:
        await company("banners", "popups")
        await installed("banners", "a", -9)
        await installed("popups", "a", -8, "pro")
        await left("banners", "a", -7)
        await installed("banners", "a", -6)
        await installed("banners", "a", -5.5)
        await moved("popups", "a", -5, "pro", "FROZEN")
        await moved("popups", "a", -4.5, "pro", "FROZEN")
        await change_shop_status(SYSTEM, "banners", domain("a"), ShopStatusChange(status=ShopStatus.INACTIVE))
        await count_everything()
        found = await (await metrics()).activity()
        assert [(one.type, one.app_id) for one in found] == [
            (ActivityType.STATUS_CHANGED, "banners"),
            (ActivityType.PLAN_CHANGED, "popups"),
            (ActivityType.PLAN_CHANGED, "banners"),
            (ActivityType.REINSTALLED, "banners"),
            (ActivityType.UNINSTALLED, "banners"),
            (ActivityType.PLAN_CHANGED, "popups"),
            (ActivityType.NEW_SHOP, "popups"),
            (ActivityType.PLAN_CHANGED, "banners"),
            (ActivityType.NEW_SHOP, "banners"),
        ]
        assert (found[1].before, found[1].after, found[1].subscription_status) == ("pro", "pro", "FROZEN")
        assert [one.at for one in await (await metrics("popups")).activity(2)] == [on(-5), on(-8)]

    async def test_is_exact_however_few_are_asked_for(self) -> None:
        await company("banners")
        for number in range(6):
            await installed("banners", f"s{number}", -20 + number)
            await left("banners", f"s{number}", -3 - number % 3 + number / 10)
        await count_everything()
        everything = await (await metrics()).activity(100)
        for first in range(1, len(everything)):
            assert await (await metrics()).activity(first) == everything[:first]


def period(**query: Any) -> Any:
    return MetricsQuery.model_validate(query).period()


class TestPeriods:
    def test_are_the_last_thirty_days_where_nothing_is_said(self) -> None:
        with at(NOON):
            found = period()
            assert (found.whole, found.days) == (Span(on(-29), on(0), is_partial=True), 30)
            assert period(days=1).whole == Span(on(0), on(0), is_partial=True)
            assert period(to="2026-03-01").whole == Span(on(-30), on(-1), is_partial=False)
            assert period(**{"from": "2026-03-01T23:59:59+02:00"}).whole == Span(on(-1), on(0), is_partial=True)

    def test_end_today_however_far_they_are_said_to_go(self) -> None:
        with at(NOON):
            assert period(**{"from": "2026-03-01", "to": "2026-03-31"}).last == on(0)

    def test_are_divided_without_gaps(self) -> None:
        with at(NOON):
            for interval in ("day", "week", "month"):
                for days in (1, 6, 45, MOST_DAYS):
                    spans = list(period(days=days, interval=interval).spans())
                    assert (spans[0].first, spans[-1].last) == (on(1 - days), on(0))
                    for one, following in pairwise(spans):
                        assert following.first == one.last + timedelta(days=1)
                    assert spans[-1].is_partial

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"from": "2026-03-01", "days": 3}, "days"),
            ({"from": "2026-03-01", "to": "2026-02-01"}, "from"),
            ({"from": "2026-03-03"}, "from"),
            ({"from": "2020-01-01"}, "from"),
            ({"from": "0001-01-01"}, "from"),
            ({"to": "0001-01-01"}, "to"),
        ],
    )
    def test_that_are_none_are_refused(self, query: dict[str, Any], field: str) -> None:
        with at(NOON), pytest.raises(InvalidInput) as refused:
            period(**query)
        assert refused.value.field == field

    @pytest.mark.parametrize(
        "query", [{"days": 0}, {"days": MOST_DAYS + 1}, {"interval": "hour"}, {"until": "2026-03-01"}]
    )
    def test_that_cannot_be_read_are_refused(self, query: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            period(**query)


class TestAccess:
    async def test_is_for_staff_alone(self) -> None:
        app = await an_app()
        for role in Role:
            assert (await get_metrics(await an_actor(role), MetricsQuery(), [app.id])).apps == [app]
        for nobody, error in ((backend_of(app.id, *Scope), Forbidden), (Actor.anonymous(), Unauthenticated)):
            with pytest.raises(error):
                await get_metrics(nobody, MetricsQuery())

    async def test_of_an_unknown_app_is_not_found(self) -> None:
        app = await an_app()
        with pytest.raises(NotFound, match="Unknown app"):
            await metrics(app.id, "nobody")

    async def test_of_no_apps_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="appIds"):
            await get_metrics(SYSTEM, MetricsQuery(), [])
