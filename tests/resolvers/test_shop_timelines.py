"""What a shop adds to the numbers of which day: the same as looking at it at the end of every day."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.days import DAY
from core.money import amount_of
from models.metrics import Measure
from models.shops import HISTORY_KEPT, Change, ChangeKind, Shop, SubscriptionStatus
from resolvers.shop_changes import Standing, happened
from resolvers.shop_timelines import EARLIEST, Timeline, timeline_of
from tests.factories.lives import DAYS, FIRST_DAY, LIVES, a_life, moments, subscribed
from tests.factories.shops import a_change
from tests.factories.slow_metrics import days_between, happenings, midnight, movements, paid_after, seen, stock

pytestmark = pytest.mark.usefixtures("mongo")

NOW = FIRST_DAY + timedelta(days=DAYS + 20, hours=9)
STOCKS = {Measure.STATUS, Measure.PLAN, Measure.TRIALING, Measure.MRR, Measure.PAYING}


def at(day: float) -> datetime:
    return FIRST_DAY + timedelta(days=day)


def installed(day: float) -> Change:
    return a_change(ChangeKind.INSTALLED, at(day))


def on_plan(day: float, handle: str = "pro", status: SubscriptionStatus = SubscriptionStatus.ACTIVE) -> Change:
    return a_change(ChangeKind.PLAN_CHANGED, at(day), subscribed(handle, status, at(day), is_test=False))


def numbers_on(timeline: Timeline, day: float) -> dict[str, int]:
    return timeline.days.get(at(day), {})


def standing_after(timeline: Timeline, day: datetime) -> Counter[tuple[str, ...]]:
    """As `slow_metrics.stock` says it."""
    counted: Counter[tuple[str, ...]] = Counter()
    for name, number in (item for then in timeline.days if then <= day for item in timeline.days[then].items()):
        measure, *of = name.split(":")
        if measure in STOCKS:
            counted[measure, *of] += number
        if measure == Measure.NEW:
            counted["total",] += number
    for key in [key for key in counted if key[0] == Measure.MRR]:
        counted[key] = amount_of(counted[key])  # type: ignore[assignment]
    return +counted


def flows(timeline: Timeline, *wanted: str) -> Counter[tuple[datetime, str]]:
    return Counter(
        {
            (day, name): number
            for day, numbers in timeline.days.items()
            for name, number in numbers.items()
            if name.split(":")[0] in wanted
        }
    )


class TestAnyLife:
    @given(LIVES, moments())
    def test_leads_to_where_the_shop_stands_at_the_end_of_every_day(self, shop: Shop, now: datetime) -> None:
        timeline = timeline_of(shop, now)
        for day in days_between(FIRST_DAY - DAY, midnight(now)):
            assert standing_after(timeline, day) == stock([shop], day, now)

    @given(LIVES)
    def test_moves_revenue_by_what_it_brings_more_or_less(self, shop: Shop) -> None:
        expected: Counter[tuple[datetime, str]] = Counter()
        for day, kind, currency, amount in movements(shop, FIRST_DAY, midnight(NOW), NOW):
            expected[day, f"moved:{kind}:{currency}"] += int(amount * 10_000)
            expected[day, f"movers:{kind}:{currency}"] += 1
        assert flows(timeline_of(shop, NOW), "moved", "movers") == expected

    @given(LIVES)
    def test_movements_add_up_to_the_difference(self, shop: Shop) -> None:
        for numbers in timeline_of(shop, NOW).days.values():
            for currency in ("USD", "EUR"):
                moved = {
                    kind: numbers.get(f"moved:{kind}:{currency}", 0)
                    for kind in ("new", "expansion", "reactivation", "contraction", "churn")
                }
                gained = moved["new"] + moved["expansion"] + moved["reactivation"]
                mrr = sum(number for name, number in numbers.items() if name.startswith(f"mrr:{currency}:"))
                assert mrr == gained - moved["contraction"] - moved["churn"]

    @given(LIVES, moments())
    def test_counts_what_happened_on_its_day(self, shop: Shop, now: datetime) -> None:
        counted = flows(timeline_of(shop, now), "new", "returned", "left", "trial_started")
        assert counted == happenings(shop, now)

    @given(LIVES)
    def test_knows_how_long_a_trial_took_to_be_paid(self, shop: Shop) -> None:
        paid = paid_after(shop, NOW)
        expected = {(paid[0], f"paid_after:{paid[1]}"): 1} if paid else {}
        assert flows(timeline_of(shop, NOW), "paid_after") == expected

    @given(LIVES, moments())
    def test_changes_by_itself_when_it_says_so_and_not_before(self, shop: Shop, now: datetime) -> None:
        timeline = timeline_of(shop, now)
        for moment in (now + timedelta(hours=hours) for hours in range(0, 24 * DAYS, 6)):
            if timeline.next_at is None or moment < timeline.next_at:
                assert timeline_of(shop, moment).days == timeline.days
        if timeline.next_at is not None:
            assert timeline.next_at > now

    @given(LIVES)
    def test_says_what_the_shop_brings_now(self, shop: Shop) -> None:
        timeline, now = timeline_of(shop, NOW), seen(shop, NOW)
        assert now is not None
        assert (timeline.currency, amount_of(timeline.mrr)) == (now.currency if now.revenue else None, now.revenue)


class TestADay:
    def test_that_ends_as_it_began_moves_nothing(self) -> None:
        shop = a_life([installed(0), on_plan(0, "euro"), on_plan(3.1, "basic"), on_plan(3.2, "euro")])
        assert [*timeline_of(shop, NOW).days] == [at(0)]

    def test_on_which_a_trial_ends_brings_revenue_from_that_moment_on(self) -> None:
        shop = a_life([installed(0), on_plan(0.5)])
        before, after = timeline_of(shop, at(10.49)), timeline_of(shop, at(10.5))
        assert (before.next_at, before.mrr, numbers_on(before, 10)) == (at(10.5), 0, {})
        assert (after.next_at, after.mrr, after.currency) == (None, 400_000, "USD")
        assert numbers_on(after, 10) == {
            "trialing": -1,
            "mrr:USD:pro": 400_000,
            "paying:USD:pro": 1,
            "moved:new:USD": 400_000,
            "movers:new:USD": 1,
        }
        assert numbers_on(after, 0)["paid_after:10"] == 1

    def test_of_another_currency_is_no_churn(self) -> None:
        shop = a_life([installed(0), on_plan(0, "euro"), on_plan(2, "pro"), on_plan(20, "euro")])
        moved = {
            name for numbers in timeline_of(shop, NOW).days.values() for name in numbers if name.startswith("movers")
        }
        assert moved == {"movers:new:EUR", "movers:churn:EUR", "movers:reactivation:USD", "movers:contraction:USD",
                         "movers:expansion:EUR"}  # fmt: skip

    def test_before_there_were_such_shops_is_taken_for_the_first(self) -> None:
        ancient = datetime(1, 1, 1, tzinfo=UTC)
        timeline = timeline_of(a_life([a_change(ChangeKind.INSTALLED, ancient), on_plan(2, "euro")]), NOW)
        assert [*timeline.days] == [EARLIEST, at(2)]

    def test_in_the_future_is_left_for_later(self) -> None:
        """A backend's clock may be some minutes ahead."""
        timeline = timeline_of(a_life([installed(0), a_change(ChangeKind.UNINSTALLED, at(5))]), at(4.9))
        assert ([*timeline.days], timeline.next_at) == ([at(0)], at(5))


class TestAShopWithoutHistory:
    def test_stands_as_it_stands_since_it_was_installed(self) -> None:
        shop = a_life([installed(2), on_plan(2, "euro")]).model_copy(update={"history": []})
        timeline = timeline_of(shop, NOW)
        assert [*timeline.days] == [at(2)]
        assert timeline.mrr == 99_900


class TestALongHistory:
    """The shop keeps its newest changes alone; the timeline keeps what the others led to."""

    @settings(max_examples=3)
    @given(some.lists(some.sampled_from(["pro", "euro", "free", "year"]), min_size=HISTORY_KEPT + 20, max_size=260))
    def test_is_counted_as_if_nothing_of_it_had_been_cut(self, handles: list[str]) -> None:
        told = [installed(0), *(on_plan(number / 3 + 0.1, handle) for number, handle in enumerate(handles, 1))]
        now = told[-1].at + timedelta(hours=1)
        standing: Standing | None = None
        history: list[Change] = []
        timeline: Timeline | None = None
        for number, change in enumerate(told):
            standing, history = happened(standing, history, [change])
            assert standing is not None
            if number % 7 == 0 or change is told[-1]:
                shop = Shop(app_id="banners", domain="tea.myshopify.com", history=history, **standing.fields())
                timeline = timeline_of(shop, change.at if change is not told[-1] else now, timeline)
        whole = a_life(told[:1]).model_copy(update={"history": told, **(standing.fields() if standing else {})})
        assert timeline is not None
        for day in days_between(FIRST_DAY, midnight(now)):
            assert standing_after(timeline, day) == stock([whole], day, now)

    def test_that_nobody_counted_in_time_still_ends_where_the_shop_stands(self) -> None:
        told = [installed(0), on_plan(0, "pro"), *(on_plan(number / 3 + 1, "euro") for number in range(HISTORY_KEPT))]
        shop = a_life(told)
        assert len(shop.history) == HISTORY_KEPT
        timeline = timeline_of(shop, told[-1].at)
        assert amount_of(timeline.mrr) == Decimal("9.99")
        assert standing_after(timeline, at(365))["total",] == 1
