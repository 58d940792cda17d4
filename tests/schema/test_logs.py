"""Logs, in GraphQL."""

import asyncio
from typing import Any

from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Actor, Role
from core.runtime import runtime
from core.scopes import Scope
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.logs import SHOP, an_entry, an_error, logged
from tests.factories.people import an_actor, logged_in
from tests.factories.shops import a_shop
from tests.schema.asking import ask, error_of

INGEST = """mutation ($appId: ID!, $input: LogsIngestInput!) {
  logsIngest(appId: $appId, input: $input) { accepted refused { index field } userErrors { field code } } }"""
WATCH = "subscription ($appId: ID!) { logAdded(appId: $appId, filter: {level: WARN}) { message level } }"


async def test_a_backend_sends_a_batch(client: AsyncClient) -> None:
    app = await an_app()
    key = with_key(await an_api_key(app.id, scopes=[Scope.LOGS_WRITE.value]))
    error = {"name": "TypeError", "message": "no"}
    entries = [
        {"level": "ERROR", "message": "first", "error": error, "data": {"a": 1}, "timestamp": "2999-01-01T00:00:00Z"},
        {"level": "INFO", "message": "second", "shopDomain": SHOP},
    ]
    taken = await ask(client, key, INGEST, appId=app.id, input={"entries": entries})
    assert taken["logsIngest"] == {"accepted": 1, "refused": [{"index": 0, "field": "timestamp"}], "userErrors": []}
    refused = await ask(client, key, INGEST, appId=app.id, input={"entries": entries[:1]})
    assert refused["logsIngest"]["userErrors"] == [{"field": ["entries", "0", "timestamp"], "code": "INVALID_INPUT"}]


async def test_logs_are_read_with_what_they_belong_to(client: AsyncClient) -> None:
    app = await an_app("banners")
    await a_shop(app.id, SHOP, name="Tea & Cakes")
    await logged(app.id, an_error(shopDomain=SHOP, data={"orderId": 12}), an_entry("warn"))
    query = """query ($appId: ID!) {
      logs(appId: $appId, filter: {level: ERROR}) { totalCount nodes {
        message data error { type } app { name } shop { name } errorGroup { count title } } }
      logStats(appId: $appId) { total byLevel { warn error total } topModules { module count } }
      logsOverTime(appId: $appId, input: {interval: DAY}) { date counts { total } }
      logModules(appId: $appId) logShopDomains(appId: $appId) }"""
    shown = await ask(client, await logged_in(Role.VIEWER), query, appId=app.id)
    assert shown["logs"] == {
        "totalCount": 1,
        "nodes": [
            {
                "message": "Not synchronised",
                "data": {"orderId": 12},
                "error": {"type": "TypeError"},
                "app": {"name": "Banners"},
                "shop": {"name": "Tea & Cakes"},
                "errorGroup": {"count": 1, "title": "TypeError: order.lines is undefined"},
            }
        ],
    }
    assert shown["logStats"] == {
        "total": 2,
        "byLevel": {"warn": 1, "error": 1, "total": 2},
        "topModules": [{"module": "orders", "count": 2}],
    }
    assert shown["logsOverTime"][-1]["counts"] == {"total": 2}
    assert (shown["logModules"], shown["logShopDomains"]) == (["orders"], [SHOP])


async def test_a_shop_and_a_merchant_lead_to_their_logs(client: AsyncClient) -> None:
    apps = [await an_app(), await an_app()]
    for app in apps:
        shop = await a_shop(app.id, SHOP)
        await logged(app.id, an_entry(shopDomain=SHOP), an_entry("warn", f"of {app.id}", shopDomain=SHOP), an_entry())
    query = """query ($appId: ID!, $id: ID!, $domain: String!) {
      shop(appId: $appId, id: $id) { logs(filter: {level: WARN}) { nodes { message } totalCount } }
      merchant(domain: $domain) { logs(first: 1) { nodes { message } totalCount } } }"""
    asked = {"appId": apps[1].id, "id": str(shop.id), "domain": SHOP}
    shown = await ask(client, await logged_in(Role.VIEWER), query, **asked)
    assert shown["shop"]["logs"] == {"nodes": [{"message": f"of {apps[1].id}"}], "totalCount": 1}
    assert shown["merchant"]["logs"]["totalCount"] == 4


async def test_deleting_and_counting_anew(client: AsyncClient) -> None:
    app, admin = await an_app(), await logged_in(Role.ADMIN)
    await logged(app.id, an_entry("debug"), an_entry("debug"), an_entry())
    delete = """mutation ($appId: ID!, $filter: LogFilterInput!) {
      logsDelete(appId: $appId, filter: $filter) { deletedCount userErrors { message } } }"""
    assert (await ask(client, admin, delete, appId=app.id, filter={"level": "DEBUG"}))["logsDelete"][
        "deletedCount"
    ] == 2
    (error,) = (await ask(client, admin, delete, appId=app.id, filter={}))["logsDelete"]["userErrors"]
    assert error["message"].startswith("At least one filter is needed")
    rebuild = "mutation ($appId: ID!) { logCountsRebuild(appId: $appId) { recounted } }"
    assert (await ask(client, admin, rebuild, appId=app.id))["logCountsRebuild"] == {"recounted": 1}
    viewer = await logged_in(Role.VIEWER)
    assert await error_of(client, viewer, delete, appId=app.id, filter={"level": "DEBUG"}) == "FORBIDDEN"


async def test_staff_who_watch_see_what_comes_in(platform: object) -> None:
    app = await an_app()
    answers = await subscribed(await an_actor(Role.VIEWER), app.id)
    told = asyncio.ensure_future(anext(answers))
    while not runtime().topics._listeners.get(f"logs:{app.id}"):
        await asyncio.sleep(0)
    await logged(app.id, an_entry(), an_entry("warn", "careful"))
    async with asyncio.timeout(10):
        assert (await told)["data"]["logAdded"] == {"message": "careful", "level": "WARN"}
    await answers.aclose()


async def subscribed(actor: Actor, app_id: str) -> Any:
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    return await engine.subscribe(engine.prepare(Request(WATCH, None, {"appId": app_id}), context))
