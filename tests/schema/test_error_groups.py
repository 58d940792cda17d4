"""Errors of the apps, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from models.log_tallies import ErrorGroup
from tests.factories.apps import an_app
from tests.factories.logs import an_entry, an_error, logged
from tests.factories.people import logged_in
from tests.factories.plans import a_plan, a_shop_on
from tests.schema.asking import ask, error_of

DECIDE = """mutation ($appId: ID!, $fingerprint: String!) {
  %s(appId: $appId, fingerprint: $fingerprint) { errorGroup { status } userErrors { code } } }"""


async def test_errors_are_read_with_shops_and_revenue(client: AsyncClient) -> None:
    app = await an_app("banners")
    plan = await a_plan(app.id, price="40")
    shops = [await a_shop_on(plan) for _ in range(2)]
    await logged(app.id, *(an_error(shopDomain=shop.domain) for shop in shops), an_entry("error", "Something else"))
    query = """query ($appId: ID!) {
      errorGroups(appId: $appId, sortKey: COUNT, reverse: true) { totalCount nodes {
        id title culprit count levels { error total } shopCount revenueExposed { amount currencyCode } status
        overTime { counts { error } } shops { nodes { shopDomain shop { domain } } totalCount }
        logs(first: 1) { nodes { message } totalCount } } } }"""
    groups = (await ask(client, await logged_in(Role.VIEWER), query, appId=app.id))["errorGroups"]
    first, second = groups["nodes"]
    domains = sorted(shop.domain for shop in shops)
    assert sorted(one["shopDomain"] for one in first["shops"]["nodes"]) == domains
    assert sorted(one["shop"]["domain"] for one in first.pop("shops")["nodes"]) == domains
    assert first.pop("id").startswith("banners:")
    assert first == {
        "title": "TypeError: order.lines is undefined",
        "culprit": "sync (app/orders.js)",
        "count": 2,
        "levels": {"error": 2, "total": 2},
        "shopCount": 2,
        "revenueExposed": [{"amount": "80", "currencyCode": "USD"}],
        "status": "OPEN",
        "overTime": [{"counts": {"error": 2}}],
        "logs": {"nodes": [{"message": "Not synchronised"}], "totalCount": 2},
    }
    assert (second["title"], second["revenueExposed"], groups["totalCount"]) == ("Something else", [], 2)


async def test_support_decides_once(client: AsyncClient) -> None:
    app, support = await an_app(), await logged_in(Role.SUPPORT)
    await logged(app.id, an_error())
    (group,) = await ErrorGroup.find_all().to_list()
    named = {"appId": app.id, "fingerprint": group.fingerprint}
    for field, status in (
        ("errorGroupResolve", "RESOLVED"),
        ("errorGroupIgnore", "IGNORED"),
        ("errorGroupReopen", "OPEN"),
    ):
        assert (await ask(client, support, DECIDE % field, **named))[field]["errorGroup"] == {"status": status}
        assert (await ask(client, support, DECIDE % field, **named))[field]["userErrors"] == [{"code": "CONFLICT"}]
    shown = await ask(
        client, support, "query ($appId: ID!, $f: String!) { errorGroup(appId: $appId, fingerprint: $f) { count } }",
        appId=app.id, f=group.fingerprint,
    )  # fmt: skip
    assert shown == {"errorGroup": {"count": 1}}
    assert await error_of(client, await logged_in(Role.VIEWER), DECIDE % "errorGroupResolve", **named) == "FORBIDDEN"
