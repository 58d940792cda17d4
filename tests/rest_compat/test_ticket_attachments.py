"""Tickets with files, over REST: a form with fields and files, or JSON with the ids of uploads."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from core.scopes import Scope
from models.tickets import Ticket
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.attachments import PNG, stored_counts
from tests.factories.end_users import a_stored_end_user, bearer_of

TICKETS: Final = "/banners/tickets"
TICKET: Final = {"subject": "Banner", "message": "It is gone", "email": "ada@example.com"}
FILES: Final = [("attachments", (f"{number}.png", PNG)) for number in range(2)]


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    await an_app("banners")
    return with_key(await an_api_key("banners", scopes=[Scope.TICKETS_READ, Scope.TICKETS_WRITE]))


async def a_ticket(client: AsyncClient, headers: Mapping[str, str], **sent: Any) -> dict[str, Any]:
    answer = await client.post(TICKETS, headers=headers, **(sent or {"json": TICKET}))
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_a_ticket_begins_with_a_form(client: AsyncClient, backend: Mapping[str, str]) -> None:
    fields = {**TICKET, "topic": "bug", "priority": "", "isCustomer": "true", "tags": ["a", "b"]}
    data = await a_ticket(client, backend, data=fields, files=FILES)
    assert (data["topic"], data["priority"]) == ("bug", "medium")
    stored = await Ticket.find_one({"number": data["number"]})
    assert stored is not None
    assert stored.tags == ["a", "b"]
    for number, file in enumerate(data["attachments"]):
        assert file.keys() == {"url", "key", "filename", "mimetype", "size", "uploadedAt"}
        assert (file["filename"], file["mimetype"], file["size"]) == (f"{number}.png", "image/png", len(PNG))
        assert (await client.get(file["url"])).content == PNG
    shown = (await client.get(f"{TICKETS}/{data['_id']}", headers=backend)).json()["data"]["attachments"]
    assert [file["key"] for file in shown] == [file["key"] for file in data["attachments"]]


async def test_a_ticket_begins_with_uploads(client: AsyncClient, backend: Mapping[str, str]) -> None:
    files = (await client.post("/banners/attachments", headers=backend, files=FILES)).json()["data"]
    ids = [file["_id"] for file in files]
    data = await a_ticket(client, backend, json={**TICKET, "attachmentIds": ids})
    assert [file["key"] for file in data["attachments"]] == ids
    again = await client.post(TICKETS, headers=backend, json={**TICKET, "attachmentIds": ids})
    assert (again.status_code, again.json()["error"].partition(":")[0]) == (400, "attachmentIds")


async def test_a_customer_writes_with_a_file(client: AsyncClient, backend: Mapping[str, str]) -> None:
    ada = bearer_of(await a_stored_end_user("banners", "ada@example.com"))
    eve = bearer_of(await a_stored_end_user("banners", "eve@example.com"))
    path = f"{TICKETS}/{(await a_ticket(client, ada))['_id']}/messages"
    said = await client.post(path, headers=ada, data={"content": "Look"}, files=FILES[:1])
    assert said.status_code == 201, said.text
    (file,) = said.json()["data"]["attachments"]
    listed = (await client.get(path, headers=backend)).json()["data"]
    assert [len(message["attachments"]) for message in listed] == [0, 1]
    download = f"/banners/attachments/{file['key']}"
    statuses = [(await client.get(download, headers=headers)).status_code for headers in (ada, backend, eve, {})]
    assert statuses == [200, 200, 404, 401]


async def test_the_same_form_twice_under_one_key_is_one_ticket(client: AsyncClient, backend: Mapping[str, str]) -> None:
    headers = {**backend, "Idempotency-Key": "1"}
    answers = [await client.post(TICKETS, headers=headers, data=TICKET, files=FILES) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await Ticket.find_all().count(), await stored_counts()) == (1, (2, 2, 2))


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"data": {"subject": "Banner"}, "files": FILES}, "message: is required"),
        ({"data": {**TICKET, "nonsense": "1"}, "files": FILES}, "nonsense: is not a known field"),
        ({"data": {**TICKET, "subject": ["a", "b"]}, "files": FILES}, "subject: is given twice"),
        ({"data": {**TICKET, "subject[$ne]": "1"}, "files": FILES}, "subject[$ne]: is not a known field"),
        ({"data": TICKET, "files": [("file", ("a.png", PNG))]}, "file: is not a known file"),
        ({"data": TICKET, "files": [*FILES, ("attachments", ("a.exe", b"MZ\0"))]}, "attachments: a.exe is of a kind"),
        ({"data": TICKET, "files": FILES * 3}, "Too many files"),
        ({"data": {**TICKET, "attachmentIds": ["0" * 24]}, "files": FILES}, "attachmentIds: 0"),
        ({"data": TICKET}, "The body must be JSON"),
    ],
)
async def test_what_is_wrong_is_a_400_and_nothing_is_stored(
    sent: dict[str, Any], sentence: str, client: AsyncClient, backend: Mapping[str, str]
) -> None:
    answer = await client.post(TICKETS, headers=backend, **sent)
    assert (answer.status_code, answer.json()["error"][: len(sentence)]) == (400, sentence)
    assert (await Ticket.find_all().count(), await stored_counts()) == (0, (0, 0, 0))


@pytest.mark.parametrize("path", ["/{appId}/tickets", "/{appId}/tickets/{messageId}/messages"])
def test_forms_and_json_are_described(path: str, web_app: FastAPI) -> None:
    content = web_app.openapi()["paths"][path]["post"]["requestBody"]["content"]
    assert content.keys() == {"application/json", "multipart/form-data"}
    form = content["multipart/form-data"]["schema"]
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 5}
    assert form["properties"]["attachments"] == files
    assert "attachmentIds" in form["properties"]
    assert form["required"]
    assert "$defs" not in str(form)
