"""Idempotency keys over HTTP: one effect however hard a client tries, and nothing to read in the database."""

import asyncio
from typing import Final

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.idempotency import IdempotencyRecord
from models.plans import Plan
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import a_user, bearer, logged_in

APP: Final = "banners"
PLAN: Final = {"id": "pro", "name": "Pro", "price": 40}
APP_CREATE: Final = """
mutation { appCreate(input: {id: "reviews", name: "Reviews"}) { app { id } userErrors { code } } }
"""


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def test_fifty_at_once_have_one_effect_and_one_answer(client: AsyncClient) -> None:
    headers = {**await logged_in(), "Idempotency-Key": "1"}
    calls = (client.post(f"/{APP}/plans", json=PLAN, headers=headers) for _ in range(50))
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await Plan.find({"appId": APP}).count() == 1


async def test_the_key_of_another_actor_is_another_key(client: AsyncClient) -> None:
    """Nor does it tell what the other did: this backend may not even create plans."""
    key = {"Idempotency-Key": "1"}
    await client.post(f"/{APP}/plans", json=PLAN, headers={**await logged_in(), **key})
    colleague = await client.post(f"/{APP}/plans", json=PLAN, headers={**await logged_in(), **key})
    backend = await client.post(f"/{APP}/plans", json=PLAN, headers=with_key(await an_api_key(APP), **key))
    viewer = await client.post(f"/{APP}/plans", json=PLAN, headers={**await logged_in(Role.VIEWER), **key})
    assert [answer.status_code for answer in (colleague, backend, viewer)] == [409, 403, 403]


async def test_an_answer_is_not_repeated_to_whoever_lost_the_right_to_it(client: AsyncClient) -> None:
    user = await a_user(Role.ADMIN)
    headers = {**bearer(user), "Idempotency-Key": "1"}
    body = {"appId": APP, "name": "Backend"}
    assert (await client.post("/api-keys", json=body, headers=headers)).status_code == 201
    await user.set({"role": Role.VIEWER.value})
    again = await client.post("/api-keys", json=body, headers=headers)
    assert (again.status_code, again.json()["success"]) == (403, False)


async def test_what_was_refused_may_be_corrected_under_its_key(client: AsyncClient) -> None:
    headers = {**await logged_in(), "Idempotency-Key": "1"}
    assert (await client.post(f"/{APP}/plans", json={}, headers=headers)).status_code == 400
    assert (await client.post(f"/{APP}/plans", json=PLAN, headers=headers)).status_code == 201


async def test_a_mutation_that_was_refused_may_be_tried_again(client: AsyncClient) -> None:
    user = await a_user(Role.VIEWER)
    headers = {**bearer(user), "Idempotency-Key": "1"}
    refused = (await client.post("/graphql", json={"query": APP_CREATE}, headers=headers)).json()
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await user.set({"role": Role.ADMIN.value})
    done = (await client.post("/graphql", json={"query": APP_CREATE}, headers=headers)).json()
    assert done["data"] == {"appCreate": {"app": {"id": "reviews"}, "userErrors": []}}


async def test_a_new_key_is_not_to_be_read_from_the_kept_answer(client: AsyncClient) -> None:
    headers = {**await logged_in(), "Idempotency-Key": "1"}
    body = {"appId": APP, "name": "Backend"}
    secret = (await client.post("/api-keys", json=body, headers=headers)).json()["data"]["key"]
    (kept,) = await IdempotencyRecord.get_pymongo_collection().find().to_list()
    assert secret.encode() not in kept["answer"]
    assert secret not in str({name: value for name, value in kept.items() if name != "answer"})
    assert "Idempotency" not in kept["_id"]
