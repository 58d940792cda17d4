"""How apps are doing, in GraphQL."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from core.actor import Role
from core.scopes import Scope
from resolvers import metric_flows
from schema.serving.limits import Limits
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.metrics import count_everything
from tests.factories.people import logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago
from tests.schema.asking import ask, error_of

TEA: Final = "tea.myshopify.com"
DASHBOARD: Final = """query ($days: Int, $interval: MetricsInterval!) { metrics(days: $days, interval: $interval) {
  period { from to isPartial }
  shops { total active inactive uninstalled inTrial newToday newThisWeek newThisMonth byPlan { plan count }
    overTime { from to isPartial total active new returned left } }
  revenue { currencyCode mrr payingShops arpu ltv byPlan { plan mrr payingShops }
    overTime { from to isPartial mrr payingShops arpu } }
  movements { currencyCode total { openingMrr new churn closingMrr net quickRatio newShops }
    overTime { from to new expansion contraction churn reactivation closingMrr } }
  churn { currencyCode total { startingShops churnedShops logoRate grossRevenueRate netRevenueRate }
    overTime { from to logoRate grossRevenueRate } }
  trials { withinDays inTrial total { started converted rate isComplete } cohorts { from started converted rate } }
  cohorts { month size months { number active retention revenue { currencyCode mrr retention } } }
  topShops(first: 5) { domain name isActive lastSeenAt monthlyRevenue { amount currencyCode } shops { app { name } } }
  activity(first: 10) { type at app { name } shop { domain name } before after subscriptionStatus }
  custom(first: 5) { name count properties overTime { from count } }
  byApp { app { id } shops { total newToday } revenue { currencyCode mrr } }
} }"""


async def a_company() -> None:
    for app_id, price in (("banners", "40"), ("popups", "10")):
        await an_app(app_id, name=app_id.title())
        await a_plan(app_id, "pro", price=price)
        await a_shop(app_id, TEA, at=days_ago(3), name="Tea", plan="pro")
    await an_event("banners", "banner-published", TEA, kind="bar")
    await count_everything()


async def test_a_dashboard_takes_one_query(client: AsyncClient) -> None:
    await a_company()
    response = await client.post(
        "/graphql",
        json={"query": DASHBOARD, "variables": {"days": 5, "interval": "DAY"}},
        headers=await logged_in(Role.VIEWER),
    )
    answer: Any = response.json()
    assert "errors" not in answer, answer["errors"]
    assert answer["extensions"]["cost"]["requested"] < Limits().cost
    found = answer["data"]["metrics"]
    assert (found["shops"]["total"], found["shops"]["byPlan"]) == (2, [{"plan": "pro", "count": 2}])
    assert [point["total"] for point in found["shops"]["overTime"]] == [0, 2, 2, 2, 2]
    (revenue,), (moved,), (churn,) = found["revenue"], found["movements"], found["churn"]
    assert (revenue["currencyCode"], revenue["mrr"], revenue["arpu"], revenue["ltv"]) == ("USD", "50.00", "25.00", None)
    assert (moved["total"]["openingMrr"], moved["total"]["new"], moved["total"]["quickRatio"]) == (
        "0.00",
        "50.00",
        None,
    )
    assert churn["total"]["logoRate"] is None
    assert found["trials"]["withinDays"] == 30
    assert [(one["size"], one["months"][0]["retention"]) for one in found["cohorts"]] == [(2, 1.0)]
    (top,) = found["topShops"]
    assert (top["domain"], top["monthlyRevenue"]) == (TEA, {"amount": "50.00", "currencyCode": "USD"})
    assert {shop["app"]["name"] for shop in top["shops"]} == {"Banners", "Popups"}
    assert [one["type"] for one in found["activity"]] == ["PLAN_CHANGED", "NEW_SHOP"] * 2
    assert found["custom"][0]["name"] == "app-installed"
    assert [(one["app"]["id"], one["revenue"][0]["mrr"]) for one in found["byApp"]] == [
        ("banners", "40.00"), ("popups", "10.00"),
    ]  # fmt: skip


async def test_an_app_knows_how_it_is_doing(client: AsyncClient) -> None:
    await a_company()
    query = """{ apps(first: 2) { nodes { id metrics(days: 2) { app { id } period { from } shops { total }
      custom(name: "banner-published", property: "kind") { count values { value count overTime } other } } } }
      metrics(appIds: ["popups"]) { app { id } shops { total } } }"""
    answer = await ask(client, await logged_in(Role.VIEWER), query)
    banners, popups = answer["apps"]["nodes"]
    assert (banners["metrics"]["app"], banners["metrics"]["shops"]) == ({"id": "banners"}, {"total": 1})
    assert banners["metrics"]["custom"] == [
        {"count": 1, "values": [{"value": "bar", "count": 1, "overTime": [0, 1]}], "other": 0}
    ]
    assert popups["metrics"]["custom"] == []
    assert answer["metrics"] == {"app": {"id": "popups"}, "shops": {"total": 1}}


async def test_several_apps_are_read_at_once(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_company()
    read, asked = metric_flows.read_flows, list[Any]()

    async def noting(app_ids: Any, *period: Any) -> Any:
        asked.append(sorted(app_ids))
        return await read(app_ids, *period)

    monkeypatch.setattr("resolvers.metrics.read_flows", noting)
    query = """{ apps(first: 5) { nodes { metrics { shops { total } revenue { mrr } churn { total { logoRate } } } } }
      metrics { shops { total } movements { total { net } } byApp { shops { total } revenue { mrr } } } }"""
    await ask(client, await logged_in(), query)
    assert asked == [["banners", "popups"]] * 2


async def test_shops_seen_last_come_first_where_that_is_asked_for(client: AsyncClient) -> None:
    await a_company()
    query = "{ metrics { topShops(by: LAST_SEEN) { domain monthlyRevenue { amount } lastSeenAt } } }"
    (top,) = (await ask(client, await logged_in(), query))["metrics"]["topShops"]
    assert (top["domain"], top["monthlyRevenue"]) == (TEA, None)
    assert top["lastSeenAt"] is not None


async def test_an_admin_has_everything_counted_anew(client: AsyncClient) -> None:
    query = "mutation { metricsRebuild { emailJob { type status } userErrors { code } } }"
    assert await ask(client, await logged_in(Role.ADMIN), query) == {
        "metricsRebuild": {"emailJob": {"type": "metrics.rebuild", "status": "PENDING"}, "userErrors": []}
    }
    assert await error_of(client, await logged_in(Role.VIEWER), query) == "FORBIDDEN"


async def test_staff_alone_see_metrics(client: AsyncClient) -> None:
    await a_company()
    backend = with_key(await an_api_key("banners", scopes=[Scope.SHOPS_READ]))
    for query in (
        "{ metrics { shops { total } } }",
        '{ shop(appId: "banners", id: "tea.myshopify.com") { app { metrics { shops { total } } } } }',
    ):
        assert await error_of(client, backend, query) == "FORBIDDEN"
    assert await error_of(client, {}, "{ metrics { shops { total } } }") == "UNAUTHENTICATED"


async def test_what_is_wrong_is_said(client: AsyncClient) -> None:
    await a_company()
    viewer = await logged_in(Role.VIEWER)
    for arguments in ("days: 0", 'from: "2026-01-02", to: "2026-01-01"', 'from: "2026-01-01", days: 3', "appIds: []"):
        assert await error_of(client, viewer, f"{{ metrics({arguments}) {{ shops {{ total }} }} }}") == "INVALID_INPUT"
    for part in ("trials(withinDays: 0) { inTrial }", "topShops(first: 101) { domain }", "activity(first: 0) { at }"):
        assert await error_of(client, viewer, f"{{ metrics {{ {part} }} }}") == "INVALID_INPUT"
    assert await error_of(client, viewer, '{ metrics(appIds: ["x"]) { shops { total } } }') == "NOT_FOUND"
    query = '{ app(id: "banners") { metrics(days: 2000) { shops { total } } } }'
    assert await error_of(client, viewer, query) == "INVALID_INPUT"
