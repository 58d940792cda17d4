"""Plans, in GraphQL."""

from collections.abc import Mapping

import pytest
from beanie import PydanticObjectId
from httpx import AsyncClient

from core.actor import Role
from models.shops import SubscriptionStatus
from resolvers.plans import count_shops
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.plans import a_plan, a_shop_on
from tests.schema.asking import ask, error_of

APP = "banners"

CREATE = """
mutation ($input: PlanCreateInput!) {
  planCreate(appId: "banners", input: $input) {
    plan { id handle name price { amount currencyCode } interval trialDays features isActive }
    userErrors { code field message }
  }
}
"""
DELETE = """
mutation ($id: ID!) {
  planDelete(appId: "banners", id: $id) {
    deletedId deactivatedPlan { isActive } message userErrors { code field }
  }
}
"""


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def test_a_plan_is_created_with_an_exact_price(client: AsyncClient) -> None:
    plan = {"handle": "pro_yearly", "name": "Pro", "interval": "ANNUAL"}
    price = {"price": "399.90", "currency": "EUR"}
    created = (await ask(client, await logged_in(), CREATE, input=plan | price))["planCreate"]
    assert created["userErrors"] == []
    assert created["plan"].pop("id")
    assert created["plan"] == plan | {
        "price": {"amount": "399.90", "currencyCode": "EUR"},
        "trialDays": 0,
        "features": [],
        "isActive": True,
    }


async def test_plans_are_listed_with_how_many_shops_use_them(client: AsyncClient) -> None:
    popular, unpopular = await a_plan(APP, "a"), await a_plan(APP, "b")
    await a_shop_on(popular)
    await a_shop_on(popular, SubscriptionStatus.FROZEN)
    await a_shop_on(unpopular, SubscriptionStatus.CANCELLED)
    query = """{ plans(appId: "banners", first: 5, sortKey: NAME, filter: {isActive: true}) {
      nodes { handle activeShops } totalCount } }"""
    assert (await ask(client, await logged_in(Role.VIEWER), query))["plans"] == {
        "nodes": [{"handle": "a", "activeShops": 2}, {"handle": "b", "activeShops": 0}],
        "totalCount": 2,
    }


async def test_one_plan_statistics_and_features_are_there_for_the_app_s_backend(client: AsyncClient) -> None:
    plan = await a_plan(APP, "pro", features=["Support"])
    backend = with_key(await an_api_key(APP, scopes=["plans:read"]))
    query = """{ plan(appId: "banners", id: "pro") { id }
      planFeatures(appId: "banners")
      planStats(appId: "banners") { total active inactive byInterval { interval count } } }"""
    assert await ask(client, backend, query) == {
        "plan": {"id": str(plan.id)},
        "planFeatures": ["Support"],
        "planStats": {
            "total": 1,
            "active": 1,
            "inactive": 0,
            "byInterval": [
                {"interval": "EVERY_30_DAYS", "count": 1},
                {"interval": "ANNUAL", "count": 0},
                {"interval": "ONE_TIME", "count": 0},
            ],
        },
    }


async def test_a_plan_is_changed_and_toggled(client: AsyncClient) -> None:
    plan = await a_plan(APP, "pro", price="40")
    await a_shop_on(plan)
    query = """mutation {
      planUpdate(appId: "banners", id: "pro", input: {price: "45"}) { plan { price { amount } } message }
      planToggle(appId: "banners", id: "pro") { plan { isActive } } }"""
    assert await ask(client, await logged_in(), query) == {
        "planUpdate": {"plan": {"price": {"amount": "45"}}, "message": "Plan updated; the old price stays for 1 shop"},
        "planToggle": {"plan": {"isActive": False}},
    }


async def test_deleting_says_what_became_of_the_plan(client: AsyncClient) -> None:
    used, unused = await a_plan(APP), await a_plan(APP)
    await a_shop_on(used)
    owner = await logged_in()
    kept = (await ask(client, owner, DELETE, id=str(used.id)))["planDelete"]
    assert (kept["deletedId"], kept["deactivatedPlan"]) == (None, {"isActive": False})
    assert "in use by 1 shop" in kept["message"]
    gone = (await ask(client, owner, DELETE, id=str(unused.id)))["planDelete"]
    assert (gone["deletedId"], gone["deactivatedPlan"]) == (str(unused.id), None)
    again = (await ask(client, owner, DELETE, id=str(unused.id)))["planDelete"]
    assert again["userErrors"] == [{"code": "NOT_FOUND", "field": []}]


async def test_a_viewer_does_not_write(client: AsyncClient) -> None:
    plan = {"handle": "pro", "name": "Pro", "price": "1"}
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, input=plan) == "FORBIDDEN"
    assert await error_of(client, {}, '{ planFeatures(appId: "banners") }') == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"handle": "taken"}, {"code": "CONFLICT", "field": ["handle"]}),
        ({"price": "-1"}, {"code": "INVALID_INPUT", "field": ["price"]}),
        ({"features": [""]}, {"code": "INVALID_INPUT", "field": ["features", "0"]}),
    ],
)
async def test_what_a_form_can_correct_is_a_user_error(
    client: AsyncClient, fields: dict[str, object], error: dict[str, object]
) -> None:
    await a_plan(APP, "taken")
    plan = {"handle": "pro", "name": "Pro", "price": "1"} | fields
    created = (await ask(client, await logged_in(), CREATE, input=plan))["planCreate"]
    assert created["plan"] is None
    assert [{"code": found["code"], "field": found["field"]} for found in created["userErrors"]] == [error]


async def test_however_many_plans_are_listed_their_shops_are_counted_in_one_query(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    async def counted(plans: list[tuple[str, PydanticObjectId]]) -> Mapping[PydanticObjectId, int]:
        batches.append(len(plans))
        return await count_shops(plans)

    monkeypatch.setattr("schema.loaders.count_shops", counted)
    for _ in range(5):
        await a_plan(APP)
    await ask(client, await logged_in(), '{ plans(appId: "banners") { nodes { activeShops } } }')
    assert batches == [5]
