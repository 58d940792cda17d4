"""Logs, over REST."""

import orjson
from httpx import AsyncClient

from core.actor import Role
from core.scopes import Scope
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.logs import SHOP, an_entry, an_error, logged
from tests.factories.people import logged_in


async def test_a_backend_sends_and_staff_read(client: AsyncClient) -> None:
    app = await an_app()
    key = with_key(await an_api_key(app.id, scopes=[Scope.LOGS_WRITE.value]))
    body = {"entries": [an_error(shopDomain=SHOP, data={"orderId": 12}), an_entry("loud")]}
    sent = await client.post(f"/{app.id}/logs/", json=body, headers=key)
    assert (sent.status_code, sent.json()["data"]["accepted"]) == (201, 1)
    (refused,) = sent.json()["data"]["refused"]
    assert (refused["index"], refused["field"]) == (1, "level")
    viewer = await logged_in(Role.VIEWER)
    listed = (await client.get(f"/{app.id}/logs?level=error", headers=viewer)).json()
    (entry,) = listed["data"]
    assert (entry["shopDomain"], entry["data"], entry["error"]["type"]) == (SHOP, {"orderId": 12}, "TypeError")
    assert (entry["createdAt"], listed["pagination"]["total"]) == (entry["createdAtTimestamp"], 1)
    one = await client.get(f"/{app.id}/logs/{entry['_id']}", headers=viewer)
    assert one.json()["data"] == entry
    assert (await client.get(f"/{app.id}/logs", headers=key)).status_code == 403


async def test_the_same_key_and_request_is_taken_in_once(client: AsyncClient) -> None:
    app = await an_app()
    key = with_key(await an_api_key(app.id, scopes=[Scope.LOGS_WRITE.value]), **{"Idempotency-Key": "batch-1"})
    answers = [await client.post(f"/{app.id}/logs", json={"entries": [an_entry()]}, headers=key) for _ in range(2)]
    assert answers[0].content == answers[1].content
    listed = await client.get(f"/{app.id}/logs", headers=await logged_in())
    assert listed.json()["pagination"]["total"] == 1


async def test_statistics(client: AsyncClient) -> None:
    app = await an_app()
    await logged(app.id, an_entry("warn", shopDomain=SHOP), an_error())
    viewer = await logged_in(Role.VIEWER)
    stats = (await client.get(f"/{app.id}/logs/stats", headers=viewer)).json()["data"]
    assert stats == {
        "total": 2,
        "byLevel": {"debug": 0, "info": 0, "warn": 1, "error": 1},
        "topModules": [{"module": "orders", "count": 2}],
    }
    days = (await client.get(f"/{app.id}/logs/over-time", headers=viewer)).json()["data"]
    assert (len(days), len(days[-1]["date"])) == (31, 10)
    assert days[-1] | {"date": ""} == {"date": "", "debug": 0, "info": 0, "warn": 1, "error": 1, "total": 2}
    hours = (await client.get(f"/{app.id}/logs/over-time?interval=hour&shopDomain={SHOP}", headers=viewer)).json()
    assert hours["data"][-1]["date"].endswith(":00:00.000Z")
    assert (await client.get(f"/{app.id}/logs/modules", headers=viewer)).json()["data"] == ["orders"]
    assert (await client.get(f"/{app.id}/logs/shop-domains", headers=viewer)).json()["data"] == [SHOP]


async def test_deleting_needs_a_filter_and_says_how_many(client: AsyncClient) -> None:
    app = await an_app()
    await logged(app.id, an_entry(), an_entry("debug"), an_entry("debug"))
    admin = await logged_in(Role.ADMIN)
    without = await client.delete(f"/{app.id}/logs", headers=admin)
    assert (without.status_code, without.json()["error"][:28]) == (400, "At least one filter is neede")
    deleted = (await client.delete(f"/{app.id}/logs?level=debug", headers=admin)).json()
    assert (deleted["data"], deleted["message"]) == ({"deletedCount": 2}, "2 logs deleted")
    (left,) = (await client.get(f"/{app.id}/logs", headers=admin)).json()["data"]
    answers = [await client.delete(f"/{app.id}/logs/{left['_id']}", headers=admin) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 404]


async def test_a_batch_may_be_larger_than_other_bodies_but_not_by_strangers_nor_without_end(
    client: AsyncClient,
) -> None:
    app = await an_app()
    key = with_key(await an_api_key(app.id, scopes=[Scope.LOGS_WRITE.value]))
    large = orjson.dumps({"entries": [an_entry(message="x" * 9_900)] * 200})
    json = {"Content-Type": "application/json"}
    assert len(large) > 1_500_000
    assert (await client.post(f"/{app.id}/logs", content=large, headers={**key, **json})).status_code == 201
    too_large = orjson.dumps({"entries": [an_entry(message="x" * 9_900)] * 600})
    assert (await client.post(f"/{app.id}/logs", content=too_large, headers={**key, **json})).status_code == 413
    assert (await client.post(f"/{app.id}/logs", content=large, headers=json)).status_code == 401


async def test_a_viewer_deletes_nothing_and_sends_nothing(client: AsyncClient) -> None:
    app, viewer = await an_app(), await logged_in(Role.VIEWER)
    assert (await client.delete(f"/{app.id}/logs?level=debug", headers=viewer)).status_code == 403
    assert (await client.post(f"/{app.id}/logs", json={"entries": [an_entry()]}, headers=viewer)).status_code == 403
