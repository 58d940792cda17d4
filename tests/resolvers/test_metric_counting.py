"""Counting shops: whatever order word of them comes in, and whenever a process dies, metrics equal a count of all shops
as they stood at the end of each day."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core import clock
from core.errors import InvalidInput
from core.inputs import iso
from models.app_events import AppEvent
from models.apps import App
from models.metrics import MetricRollup, MetricScope, ShopTimeline
from models.plans import Plan
from models.shops import Shop, ShopStatus
from resolvers import metric_counting, metric_rollups
from resolvers.app_events import AppEventCreate, create_app_event
from resolvers.metric_rollups import CLAIMED
from resolvers.shop_writes import changed, write_shop
from resolvers.shops import ShopStatusChange, change_shop_status, shop_stats
from tasks.metrics import count_all
from tests.factories import slow_metrics
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.lives import PLANS
from tests.factories.metrics import SYSTEM, count_everything, count_shops, metrics
from tests.factories.slow_metrics import DAY, days_between, midnight

pytestmark = pytest.mark.usefixtures("platform")

APPS: Final = ("banners", "popups")
DOMAINS: Final = ("ann.myshopify.com", "bob.myshopify.com")
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    """Events that a backend reports of a shop, in whatever order: each so many hours ago."""

    app: str
    domain: str
    events: Sequence[tuple[str, int, dict[str, Any]]]


@dataclass(frozen=True)
class Moved:
    """What staff do to a shop, if it is there and can be moved so."""

    app: str
    domain: str
    status: ShopStatus


@dataclass(frozen=True)
class Turned:
    """A shop that turns out to be a test, or not to be one."""

    app: str
    domain: str
    is_test: bool


@dataclass(frozen=True)
class Counted:
    """A worker's turn; with `writes` it dies after so many of them."""

    writes: int | None
    last_arrives: bool


@dataclass(frozen=True)
class Passed:
    hours: int


OF_A_SHOP: Final = {"app": some.sampled_from(APPS), "domain": some.sampled_from(DOMAINS)}
HOURS_AGO: Final = some.one_of(some.just(0), some.integers(0, 24 * 40))
PLAN_DATA: Final = some.fixed_dictionaries(
    {
        "plan": some.sampled_from(sorted(PLANS)),
        "status": some.sampled_from(["ACTIVE"] * 5 + ["FROZEN", "CANCELLED", "PENDING"]),
        "isTest": some.sampled_from([False] * 8 + [True]),
    }
)
CHANGE_OF_PLAN: Final = some.tuples(some.just("plan-changed"), HOURS_AGO, PLAN_DATA)
EVENT: Final = some.one_of(
    some.tuples(some.just("app-installed"), HOURS_AGO, some.just({})),
    some.tuples(some.just("app-uninstalled"), HOURS_AGO, some.just({})),
    *[CHANGE_OF_PLAN] * 3,
)
STEPS: Final = some.lists(
    some.one_of(
        *[some.builds(Told, **OF_A_SHOP, events=some.lists(EVENT, min_size=1, max_size=5))] * 3,
        some.builds(Moved, **OF_A_SHOP, status=some.sampled_from(ShopStatus)),
        some.builds(Turned, **OF_A_SHOP, is_test=some.booleans()),
        *[some.builds(Counted, writes=some.one_of(some.none(), some.integers(0, 9)), last_arrives=some.booleans())] * 2,
        some.builds(Passed, hours=some.integers(1, 24 * 9)),
    ),
    min_size=3,
    max_size=20,
)


async def company() -> None:
    for app_id in APPS:
        await an_app(app_id)
        for handle, terms in PLANS.items():
            await Plan(app_id=app_id, handle=handle, name=handle, name_key=handle, **terms).insert()


async def forget_everything() -> None:
    for document in (App, AppEvent, MetricRollup, Plan, Shop, ShopTimeline):
        await document.delete_all()


async def take(step: Any) -> None:
    match step:
        case Told(app, domain, events):
            for name, hours_ago, data in events:
                sent = {"shopDomain": domain, "occurredAt": iso(clock.now() - hours_ago * HOUR), "data": data}
                await create_app_event(SYSTEM, app, name, AppEventCreate.model_validate(sent))
        case Moved(app, domain, status):
            shop = await Shop.find_one({"appId": app, "domain": domain})
            if shop is not None:
                with suppress(InvalidInput):
                    await change_shop_status(SYSTEM, app, domain, ShopStatusChange(status=status))
        case Turned(app, domain, is_test):
            await write_shop(app, domain, lambda shop: changed(shop, {"is_test": is_test}) if shop else None)
        case Counted(None, _):
            await count_all()
        case Counted(int(writes), last_arrives):
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await count_all()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
async def test_nothing_that_happens_makes_them_differ_from_a_slow_count(steps: list[Any]) -> None:
    await company()
    passed = timedelta()
    for step in steps:
        passed += timedelta(hours=step.hours) if isinstance(step, Passed) else CLAIMED
        with clock.shifted(passed):
            await take(step)
    with clock.shifted(passed + CLAIMED):
        await count_everything()
        await equal_a_slow_count()
    await forget_everything()


async def equal_a_slow_count() -> None:
    now = clock.now()
    shops = await Shop.find_all().to_list()
    for app_ids in (APPS, *((app_id,) for app_id in APPS)):
        of_apps = [shop for shop in shops if shop.app_id in app_ids]
        for days, interval in ((60, "day"), (12, "day"), (50, "week"), (70, "month")):
            found = await metrics(*app_ids, days=days, interval=interval)
            first = midnight(now) - (days - 1) * DAY
            await check_shops(found, of_apps, now)
            await check_money(found, of_apps, first, now)
            await check_trials(found, of_apps, first, now)
        await check_cohorts(await metrics(*app_ids, days=120), of_apps, now)
    for app_id in APPS:
        stats, numbers = await shop_stats(SYSTEM, app_id), await (await metrics(app_id)).shops()
        assert (stats.total, stats.active, stats.inactive, stats.uninstalled, dict(stats.by_plan)) == (
            numbers.total, numbers.active, numbers.inactive, numbers.uninstalled, dict(numbers.by_plan),
        )  # fmt: skip


async def check_shops(found: Any, shops: Sequence[Shop], now: datetime) -> None:
    numbers, today = await found.shops(), midnight(now)
    stock = slow_metrics.stock(shops, today, now)
    assert numbers.total == stock["total",]
    assert numbers.in_trial == stock["trialing",]
    firsts = Counter(slow_metrics.first_seen(shop) for shop in shops)
    monday, month = today - today.weekday() * DAY, today.replace(day=1)
    assert (numbers.new_today, numbers.new_this_week, numbers.new_this_month) == tuple(
        sum(count for day, count in firsts.items() if day >= since) for since in (today, monday, month)
    )
    happened = sum((slow_metrics.happenings(shop, now) for shop in shops), Counter())
    for point in numbers.over_time:
        end = datetime.fromisoformat(f"{point.until}T00:00Z")
        then = slow_metrics.stock(shops, end, now)
        assert (point.total, point.active) == (then["total",], then["status", "active"])
        for kind in ("new", "returned", "left"):
            days = days_between(datetime.fromisoformat(f"{point.since}T00:00Z"), end)
            assert getattr(point, kind) == sum(happened[day, kind] for day in days)


async def check_money(found: Any, shops: Sequence[Shop], first: datetime, now: datetime) -> None:
    before, after = (slow_metrics.stock(shops, day, now) for day in (first - DAY, midnight(now)))
    revenue = {one.currency: one for one in await found.revenue()}
    moved = {one.currency: one for one in await found.movements()}
    for currency in ("USD", "EUR"):
        mrr, paying = of(after, "mrr", currency), of(after, "paying", currency)
        assert (revenue[currency].mrr if currency in revenue else 0) == mrr
        assert (revenue[currency].paying_shops if currency in revenue else 0) == paying
        if currency not in moved:
            assert mrr == of(before, "mrr", currency) == 0
            continue
        total = moved[currency].total
        assert (total.opening_mrr, total.closing_mrr) == (of(before, "mrr", currency), mrr)
        assert (
            total.opening_mrr + total.new + total.expansion + total.reactivation - total.contraction - total.churn
            == mrr
        )
        expected: defaultdict[str, Decimal] = defaultdict(Decimal)
        for shop in shops:
            for _, kind, of_currency, amount in slow_metrics.movements(shop, first, midnight(now), now):
                expected[kind] += amount if of_currency == currency else 0
        assert {kind: getattr(total, kind) for kind in expected} == expected
        for point, brings in zip(moved[currency].over_time, revenue[currency].over_time, strict=True):
            then = slow_metrics.stock(shops, datetime.fromisoformat(f"{point.until}T00:00Z"), now)
            assert point.closing_mrr == brings.mrr == of(then, "mrr", currency)


def of(stock: Counter[tuple[str, ...]], measure: str, currency: str) -> Any:
    return sum(number for name, number in stock.items() if name[:2] == (measure, currency))


async def check_trials(found: Any, shops: Sequence[Shop], first: datetime, now: datetime) -> None:
    total = (await found.trials(within_days=15)).total
    started = [day for shop in shops for day, kind in slow_metrics.happenings(shop, now) if kind == "trial_started"]
    paid = [one for shop in shops if (one := slow_metrics.paid_after(shop, now)) is not None]
    assert total.started == sum(day >= first for day in started)
    assert total.converted == sum(day >= first and days <= 15 for day, days in paid)


async def check_cohorts(found: Any, shops: Sequence[Shop], now: datetime) -> None:
    for cohort in await found.cohorts():
        came = [shop for shop in shops if f"{slow_metrics.first_seen(shop):%Y-%m}" == cohort.month]
        assert cohort.size == len(came)
        for month in cohort.months:
            begin = datetime.fromisoformat(f"{month.month}-01T00:00Z")
            end = min((begin + 31 * DAY).replace(day=1) - DAY, midnight(now))
            then = slow_metrics.stock(came, end, now)
            assert month.active == then["status", "active"]
            assert {one.currency: one.mrr for one in month.revenue if one.mrr} == {
                currency: mrr for currency in ("USD", "EUR") if (mrr := of(then, "mrr", currency))
            }


async def a_life_of_surprises() -> None:
    """Counted until now; then word of things that happened before comes late."""
    await company()
    for hours_ago, name, data in ((600, "app-installed", {}), (500, "plan-changed", {"plan": "euro"})):
        await take(Told("banners", DOMAINS[0], [(name, hours_ago, data)]))
        await take(Told("popups", DOMAINS[1], [(name, hours_ago, data)]))
    await count_everything()
    late = [("plan-changed", 550, {"plan": "pro"}), ("app-uninstalled", 100, {}), ("app-installed", 2000, {})]
    await take(Told("banners", DOMAINS[0], late))


@pytest.mark.parametrize("last_arrives", [True, False])
async def test_a_death_at_any_write_is_made_good_by_the_next_turn(last_arrives: bool) -> None:
    for writes in range(20):
        await a_life_of_surprises()
        with suppress(Killed), dying(writes, last_arrives=last_arrives):
            await count_all()
            break
        with clock.shifted(CLAIMED):
            await count_all()
            await count_everything()
            await equal_a_slow_count()
        await forget_everything()
    assert writes > 8


async def test_a_trial_ends_without_anybody_telling() -> None:
    await company()
    await take(Told("banners", DOMAINS[0], [("app-installed", 1, {"plan": "pro"})]))
    await count_everything()
    for days, mrr in ((9, 0), (10, 40), (70, 40)):
        with clock.shifted(timedelta(days=days)):
            await count_everything()
            found = await (await metrics(days=80)).revenue()
            assert sum(one.mrr for one in found) == mrr
            await equal_a_slow_count()


async def test_a_shop_that_is_written_while_it_is_counted_is_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_life_of_surprises()
    write = metric_counting._write

    async def slowly(*arguments: Any) -> Any:
        monkeypatch.undo()
        await take(Told("banners", DOMAINS[0], [("app-installed", 50, {}), ("plan-changed", 40, {"plan": "basic"})]))
        return await write(*arguments)

    monkeypatch.setattr(metric_counting, "_write", slowly)
    await count_all()
    assert await Shop.find({"uncounted": True}).count() == 1
    await count_everything()
    await equal_a_slow_count()


async def test_a_worker_that_was_left_behind_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_life_of_surprises()
    behind = await Shop.find({"uncounted": True}).to_list()
    await take(Told("banners", DOMAINS[0], [("app-installed", 50, {}), ("plan-changed", 40, {"plan": "basic"})]))
    write = metric_counting._write

    async def slowly(*arguments: Any) -> Any:
        monkeypatch.undo()
        await count_everything()
        return await write(*arguments)

    monkeypatch.setattr(metric_counting, "_write", slowly)
    await metric_counting.follow(behind)
    await metric_counting.follow(behind)
    await count_everything()
    await equal_a_slow_count()


async def test_what_changes_while_a_rollup_is_summed_is_summed_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    await a_life_of_surprises()
    summed = metric_rollups.SUMS[MetricScope.DAY]

    async def slowly(claimed: Any) -> Any:
        found = await summed(claimed)
        monkeypatch.undo()
        await take(Told("banners", DOMAINS[1], [("app-installed", 550, {}), ("plan-changed", 540, {"plan": "basic"})]))
        await count_shops()
        return found

    monkeypatch.setitem(metric_rollups.SUMS, MetricScope.DAY, slowly)
    await count_all()
    await count_everything()
    await equal_a_slow_count()


async def test_several_workers_at_once_count_everything() -> None:
    await a_life_of_surprises()

    async def tell(number: int) -> None:
        for hours_ago in range(20, 60, 7):
            event = ("plan-changed", hours_ago + number, {"plan": sorted(PLANS)[(hours_ago + number) % len(PLANS)]})
            await take(Told(APPS[number % 2], DOMAINS[number // 2], [event]))
            await count_all()

    await asyncio.gather(*(tell(number) for number in range(4)), *(count_all() for _ in range(4)))
    await count_everything()
    await equal_a_slow_count()


async def test_what_changed_nothing_is_written_nowhere() -> None:
    await a_life_of_surprises()
    await count_everything()
    before = await ShopTimeline.find_all().to_list()
    await write_shop("banners", DOMAINS[0], lambda shop: changed(shop, {"name": "Tea"}) if shop else None)
    await count_shops()
    assert await ShopTimeline.find_all().to_list() == before
    assert not await MetricRollup.find({"dirty": True}).count()


async def test_a_redacted_shop_stays_in_the_numbers() -> None:
    await a_life_of_surprises()
    await count_everything()
    before = await (await metrics("popups", days=60)).movements()
    await change_shop_status(SYSTEM, "popups", DOMAINS[1], ShopStatusChange(status=ShopStatus.REDACTED))
    await count_everything()
    after = await (await metrics("popups", days=60)).movements()
    assert after[0].over_time[:-1] == before[0].over_time[:-1]
    assert (after[0].total.new, after[0].total.churn) == (before[0].total.new, Decimal("9.99"))


async def test_a_shop_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    await a_life_of_surprises()
    broken = {"kind": "plan_changed", "at": clock.now(), "by": "nobody"}
    await Shop.find({"appId": "popups"}).update({"$set": {"history": [broken], "uncounted": True}})
    await count_everything()
    assert [shop.app_id for shop in await Shop.find({"uncounted": True}).to_list()] == ["popups"]
    assert (await (await metrics("banners")).shops()).total == 1
