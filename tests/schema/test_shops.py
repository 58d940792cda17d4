"""Shops, in GraphQL."""

import asyncio
from typing import Any

import pytest
from beanie import PydanticObjectId
from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Actor, Role
from models.plans import Plan
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.failures import Refused
from schema.serving.limits import Limits
from tests.factories.api_keys import an_api_key, backend_of, with_key
from tests.factories.apps import an_app
from tests.factories.people import an_actor, logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago
from tests.schema.asking import ask, error_of

TEA = "tea.myshopify.com"
WATCH = 'subscription { shopChanged(appId: "banners") { domain app { name } } }'


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners", name="Banners")


async def test_a_shop_is_read_with_all_that_belongs_to_it(client: AsyncClient) -> None:
    await a_plan("banners", "pro", price="40.00", name="Pro")
    await a_shop("banners", TEA, at=days_ago(2), name="Tea", plan="pro")
    query = """{ shop(appId: "banners", id: "tea.myshopify.com") {
      domain name status settings app { name } monthlyRevenue { amount currencyCode } trialSecondsLeft
      subscription { planHandle price { amount } interval status plan { name } }
      history { kind before after subscription { planName } } } }"""
    assert (await ask(client, await logged_in(Role.VIEWER), query))["shop"] == {
        "domain": TEA,
        "name": "Tea",
        "status": "ACTIVE",
        "settings": {},
        "app": {"name": "Banners"},
        "monthlyRevenue": {"amount": "40.00", "currencyCode": "USD"},
        "trialSecondsLeft": None,
        "subscription": {
            "planHandle": "pro",
            "price": {"amount": "40.00"},
            "interval": "EVERY_30_DAYS",
            "status": "ACTIVE",
            "plan": {"name": "Pro"},
        },
        "history": [
            {"kind": "PLAN_CHANGED", "before": None, "after": "pro", "subscription": {"planName": "Pro"}},
            {"kind": "INSTALLED", "before": None, "after": "active", "subscription": None},
        ],
    }


async def test_shops_statistics_and_domains_are_there_for_the_app_s_backend(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners", scopes=["shops:read"]))
    await a_shop("banners", "b.myshopify.com", name="Bread")
    await a_shop("banners", "a.myshopify.com", name="Apples")
    await an_event("banners", "app-uninstalled", "b.myshopify.com")
    query = """{
      shops(appId: "banners", first: 1, sortKey: NAME, reverse: true) { nodes { name } totalCount }
      gone: shops(appId: "banners", filter: {status: UNINSTALLED}) { nodes { name } }
      shopDomains(appId: "banners") { nodes { domain } }
      shopStats(appId: "banners") { total active inactive uninstalled byPlan { plan count } } }"""
    assert await ask(client, backend, query) == {
        "shops": {"nodes": [{"name": "Bread"}], "totalCount": 2},
        "gone": {"nodes": [{"name": "Bread"}]},
        "shopDomains": {"nodes": [{"domain": "a.myshopify.com"}, {"domain": "b.myshopify.com"}]},
        "shopStats": {
            "total": 2,
            "active": 1,
            "inactive": 1,
            "uninstalled": 1,
            "byPlan": [{"plan": "none", "count": 1}],
        },
    }


async def test_a_shop_is_changed(client: AsyncClient) -> None:
    await a_shop("banners", TEA, owner="Ada")
    query = """mutation { shopUpdate(appId: "banners", id: "tea.myshopify.com", input:
        {name: "Tea", owner: null, settings: {tone: "formal"}}) { shop { name owner settings } userErrors { field } }
      shopStatusUpdate(appId: "banners", id: "tea.myshopify.com", input: {status: INACTIVE, reason: "Holiday"})
        { shop { status history { kind reason } } } }"""
    changed = await ask(client, await logged_in(), query)
    assert changed["shopUpdate"] == {
        "shop": {"name": "Tea", "owner": None, "settings": {"tone": "formal"}},
        "userErrors": [],
    }
    assert changed["shopStatusUpdate"]["shop"]["status"] == "INACTIVE"
    assert changed["shopStatusUpdate"]["shop"]["history"][0] == {"kind": "STATUS_CHANGED", "reason": "Holiday"}


async def test_a_viewer_does_not_write(client: AsyncClient) -> None:
    await a_shop("banners", TEA)
    query = """mutation { shopUpdate(appId: "banners", id: "tea.myshopify.com", input: {name: "X"}) { shop { id } } }"""
    assert await error_of(client, await logged_in(Role.VIEWER), query) == "FORBIDDEN"
    assert await error_of(client, {}, '{ shopStats(appId: "banners") { total } }') == "UNAUTHENTICATED"


async def test_what_a_form_can_correct_is_a_user_error(client: AsyncClient) -> None:
    await a_shop("banners", TEA)
    query = """mutation ($id: ID!, $input: ShopUpdateInput!) {
      shopUpdate(appId: "banners", id: $id, input: $input) { userErrors { code field } } }"""
    owner = await logged_in()
    wrong = await ask(client, owner, query, id=TEA, input={"email": "nobody"})
    assert wrong["shopUpdate"]["userErrors"] == [{"code": "INVALID_INPUT", "field": ["email"]}]
    missing = await ask(client, owner, query, id="0" * 24, input={})
    assert missing["shopUpdate"]["userErrors"] == [{"code": "NOT_FOUND", "field": []}]


async def test_however_many_shops_are_listed_their_plans_are_read_in_one_query(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    await a_plan("banners", "pro")
    await a_plan("banners", "basic")
    for plan in ("pro", "basic", "pro"):
        await a_shop("banners", plan=plan)
    from schema import loaders

    original = loaders._plans

    async def counted(plan_ids: list[PydanticObjectId]) -> list[Plan | None]:
        batches.append(len(plan_ids))
        return await original(plan_ids)

    monkeypatch.setattr(loaders, "_plans", counted)
    await ask(client, await logged_in(), '{ shops(appId: "banners") { nodes { subscription { plan { name } } } } }')
    assert batches == [2]


async def answers(actor: Actor) -> Any:
    engine = Engine(SCHEMA, Limits(), production=True)
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    return await engine.subscribe(engine.prepare(Request(WATCH, None, {}), context))


@pytest.mark.parametrize("of_staff", [True, False])
async def test_changes_are_told_to_staff_and_to_the_app_s_backend(of_staff: bool) -> None:
    stream = await answers(await an_actor(Role.VIEWER) if of_staff else backend_of("banners"))
    told = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)  # it begins to listen
    await a_shop("banners", TEA)
    async with asyncio.timeout(5):
        assert (await told)["data"] == {"shopChanged": {"domain": TEA, "app": {"name": "Banners"}}}
    await stream.aclose()


async def test_who_may_not_see_shops_hears_of_none() -> None:
    other = await an_app()
    for actor, code in (
        (Actor.anonymous(), "UNAUTHENTICATED"),
        (backend_of(other.id), "NOT_FOUND"),
    ):
        with pytest.raises(Refused) as refused:
            await answers(actor)
        assert [error.extensions and error.extensions["code"] for error in refused.value.errors] == [code]
