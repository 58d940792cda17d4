"""The platform on real input, over real HTTP: an app's backend reports installs, and staff see the shops."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stories.platform import OWNER, PASSWORD, Platform, graphql, served

APP, OTHER = "banners-all-over", "reviews-all-over"
INSTALLED, UNINSTALLED = 1000, 100
PARALLEL = 16

APP_CREATE = (
    "mutation($input: AppCreateInput!) { appCreate(input: $input) { app { id } userErrors { field message } } }"
)
KEY_CREATE = """
mutation($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) { apiKey { id } secret userErrors { field message } }
}
"""
STATISTICS = """
query($app: ID!) {
  shopStats(appId: $app) { total active inactive uninstalled byPlan { plan count } }
  planStats(appId: $app) { total active inactive }
  all: shops(appId: $app, first: 1) { totalCount }
  uninstalled: shops(appId: $app, first: 1, filter: {status: UNINSTALLED}) { totalCount }
  shops(appId: $app, first: 20, sortKey: CREATED_AT, reverse: true) { nodes { id domain name status } }
  plans(appId: $app, first: 20) { nodes { handle price { amount currencyCode } activeShops } }
}
"""
MERCHANT = """
query($domain: String!) {
  merchant(domain: $domain) {
    shops { app { name } status subscription { planHandle } } monthlyRevenue { amount currencyCode }
    history { change { kind } }
  }
}
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with served(tmp_path_factory.mktemp("story") / "data") as running:
        yield running


def domain(number: int) -> str:
    return f"shop-{number}.myshopify.com"


def log_in(platform: Platform, email: str, password: str) -> httpx.Client:
    with platform.client() as client:
        answer = client.post("/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200
    return platform.client(Authorization=f"Bearer {answer.json()['token']}")


async def report(platform: Platform, key: str, name: str, events: list[dict[str, Any]]) -> None:
    """Posts the events as a busy backend does: several at a time."""
    limit = asyncio.Semaphore(PARALLEL)

    async def post(client: httpx.AsyncClient, event: dict[str, Any]) -> None:
        async with limit:
            answer = await client.post(f"/{APP}/events/{name}", json=event)
        assert answer.json() == {"success": True, "data": {"received": True}}, answer.text

    headers = {"X-API-Key": key}
    async with httpx.AsyncClient(base_url=platform.address, headers=headers, timeout=60) as client:
        await asyncio.gather(*(post(client, event) for event in events))


def test_the_story_of_a_new_app(platform: Platform) -> None:
    with log_in(platform, OWNER, PASSWORD) as owner:
        key_id, key = _an_app_with_a_key(owner, APP, "Banners All Over")
        _, foreign_key = _an_app_with_a_key(owner, OTHER, "Reviews All Over")
        _a_plan(owner)
        _the_backend_reports(platform, key)
        _both_interfaces_agree(owner)
        _a_viewer_reads_and_writes_nothing(platform, owner)
        _another_apps_key_sees_nothing(platform, foreign_key)
        _a_revoked_key_stops(platform, owner, key_id, key)


def _an_app_with_a_key(owner: httpx.Client, app_id: str, name: str) -> tuple[str, str]:
    created = graphql(owner, APP_CREATE, input={"id": app_id, "name": name})["appCreate"]
    assert created == {"app": {"id": app_id}, "userErrors": []}
    issued = graphql(owner, KEY_CREATE, input={"appId": app_id, "name": "Backend"})["apiKeyCreate"]
    assert issued["userErrors"] == []
    return issued["apiKey"]["id"], issued["secret"]


def _a_plan(owner: httpx.Client) -> None:
    plan = {"id": "pro", "name": "Pro", "price": 40, "currency": "USD", "interval": "EVERY_30_DAYS"}
    answer = owner.post(f"/{APP}/plans/", json=plan)
    assert (answer.status_code, answer.json()["data"]["id"]) == (201, "pro")


def _the_backend_reports(platform: Platform, key: str) -> None:
    installs = [
        {"shopDomain": domain(n), "idempotencyKey": f"install-{n}", "data": {"name": f"Shop {n}", "country": "DE"}}
        for n in range(INSTALLED)
    ]
    subscribed = [{"shopDomain": domain(n), "data": {"plan": "pro"}} for n in range(INSTALLED - 10, INSTALLED)]
    uninstalls = [{"shopDomain": domain(n), "idempotencyKey": f"uninstall-{n}"} for n in range(UNINSTALLED)]
    asyncio.run(report(platform, key, "app-installed", installs))
    asyncio.run(report(platform, key, "plan-changed", subscribed))
    asyncio.run(report(platform, key, "app-uninstalled", uninstalls))
    # A backend that is not sure sends again, and nothing comes of it.
    asyncio.run(report(platform, key, "app-installed", installs[:UNINSTALLED]))


def _both_interfaces_agree(owner: httpx.Client) -> None:
    by_graphql = graphql(owner, STATISTICS, app=APP)
    by_rest = owner.get(f"/{APP}/shops/stats").json()["data"]
    active = INSTALLED - UNINSTALLED
    assert (
        by_graphql["shopStats"] | {"byPlan": {row["plan"]: row["count"] for row in by_graphql["shopStats"]["byPlan"]}}
        == by_rest
    )
    assert by_rest == {
        "total": INSTALLED,
        "active": active,
        "inactive": UNINSTALLED,
        "uninstalled": UNINSTALLED,
        "byPlan": {"pro": 10, "none": active - 10},
    }
    assert (by_graphql["all"]["totalCount"], by_graphql["uninstalled"]["totalCount"]) == (INSTALLED, UNINSTALLED)
    assert owner.get(f"/{APP}/shops?status=uninstalled").json()["pagination"]["total"] == UNINSTALLED
    listed = owner.get(f"/{APP}/shops?sort=-createdAt&limit=20").json()["data"]
    assert [shop["_id"] for shop in listed] == [shop["id"] for shop in by_graphql["shops"]["nodes"]]
    assert by_graphql["plans"]["nodes"] == [
        {"handle": "pro", "price": {"amount": "40", "currencyCode": "USD"}, "activeShops": 10}
    ]
    assert owner.get(f"/{APP}/plans/stats/").json()["data"]["total"] == by_graphql["planStats"]["total"] == 1
    merchant = graphql(owner, MERCHANT, domain=domain(INSTALLED - 1))["merchant"]
    assert merchant["shops"] == [
        {"app": {"name": "Banners All Over"}, "status": "ACTIVE", "subscription": {"planHandle": "pro"}}
    ]
    assert merchant["monthlyRevenue"] == [{"amount": "40", "currencyCode": "USD"}]
    assert [entry["change"]["kind"] for entry in merchant["history"]] == ["PLAN_CHANGED", "INSTALLED"]


def _a_viewer_reads_and_writes_nothing(platform: Platform, owner: httpx.Client) -> None:
    person = {"email": "viewer@example.com", "password": PASSWORD, "role": "viewer"}
    assert owner.post("/users/", json=person).status_code == 201
    shop = owner.get(f"/{APP}/shops?limit=1").json()["data"][0]["_id"]
    with log_in(platform, person["email"], PASSWORD) as viewer:
        assert viewer.get(f"/{APP}/shops/{shop}").status_code == 200
        assert viewer.patch(f"/{APP}/shops/{shop}", json={"name": "Mine"}).status_code == 403
        refused = viewer.post(
            "/graphql", json={"query": APP_CREATE, "variables": {"input": {"id": "mine", "name": "Mine"}}}
        )
        assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def _another_apps_key_sees_nothing(platform: Platform, foreign_key: str) -> None:
    with platform.client(**{"X-API-Key": foreign_key}) as stranger:
        for path in (f"/{APP}/shops/", f"/{APP}/shops/{domain(500)}", f"/{APP}/plans/"):
            hidden = stranger.get(path)
            assert (hidden.status_code, hidden.json()["error"]) == (404, "Unknown app")
        posted = stranger.post(f"/{APP}/events/app-uninstalled", json={"shopDomain": domain(500)})
        assert (posted.status_code, posted.json()["error"]) == (404, "Unknown app")
        answer = stranger.post("/graphql", json={"query": STATISTICS, "variables": {"app": APP}}).json()
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"NOT_FOUND"}


def _a_revoked_key_stops(platform: Platform, owner: httpx.Client, key_id: str, key: str) -> None:
    with platform.client(**{"X-API-Key": key}) as backend:
        assert backend.get(f"/{APP}/shops/").status_code == 200
        assert owner.post(f"/api-keys/{key_id}/revoke").status_code == 200
        revoked = time.monotonic()
        while (answer := backend.get(f"/{APP}/shops/")).status_code != 401:
            assert time.monotonic() - revoked < 1
        assert answer.json()["error"] == "The API key was revoked"


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with served(folder) as first, log_in(first, OWNER, PASSWORD) as owner:
        assert (
            graphql(owner, APP_CREATE, input={"id": APP, "name": "Banners All Over"})["appCreate"]["userErrors"] == []
        )
        first.kill()
    with served(folder, with_owner=False) as second, log_in(second, OWNER, PASSWORD) as owner:
        assert [app["id"] for app in owner.get("/apps").json()["data"]] == [APP]
