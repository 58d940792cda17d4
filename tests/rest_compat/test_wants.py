"""What people want of an app, over REST: the board of its users, and what staff make of it."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.wants import Want
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import logged_in
from tests.factories.wants import a_want, by, with_votes

BOARD = "/banners/wants/"
ADMIN = "/admin/banners/wants/"
ADA, BOB = "ada@example.com", "bob@example.com"
WANT = {"title": "Schedules", "description": "By the week", "category": "banners"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_an_end_user_asks_and_votes(client: AsyncClient) -> None:
    ada = bearer_of(await a_stored_end_user("banners", ADA))
    asked = await client.post(BOARD, json=WANT, headers=ada)
    assert asked.status_code == 201
    want = asked.json()["data"]
    assert {name: want[name] for name in WANT} == WANT
    shown = {"status": "pending", "voteCount": 0, "hasVoted": False, "authorEmail": ADA, "appId": "banners"}
    assert {name: want[name] for name in shown} == shown
    for has_voted in (True, False, True):
        voted = await client.post(f"{BOARD}{want['_id']}/vote", headers=ada)
        assert voted.json() == {"success": True, "data": {"voteCount": int(has_voted), "hasVoted": has_voted}}
    assert (await client.get(BOARD + want["_id"], headers=ada)).json()["data"]["hasVoted"] is True


async def test_an_app_s_backend_speaks_for_its_users(client: AsyncClient) -> None:
    backend, want = with_key(await an_api_key("banners")), await a_want("banners", "Schedules", author=by(ADA))
    vote = f"{BOARD}{want.id}/vote"
    for email in (ADA, BOB):
        voted = await client.post(vote, json={"voterEmail": email}, headers=backend)
        assert voted.json()["data"]["hasVoted"] is True
    nobody = await client.post(vote, json={}, headers=backend)
    assert (nobody.status_code, nobody.json()["error"][:38]) == (400, "voterEmail or shopDomain is required: ")
    for query, has_voted, author in (
        ("", False, ""),
        (f"?voterEmail={ADA}", True, ADA),
        (f"?voterEmail={BOB}", True, ""),
    ):
        (listed,) = (await client.get(BOARD + query, headers=backend)).json()["data"]
        assert (listed["hasVoted"], listed["authorEmail"], listed["voteCount"]) == (has_voted, author, 2)


async def test_the_board_is_paged_sorted_and_filtered(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners"))
    await with_votes(await a_want("banners", "a"), 2)
    await with_votes(await a_want("banners", "b"), 3)
    found = (await client.get(f"{BOARD}?sort=-voteCount&limit=1", headers=backend)).json()
    assert [one["title"] for one in found["data"]] == ["b"]
    assert found["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    assert (await client.get(f"{BOARD}?status=planned", headers=backend)).json()["data"] == []
    for query in ("sort=-revenueAtStake", "priority=high", "authorEmail=ada@example.com", "status[$ne]=pending"):
        assert (await client.get(f"{BOARD}?{query}", headers=backend)).status_code == 400


async def test_too_much_of_one_person_is_a_429(client: AsyncClient) -> None:
    ada = bearer_of(await a_stored_end_user("banners", ADA))
    answers = [await client.post(BOARD, json=WANT, headers=ada) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


async def test_staff_decide_and_everybody_reads_it(client: AsyncClient) -> None:
    support, want = await logged_in(Role.SUPPORT), await a_want("banners", "Schedules", author=by(ADA))
    changed = await client.patch(ADMIN + str(want.id), json={"eta": "Spring", "answer": "We like it"}, headers=support)
    assert (changed.json()["data"]["eta"], changed.json()["data"]["answer"]["text"]) == ("Spring", "We like it")
    decided = await client.patch(
        f"{ADMIN}{want.id}/status", json={"status": "planned", "note": "This spring"}, headers=support
    )
    assert (decided.json()["message"], decided.json()["data"]["history"][0]["note"]) == (
        "Want is planned",
        "This spring",
    )
    urgent = await client.patch(f"{ADMIN}{want.id}/priority", json={"priority": "urgent"}, headers=support)
    assert urgent.json()["message"] == "Priority is urgent"
    (listed,) = (await client.get(f"{ADMIN}?sort=-revenueAtStake&priority=urgent", headers=support)).json()["data"]
    assert (listed["authorEmail"], listed["status"], listed["revenueAtStake"]) == (ADA, "planned", [])
    backend = with_key(await an_api_key("banners"))
    public = (await client.get(BOARD + str(want.id), headers=backend)).json()["data"]
    assert (public["status"], public["eta"], public["answer"]["text"]) == ("planned", "Spring", "We like it")
    assert not {"priority", "history", "revenueAtStake", "authorShopDomain"} & public.keys()


async def test_statistics_and_deleting(client: AsyncClient) -> None:
    owner, want = await logged_in(), await a_want("banners")
    stats = (await client.get(f"{ADMIN}stats", headers=owner)).json()["data"]
    assert (stats["total"], stats["byStatus"]["under_review"], stats["byCategory"]) == (1, 1, {"general": 1})
    assert stats["byPriority"] == {"low": 0, "medium": 1, "high": 0, "urgent": 0}
    assert len(stats["byStatus"]) == 7
    gone = await client.delete(ADMIN + str(want.id), headers=owner)
    assert gone.json() == {"success": True, "message": "Want deleted"}
    assert (await client.delete(ADMIN + str(want.id), headers=owner)).status_code == 404


async def test_staff_s_side_is_for_staff(client: AsyncClient) -> None:
    want = await a_want("banners", author=by(ADA))
    for headers in (with_key(await an_api_key("banners")), bearer_of(await a_stored_end_user("banners", ADA))):
        for path in (ADMIN, f"{ADMIN}stats", ADMIN + str(want.id)):
            assert (await client.get(path, headers=headers)).status_code == 403
        assert (await client.delete(ADMIN + str(want.id), headers=headers)).status_code == 403
    assert (await client.get(ADMIN)).status_code == (await client.get(BOARD)).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        (BOARD, {"description": "By the week"}, "title: is required"),
        (BOARD, WANT | {"title": {"$gt": ""}}, "title: "),
        (BOARD, WANT | {"voteCount": 7}, "voteCount: is not a known field"),
        (f"{BOARD}{'0' * 24}/vote", {"voterEmail": {"$ne": None}}, "voterEmail: "),
    ],
)
async def test_bad_input_is_a_400(client: AsyncClient, path: str, body: dict[str, object], sentence: str) -> None:
    answer = await client.post(path, json=body, headers=with_key(await an_api_key("banners")))
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(sentence)


async def test_another_app_s_want_is_a_404(client: AsyncClient) -> None:
    want = await a_want((await an_app("other")).id)
    backend, owner = with_key(await an_api_key("banners")), await logged_in()
    for response in (
        await client.get(BOARD + str(want.id), headers=backend),
        await client.post(f"{BOARD}{want.id}/vote", json={"voterEmail": ADA}, headers=backend),
        await client.get(f"/other/wants/{want.id}", headers=backend),
        await client.get(ADMIN + str(want.id), headers=owner),
        await client.patch(f"{ADMIN}{want.id}/status", json={"status": "planned"}, headers=owner),
    ):
        assert (response.status_code, response.json()["success"]) == (404, False)
    stored = await Want.get(want.id)
    assert stored is not None
    assert stored.vote_count == 0
