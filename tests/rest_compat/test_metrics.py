"""How the apps are doing, over REST."""

from datetime import timedelta
from typing import Any, Final

import pytest
from httpx import AsyncClient

from core import clock
from core.actor import Role
from core.inputs import iso
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.metrics import count_everything
from tests.factories.people import logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago

AGGREGATE: Final = "/metrics/aggregate"
TEA: Final = "tea.myshopify.com"
PATHS: Final = [
    *(f"{AGGREGATE}/{name}" for name in ("dashboard", "shops-over-time", "top-shops", "activity", "summary")),
    *(f"/banners/metrics/{name}" for name in ("dashboard", "shops-over-time", "top-shops", "activity", "custom")),
]


async def a_company() -> None:
    for app_id, price in (("banners", "40"), ("popups", "10")):
        await an_app(app_id, name=app_id.title())
        await a_plan(app_id, "pro", price=price)
        await a_shop(app_id, TEA, at=days_ago(3), name="Tea", email="hi@tea.example.com", plan="pro")
    await a_shop("banners", "cake.myshopify.com", name="Cake")
    await an_event("popups", "app-uninstalled", TEA, at=days_ago(1), reason="Too much")
    await an_event("banners", "banner-published", TEA, kind="bar")
    await count_everything()


async def got(client: AsyncClient, path: str, role: Role = Role.VIEWER) -> Any:
    answer = await client.get(path, headers=await logged_in(role))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_the_dashboard_of_all_apps(client: AsyncClient) -> None:
    await a_company()
    found = await got(client, f"{AGGREGATE}/dashboard?days=7")
    together, (banners, popups) = found["aggregate"], found["byApp"]
    shops = together["shops"]
    assert (shops["total"], shops["active"], shops["inactive"], shops["newToday"]) == (3, 2, 1, 1)
    assert shops["byPlan"] == {"none": 1, "pro": 1}
    assert [(one["currency"], one["mrr"], one["payingShops"]) for one in together["revenue"]] == [("USD", 40.0, 1)]
    moved = together["movements"][0]
    assert (moved["openingMrr"], moved["new"], moved["churn"], moved["closingMrr"]) == (0.0, 50.0, 10.0, 40.0)
    assert (moved["quickRatio"], together["churn"][0]["logoRate"]) == (5.0, None)
    assert together["trials"] == {"withinDays": 30, "started": 0, "converted": 0, "rate": None}
    assert (banners["appId"], banners["appName"], banners["shops"]["total"]) == ("banners", "Banners", 2)
    assert (popups["shops"]["active"], popups["revenue"][0]["mrr"]) == (0, 0.0)


async def test_the_dashboard_of_one_app_is_its_part_of_that(client: AsyncClient) -> None:
    await a_company()
    together = await got(client, f"{AGGREGATE}/dashboard")
    assert await got(client, "/popups/metrics/dashboard") == together["byApp"][1]


async def test_shops_over_time(client: AsyncClient) -> None:
    await a_company()
    found = await got(client, f"{AGGREGATE}/shops-over-time?days=5")
    today, dates = clock.now(), [point["date"] for point in found["aggregate"]]
    assert dates == [f"{today - timedelta(days=number):%Y-%m-%d}" for number in (4, 3, 2, 1, 0)]
    assert [point["total"] for point in found["aggregate"]] == [0, 2, 2, 2, 3]
    assert found["aggregate"][-1]["byApp"] == {"banners": 2, "popups": 1}
    assert [point["isPartial"] for point in found["aggregate"]] == [False] * 4 + [True]
    of_one = await got(client, "/banners/metrics/shops-over-time?days=5")
    assert of_one == found["byApp"][0]["overTime"]
    assert [(point["new"], point["left"]) for point in of_one] == [(0, 0), (1, 0), (0, 0), (0, 0), (1, 0)]


async def test_top_shops(client: AsyncClient) -> None:
    await a_company()
    event = await an_event("banners", "banner-published", TEA)
    await count_everything()
    found = await got(client, f"{AGGREGATE}/top-shops")
    (top,) = found["aggregate"]
    assert (top["shop"], top["name"], top["domain"], top["isActive"]) == (TEA, "Tea", TEA, True)
    assert (top["lastLogin"], top["monthlyRevenue"], top["currency"]) == (iso(event.occurred_at), 40.0, "USD")
    assert sorted(top["apps"], key=lambda app: app["appId"]) == [
        {"appId": "banners", "appName": "Banners", "isActive": True},
        {"appId": "popups", "appName": "Popups", "isActive": False},
    ]
    assert [(one["appId"], len(one["shops"])) for one in found["byApp"]] == [("banners", 1), ("popups", 0)]
    latest = await got(client, "/banners/metrics/top-shops?sort=lastLogin&limit=2")
    assert [one["name"] for one in latest] == ["Tea", "Cake"]
    assert await got(client, "/banners/metrics/top-shops?currency=EUR") == []


async def test_activity(client: AsyncClient) -> None:
    await a_company()
    found = await got(client, f"{AGGREGATE}/activity?limit=2")
    assert [(one["type"], one["appId"]) for one in found] == [("new_shop", "banners"), ("uninstalled", "popups")]
    assert (found[1]["appName"], found[1]["reason"], found[1]["after"]) == ("Popups", "Too much", "uninstalled")
    assert found[1]["shop"] == {"name": "Tea", "email": "hi@tea.example.com", "domain": TEA, "isActive": False}
    assert [one["appId"] for one in await got(client, "/popups/metrics/activity")] == ["popups"] * 3


async def test_the_summary(client: AsyncClient) -> None:
    await a_company()
    found = await got(client, f"{AGGREGATE}/summary")
    assert (found["totals"]["totalShops"], found["totals"]["activeShops"], found["totals"]["inactiveShops"]) == (
        3,
        2,
        1,
    )
    assert [(one["appName"], one["totalShops"], one["newToday"]) for one in found["byApp"]] == [
        ("Banners", 2, 1), ("Popups", 1, 0),
    ]  # fmt: skip


async def test_events_by_name_and_by_the_values_of_a_property(client: AsyncClient) -> None:
    await a_company()
    found = await got(client, "/banners/metrics/custom?days=2&interval=day")
    assert {one["name"]: one["count"] for one in found} == {"app-installed": 1, "banner-published": 1}
    (published,) = await got(client, "/banners/metrics/custom?days=2&name=banner-published&property=kind")
    assert (published["values"], published["other"]) == ([{"value": "bar", "count": 1, "overTime": [0, 1]}], 0)
    assert [point["count"] for point in published["overTime"]] == [0, 1]
    assert published["properties"] == ["kind"]


@pytest.mark.parametrize("path", PATHS)
async def test_apps_backends_and_strangers_see_nothing(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    key = await an_api_key((await an_app("banners")).id)
    assert (await client.get(path, headers=with_key(key))).status_code == 403


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"{AGGREGATE}/dashboard?days=1101", "days"),
        (f"{AGGREGATE}/dashboard?from=2026-03-02&to=2026-03-01", "from"),
        (f"{AGGREGATE}/shops-over-time?interval=hour", "interval"),
        (f"{AGGREGATE}/top-shops?sort=name", "sort"),
        (f"{AGGREGATE}/top-shops?limit=0", "limit"),
        (f"{AGGREGATE}/activity?limit=101", "limit"),
        (f"{AGGREGATE}/summary?days=3", "days"),
        ("/banners/metrics/custom?property[$ne]=1", "property"),
    ],
)
async def test_what_is_wrong_is_a_400_that_names_it(client: AsyncClient, path: str, named: str) -> None:
    await an_app("banners")
    answer = await client.get(path, headers=await logged_in())
    assert (answer.status_code, named in answer.json()["error"]) == (400, True)


async def test_an_unknown_app_is_a_404(client: AsyncClient) -> None:
    for path in PATHS[5:]:
        answer = await client.get(path, headers=await logged_in())
        assert (answer.status_code, answer.json()["error"]) == (404, "Unknown app")
