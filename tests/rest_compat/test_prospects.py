"""People whom the company might win as customers, over REST."""

from typing import Any

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.prospects import a_prospect

ALL = "/admin/prospects/"
ADA = {"email": "Ada@example.com", "name": "Ada", "tags": ["tea"], "facts": {"shops": 2}, "score": 70}
CSV_TYPE = {"Content-Type": "text/csv"}

pytestmark = pytest.mark.usefixtures("platform")


async def test_one_is_added_changed_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    added = await client.post(ALL, json=ADA, headers=marketing)
    assert (added.status_code, added.json()["message"]) == (201, "Prospect created")
    kept = added.json()["data"]
    assert {name: kept[name] for name in ADA} == ADA
    assert (kept["status"], kept["history"], kept["source"]) == ("new", [], "staff")
    path = ALL + kept["_id"]
    assert (await client.get(path, headers=marketing)).json() == {"success": True, "data": kept}
    update = {"status": "do_not_contact", "reason": "Asked by phone", "score": None}
    changed = (await client.patch(path, json=update, headers=marketing)).json()["data"]
    assert (changed["score"], changed["status"]) == (None, "do_not_contact")
    assert [(one["before"], one["after"], one["reason"]) for one in changed["history"]] == [
        ("new", "do_not_contact", "Asked by phone")
    ]
    assert (await client.delete(path, headers=marketing)).json() == {"success": True, "message": "Prospect deleted"}
    for response in (await client.delete(path, headers=marketing), await client.get(path, headers=marketing)):
        assert (response.status_code, response.json()["error"]) == (404, "Prospect not found")


async def test_they_are_listed_by_page(client: AsyncClient) -> None:
    await a_prospect(score=1, tags=["tea"])
    await a_prospect(score=2)
    viewer = await logged_in(Role.VIEWER)
    listed = (await client.get(f"{ALL}?sort=-score&limit=1", headers=viewer)).json()
    assert ([one["score"] for one in listed["data"]], listed["pagination"]) == (
        [2],
        {"page": 1, "limit": 1, "total": 2, "pages": 2},
    )
    assert "history" not in listed["data"][0]
    (tagged,) = (await client.get(f"{ALL}?tag=tea&status=new,engaged", headers=viewer)).json()["data"]
    assert tagged["score"] == 1


async def test_statistics_have_all_keys(client: AsyncClient) -> None:
    await a_prospect(source="fair")
    stats = (await client.get(f"{ALL}stats", headers=await logged_in(Role.VIEWER))).json()["data"]
    assert (stats["total"], stats["bySource"]) == (1, {"fair": 1})
    assert stats["byStatus"] == {
        "new": 1,
        "contacted": 0,
        "engaged": 0,
        "qualified": 0,
        "customer": 0,
        "disqualified": 0,
        "do_not_contact": 0,
    }


async def test_notes_and_what_else_happened_are_in_one_order(client: AsyncClient) -> None:
    ada, marketing = await a_prospect(), await logged_in(Role.MARKETING)
    path = f"{ALL}{ada.id}"
    note = await client.post(f"{path}/notes", json={"note": "Met at the fair"}, headers=marketing)
    assert (note.status_code, note.json()["data"]["note"]) == (200, "Met at the fair")
    await client.patch(path, json={"status": "contacted"}, headers=marketing)
    told = (await client.get(f"{path}/activity", headers=marketing)).json()
    assert [(one["kind"], one["by"] is not None) for one in told["data"]] == [
        ("status_changed", True),
        ("noted", True),
        ("added", True),
    ]
    assert told["data"][0]["change"]["after"] == "contacted"
    assert told["data"][1]["note"]["note"] == "Met at the fair"
    second = (await client.get(f"{path}/activity?page=2&limit=2", headers=marketing)).json()
    assert ([one["kind"] for one in second["data"]], second["pagination"]["total"]) == (["added"], 3)


@pytest.mark.parametrize(
    "sent",
    [
        {"content": "email,name\nada@example.com,Ada\nnobody,\nADA@example.com,Again\n", "headers": CSV_TYPE},
        {"json": {"prospects": [{"email": "ada@example.com"}, {"email": "nobody"}, {"email": "Ada@example.com"}]}},
        {"files": {"file": ("people.csv", "email\nada@example.com\nnobody\nADA@example.com\n", "text/csv")}},
    ],
    ids=["csv", "json", "a form"],
)
async def test_a_file_is_taken_in(client: AsyncClient, sent: dict[str, Any]) -> None:
    headers = {**await logged_in(Role.MARKETING), **sent.pop("headers", {})}
    answer = await client.post(f"{ALL}import", headers=headers, **sent)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (data["total"], data["created"], data["skipped"], data["failed"]) == (3, 1, 1, 1)
    assert data["errors"][0].pop("error").startswith("email: ")
    assert data["errors"][0]["email"] == "nobody"


async def test_who_may(client: AsyncClient) -> None:
    await an_app("banners")
    viewer, key = await logged_in(Role.VIEWER), with_key(await an_api_key("banners"))
    assert (await client.get(ALL)).status_code == 401
    assert (await client.get(ALL, headers=key)).status_code == 403
    assert (await client.post(ALL, json=ADA, headers=viewer)).status_code == 403
    assert (await client.post(f"{ALL}import", content="email\n", headers={**viewer, **CSV_TYPE})).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [({"email": "nobody"}, "email"), ({**ADA, "score": 101}, "score"), ({**ADA, "version": 2}, "version")],
)
async def test_what_is_not_valid_is_a_400_that_names_it(client: AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await client.post(ALL, json=body, headers=await logged_in(Role.MARKETING))
    assert answer.status_code == 400
    assert field in answer.json()["error"]


async def test_an_address_that_is_taken_is_a_409(client: AsyncClient) -> None:
    await a_prospect("ada@example.com")
    answer = await client.post(ALL, json=ADA, headers=await logged_in(Role.MARKETING))
    assert (answer.status_code, answer.json()["success"]) == (409, False)
