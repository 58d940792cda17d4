"""What people say about the apps, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.feedback import a_feedback
from tests.factories.people import logged_in

ALL, OF_APP = "/feedback/", "/banners/feedback/"
SAID = {"type": "bug", "rating": 2, "message": "The bar covers the menu", "page": "/new", "context": {"a": [1]}}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_backend_an_end_user_and_staff_say_something(client: AsyncClient) -> None:
    ada = await a_stored_end_user("banners", "ada@example.com")
    for headers, email in (
        (with_key(await an_api_key("banners")), None),
        (bearer_of(ada), "ada@example.com"),
        (await logged_in(Role.SUPPORT), None),
    ):
        said = await client.post(OF_APP, json=SAID, headers=headers)
        assert (said.status_code, said.json()["message"]) == (201, "Feedback received")
        kept = said.json()["data"]
        assert {name: kept[name] for name in SAID} == SAID
        assert (kept["status"], kept["priority"], kept["email"]) == ("new", "medium", email)
    assert (await client.post(OF_APP, json=SAID)).status_code == 401
    assert (await client.post(OF_APP, json=SAID, headers=await logged_in(Role.VIEWER))).status_code == 403


async def test_staff_read_sort_out_and_delete(client: AsyncClient) -> None:
    support, kept = await logged_in(Role.SUPPORT), await a_feedback("banners", rating=1)
    await a_feedback((await an_app("other")).id, rating=5)
    everywhere = (await client.get(f"{ALL}?sort=-rating", headers=support)).json()
    assert ([one["rating"] for one in everywhere["data"]], everywhere["pagination"]["total"]) == ([5, 1], 2)
    (own,) = (await client.get(f"{OF_APP}?rating=1&status=new", headers=support)).json()["data"]
    assert own["_id"] == str(kept.id)
    path = ALL + str(kept.id)
    assert (await client.get(path, headers=support)).json() == {"success": True, "data": own}
    changed = (await client.patch(path, json={"note": "Called them"}, headers=support)).json()
    assert (changed["data"]["note"], changed["message"]) == ("Called them", "Feedback updated")
    resolved = (await client.patch(f"{path}/status", json={"status": "resolved"}, headers=support)).json()
    assert (resolved["data"]["status"], resolved["message"]) == ("resolved", "Feedback is resolved")
    assert (await client.delete(path, headers=support)).json() == {"success": True, "message": "Feedback deleted"}
    for response in (await client.delete(path, headers=support), await client.get(path, headers=support)):
        assert (response.status_code, response.json()["error"]) == (404, "Feedback not found")


async def test_statistics_have_all_keys(client: AsyncClient) -> None:
    await a_feedback("banners", rating=4)
    stats = (await client.get(f"{OF_APP}stats", headers=await logged_in(Role.VIEWER))).json()["data"]
    assert stats == {
        "total": 1,
        "byStatus": {"new": 1, "reviewed": 0, "resolved": 0, "archived": 0},
        "byType": {"bug": 0, "idea": 0, "praise": 0, "uninstall": 0, "other": 1},
        "byPriority": {"low": 0, "medium": 1, "high": 0, "urgent": 0},
        "byRating": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0},
        "averageRating": 4.0,
    }


async def test_reading_is_for_staff(client: AsyncClient) -> None:
    kept = await a_feedback("banners")
    for headers in (with_key(await an_api_key("banners")), bearer_of(await a_stored_end_user("banners"))):
        for path in (ALL, ALL + str(kept.id), OF_APP, f"{OF_APP}stats"):
            assert (await client.get(path, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "message or rating is required"),
        (SAID | {"rating": 6}, "rating: "),
        (SAID | {"message": {"$gt": ""}}, "message: "),
        (SAID | {"status": "resolved"}, "status: is not a known field"),
        (SAID | {"context": {"$where": "1"}}, "context: key '$where' is not allowed"),
    ],
)
async def test_bad_input_is_a_400(client: AsyncClient, body: dict[str, object], sentence: str) -> None:
    answer = await client.post(OF_APP, json=body, headers=with_key(await an_api_key("banners")))
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(sentence)


async def test_an_unknown_app_is_a_404(client: AsyncClient) -> None:
    owner = await logged_in()
    for response in (
        await client.get("/nowhere/feedback", headers=owner),
        await client.get("/nowhere/feedback/stats", headers=owner),
        await client.post("/nowhere/feedback", json=SAID, headers=owner),
    ):
        assert (response.status_code, response.json()["error"]) == (404, "Unknown app")
