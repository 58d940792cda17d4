"""Merchants, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago
from tests.schema.asking import ask, error_of

TEA = "tea.myshopify.com"


async def test_a_merchant_is_read_with_its_shops_in_all_apps(client: AsyncClient) -> None:
    await an_app("banners", name="Banners")
    await an_app("popups", name="Popups")
    await a_plan("popups", "pro", price="30.00")
    await a_shop("banners", TEA, at=days_ago(9), name="Tea", owner="Ada")
    await an_event("banners", "app-uninstalled", TEA, at=days_ago(5))
    await a_shop("popups", TEA, at=days_ago(2), plan="pro")
    query = """{ merchant(domain: "tea.myshopify.com") {
      domain name owner installedApps { name } monthlyRevenue { amount currencyCode }
      shops { app { name } status subscription { planHandle } }
      history { shop { app { name } } change { kind } } } }"""
    assert (await ask(client, await logged_in(Role.VIEWER), query))["merchant"] == {
        "domain": TEA,
        "name": "Tea",
        "owner": "Ada",
        "installedApps": [{"name": "Popups"}],
        "monthlyRevenue": [{"amount": "30.00", "currencyCode": "USD"}],
        "shops": [
            {"app": {"name": "Popups"}, "status": "ACTIVE", "subscription": {"planHandle": "pro"}},
            {"app": {"name": "Banners"}, "status": "UNINSTALLED", "subscription": None},
        ],
        "history": [
            {"shop": {"app": {"name": "Popups"}}, "change": {"kind": "PLAN_CHANGED"}},
            {"shop": {"app": {"name": "Popups"}}, "change": {"kind": "INSTALLED"}},
            {"shop": {"app": {"name": "Banners"}}, "change": {"kind": "UNINSTALLED"}},
            {"shop": {"app": {"name": "Banners"}}, "change": {"kind": "INSTALLED"}},
        ],
    }


async def test_merchants_are_listed_page_by_page(client: AsyncClient) -> None:
    app = await an_app()
    for letter in "cab":
        await a_shop(app.id, f"{letter}.myshopify.com")
    query = """query ($after: String) { merchants(first: 2, after: $after) {
      nodes { domain } totalCount pageInfo { hasNextPage endCursor } } }"""
    viewer = await logged_in(Role.VIEWER)
    first = (await ask(client, viewer, query))["merchants"]
    assert ([one["domain"][0] for one in first["nodes"]], first["totalCount"]) == (["a", "b"], 3)
    rest = (await ask(client, viewer, query, after=first["pageInfo"]["endCursor"]))["merchants"]
    assert ([one["domain"][0] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["c"], False)


async def test_staff_alone_see_merchants(client: AsyncClient) -> None:
    app = await an_app()
    await a_shop(app.id, TEA)
    backend = with_key(await an_api_key(app.id))
    assert await error_of(client, backend, '{ merchant(domain: "tea.myshopify.com") { domain } }') == "FORBIDDEN"
    assert await error_of(client, {}, "{ merchants { totalCount } }") == "UNAUTHENTICATED"


async def test_an_unknown_merchant_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(), '{ merchant(domain: "nobody") { domain } }') == "NOT_FOUND"
