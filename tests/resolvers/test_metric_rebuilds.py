"""Counting metrics anew: what was wrong is right again, and what was right stays. That events are is in
`test_event_counting.py`."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import pytest

from core import clock
from core.actor import Role
from core.errors import Forbidden
from models.metrics import MetricRollup, ShopTimeline
from models.shops import HISTORY_KEPT, Shop
from resolvers.metric_rebuilds import REBUILD, rebuild_metrics, request_rebuild
from resolvers.metric_rollups import CLAIMED
from tasks.metrics import count_all
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.metrics import SYSTEM, count_everything, metrics
from tests.factories.people import an_actor
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

TEA: Final = "tea.myshopify.com"


async def a_company() -> None:
    await an_app("banners")
    await a_plan("banners", "pro")
    await a_plan("banners", "basic", price="10")
    for number in range(6):
        domain = f"shop-{number}.myshopify.com"
        await a_shop("banners", domain, at=days_ago(70 - number), plan="pro")
        if number % 2:
            await an_event("banners", "plan-changed", domain, at=days_ago(20 + number), plan="basic")
    await an_event("banners", "app-uninstalled", "shop-3.myshopify.com", at=days_ago(2))
    await count_everything()


async def everything() -> Any:
    found = await metrics(days=80)
    revenue = await found.revenue()
    return (
        await found.shops(),
        [*(await found.shops()).over_time],
        revenue,
        [one.over_time for one in revenue],
        [one.over_time for one in await found.movements()],
        await found.cohorts(),
        [top.domain for top in await found.top_shops()],
    )


async def test_gives_the_same_numbers() -> None:
    await a_company()
    before = await everything()
    assert (await rebuild_metrics(SYSTEM)).shops == 6
    assert await everything() == before


async def test_makes_good_whatever_is_wrong() -> None:
    await a_company()
    before = await everything()
    await MetricRollup.find_all().update({"$set": {"numbers": {"new": 5}, "months": [], "merchants": []}})
    await rebuild_metrics(SYSTEM)
    assert await everything() == before
    await MetricRollup.delete_all()
    await rebuild_metrics(SYSTEM)
    assert await everything() == before
    await ShopTimeline.delete_all()
    await MetricRollup.delete_all()
    await rebuild_metrics(SYSTEM)
    assert await everything() == before


async def test_that_is_cut_off_is_gone_on_with() -> None:
    await a_company()
    before = await everything()
    await MetricRollup.find_all().update({"$set": {"numbers": {}}})
    for writes in range(12):
        with suppress(Killed), dying(writes, last_arrives=bool(writes % 2)):
            await rebuild_metrics(SYSTEM)
    with clock.shifted(CLAIMED):
        await count_everything()
        await rebuild_metrics(SYSTEM)
        await count_everything()
    assert await everything() == before


async def test_goes_on_beside_what_happens_meanwhile() -> None:
    await a_company()

    async def tell() -> None:
        for number in range(10):
            await an_event("banners", "app-installed", f"new-{number}.myshopify.com", at=days_ago(number))
            await count_all()

    await asyncio.gather(rebuild_metrics(SYSTEM), tell(), rebuild_metrics(SYSTEM))
    await count_everything()
    after = await everything()
    await rebuild_metrics(SYSTEM)
    assert await everything() == after
    assert after[0].total == 16


async def test_keeps_what_a_shop_remembers_no_more() -> None:
    await an_app("banners")
    for handle in ("basic", "pro"):
        await a_plan("banners", handle, price="10" if handle == "basic" else "40")
    await a_shop("banners", TEA, at=days_ago(75), plan="basic")
    for number in range(HISTORY_KEPT + 5):
        if number % 50 == 0:
            await count_everything()
        handle = "pro" if number % 2 else "basic"
        await an_event("banners", "plan-changed", TEA, at=days_ago(60 - number / 4), plan=handle)
    await count_everything()
    shop = await Shop.find_one({"domain": TEA})
    assert shop is not None
    assert len(shop.history) == HISTORY_KEPT
    assert shop.history[0].at > days_ago(74)
    before = await everything()
    assert before[1][6].total == 1
    await rebuild_metrics(SYSTEM)
    assert await everything() == before


async def test_is_a_job_that_admins_ask_for() -> None:
    job = await request_rebuild(await an_actor(Role.ADMIN))
    assert (job.type, job.payload) == (REBUILD, {})
    for role in (Role.SUPPORT, Role.MARKETING, Role.VIEWER):
        with pytest.raises(Forbidden):
            await request_rebuild(await an_actor(role))
