"""Errors, each once: how often, to whom, at what cost, and what was decided."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock
from core.access import SUPPORT
from core.actor import Role
from core.errors import Conflict, Forbidden, NotFound
from core.inputs import iso
from core.pages import Page, Range
from models.apps import App
from models.log_tallies import ErrorGroup, ErrorGroupStatus
from models.shops import SubscriptionStatus
from resolvers.error_groups import (
    ErrorGroupFilter,
    ErrorGroupSortKey,
    count_shops_of_errors,
    error_by_day,
    error_by_hour,
    get_error_group,
    ignore_error_group,
    list_error_groups,
    reopen_error_group,
    resolve_error_group,
    revenue_exposed,
    shops_of_error,
)
from resolvers.logs import LevelCounts
from tests.factories.apps import an_app
from tests.factories.logs import SHOP, an_entry, an_error, logged
from tests.factories.people import an_actor
from tests.factories.plans import a_plan, a_shop_on

pytestmark = pytest.mark.usefixtures("platform")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def the_group(app: App) -> ErrorGroup:
    (group,) = await ErrorGroup.find({"appId": app.id}).to_list()
    return group


async def test_entries_of_the_same_error_are_one_group() -> None:
    app, now = await an_app(), clock.now()
    await logged(
        app.id,
        an_error("order 12 is missing", timestamp=iso(now - 2 * DAY)),
        an_error("order 13 is missing") | {"level": "warn"},
        an_entry("info", "No error"),
    )
    group = await the_group(app)
    assert (group.title, group.culprit, group.type) == (
        "TypeError: order <n> is missing",
        "sync (app/orders.js)",
        "TypeError",
    )
    assert {level.value: count for level, count in group.levels.items() if count} == {"warn": 1, "error": 1}
    assert (group.total, group.first_seen, group.status) == (2, now - 2 * DAY, ErrorGroupStatus.OPEN)
    assert [one.counts for one in error_by_day(group)] == [
        LevelCounts(error=1),
        LevelCounts(),
        LevelCounts(warn=1),
    ]


async def test_an_entry_of_the_level_error_is_one_although_nothing_was_thrown() -> None:
    app = await an_app()
    await logged(app.id, an_entry("error", "Order 12 was refused"), an_entry("error", "Order 13 was refused"))
    group = await the_group(app)
    assert (group.title, group.total, group.module) == ("Order <n> was refused", 2, "orders")


async def test_it_is_known_to_whom_it_happened_and_what_they_pay() -> None:
    app = await an_app()
    plan = await a_plan(app.id, price="40")
    paying = [await a_shop_on(plan) for _ in range(2)]
    gone = await a_shop_on(plan, SubscriptionStatus.CANCELLED)
    domains = [shop.domain for shop in (*paying, gone)]
    await logged(app.id, *(an_error(shopDomain=domain) for domain in (*domains, domains[0], SHOP)))
    group = await the_group(app)
    assert await count_shops_of_errors([group.id]) == {group.id: 4}
    assert await revenue_exposed([(group.id, app.id)]) == {group.id: {"USD": Decimal(80)}}
    found = await shops_of_error(group, Range(limit=3))
    assert (len(found.items), found.has_next, await found.count()) == (3, True, 4)


async def test_by_hour_of_the_last_two_days() -> None:
    app, now = await an_app(), clock.now()
    await logged(app.id, an_error(timestamp=iso(now - HOUR)), an_error(timestamp=iso(now - 3 * DAY)))
    shown = await error_by_hour(await the_group(app))
    assert (len(shown), shown[-2].counts, sum(one.counts.total for one in shown)) == (48, LevelCounts(error=1), 1)


async def test_lists_filter_and_sort() -> None:
    app, viewer, now = await an_app(), await an_actor(Role.VIEWER), clock.now()
    await logged(app.id, an_error("old", timestamp=iso(now - DAY), shopDomain=SHOP), an_error("old"))
    await logged(app.id, an_error("new") | {"module": "billing"})
    await logged((await an_app()).id, an_error("of another app"))

    async def listed(key: ErrorGroupSortKey = ErrorGroupSortKey.COUNT, **filters: str) -> list[str]:
        given = ErrorGroupFilter.model_validate(filters)
        found = await list_error_groups(viewer, app.id, Page(), given, key.order(descending=True))
        return [group.title.removeprefix("TypeError: ") for group in found.items]

    assert await listed() == ["old", "new"]
    assert await listed(ErrorGroupSortKey.FIRST_SEEN) == ["new", "old"]
    assert await listed(module="billing") == ["new"]
    assert await listed(shopDomain=SHOP) == ["old"]
    assert await listed(search="OLD") == ["old"]
    assert await listed(type="TypeError", status="open") == ["old", "new"]
    assert await listed(status="resolved") == []


async def test_what_is_decided_is_remembered_and_deciding_twice_is_a_conflict() -> None:
    app, support = await an_app(), await an_actor(Role.SUPPORT)
    await logged(app.id, an_error())
    fingerprint = (await the_group(app)).fingerprint
    for decide, status in (
        (resolve_error_group, ErrorGroupStatus.RESOLVED),
        (ignore_error_group, ErrorGroupStatus.IGNORED),
        (reopen_error_group, ErrorGroupStatus.OPEN),
    ):
        group = await decide(support, app.id, fingerprint)
        assert (group.status, group.status_by) == (status, support.label)
        with pytest.raises(Conflict, match=f"The error is {status.value} already"):
            await decide(support, app.id, fingerprint)


async def test_what_is_ignored_stays_so_however_often_it_happens() -> None:
    app = await an_app()
    await logged(app.id, an_error())
    await ignore_error_group(await an_actor(), app.id, (await the_group(app)).fingerprint)
    with clock.shifted(DAY):
        await logged(app.id, an_error())
    assert (await the_group(app)).status is ErrorGroupStatus.IGNORED


@pytest.mark.parametrize("role", sorted(set(Role) - SUPPORT))
async def test_others_decide_nothing(role: Role) -> None:
    app = await an_app()
    for decide in (resolve_error_group, ignore_error_group, reopen_error_group):
        with pytest.raises(Forbidden):
            await decide(await an_actor(role), app.id, "0" * 16)


async def test_of_another_app_it_does_not_exist() -> None:
    app, other, owner = await an_app(), await an_app(), await an_actor()
    await logged(other.id, an_error())
    fingerprint = (await the_group(other)).fingerprint
    for app_id, name in ((app.id, fingerprint), (other.id, "nonsense")):
        with pytest.raises(NotFound, match="Error group not found"):
            await get_error_group(owner, app_id, name)
        with pytest.raises(NotFound, match="Error group not found"):
            await resolve_error_group(owner, app_id, name)
