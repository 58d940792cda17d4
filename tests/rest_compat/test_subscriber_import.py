"""Files of newsletter subscribers, over REST."""

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from core.actor import Role
from core.web import LARGEST_BODY
from models.subscribers import Subscriber
from rest_compat.subscriber_import import FILES
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.fuzz.raw import send

IMPORT = "/admin/banners/newsletter/subscribers/import"
CSV = "email,name,consent\nada@example.com,Ada,yes\nnobody,,\n"
FORM_BEGINS = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
CSV_TYPE = {"Content-Type": "text/csv; charset=utf-8"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


@pytest.fixture
async def marketing(platform: object) -> Mapping[str, str]:
    return await logged_in(Role.MARKETING)


@pytest.mark.parametrize(
    "sent",
    [
        {"content": CSV, "headers": CSV_TYPE},
        {"files": {"file": ("people.csv", CSV, "application/vnd.ms-excel")}},
        {"files": {"file": ("people", CSV, "text/csv")}},
        {"json": {"subscribers": [{"email": "ada@example.com", "name": "Ada", "consent": True}, {"email": "nobody"}]}},
        {"files": {"file": ("people.json", b'{"subscribers": [{"email": "ada@example.com"}, {"email": "nobody"}]}')}},
    ],
    ids=["csv", "a form with csv", "a form with a media type", "json", "a form with json"],
)
async def test_a_file_is_taken_in(client: AsyncClient, marketing: Mapping[str, str], sent: dict[str, Any]) -> None:
    headers = {**marketing, **sent.pop("headers", {})}
    answer = await client.post(IMPORT, headers=headers, **sent)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (data["total"], data["imported"], data["updated"], data["skipped"]) == (2, 1, 0, 1)
    assert data["errors"][0]["email"] == "nobody"
    assert await Subscriber.find_all().count() == 1


async def test_a_file_larger_than_other_bodies_is_taken_in(client: AsyncClient, marketing: Mapping[str, str]) -> None:
    rows = "".join(f"reader-{number}@example.com,{'x' * 5000}\n" for number in range(250))
    assert len(rows) > LARGEST_BODY
    answer = await client.post(IMPORT, content="email,notes\n" + rows, headers={**marketing, **CSV_TYPE})
    assert answer.json()["data"]["imported"] == 250
    assert answer.json()["data"]["ignoredColumns"] == ["notes"]


async def test_strangers_may_not_send_so_much(web_app: FastAPI) -> None:
    """They are answered before anything is read."""
    chunks = [b"x" * LARGEST_BODY] * 3
    answer = await send(web_app, "POST", IMPORT.encode(), headers=[(b"content-type", b"text/csv")], chunks=chunks)
    assert answer.status == 401


@pytest.mark.parametrize("media_type", ["text/csv", "multipart/form-data; boundary=x"])
async def test_what_is_larger_than_that_is_a_413(
    web_app: FastAPI, marketing: Mapping[str, str], media_type: str
) -> None:
    chunks = [
        FORM_BEGINS if media_type.endswith("=x") else b"email\n",
        *[b"x" * 5_000_000] * (FILES.largest // 5_000_000),
        b"x",
    ]
    headers = [(b"content-type", media_type.encode()), (b"authorization", marketing["Authorization"].encode())]
    answer = await send(web_app, "POST", IMPORT.encode(), headers=headers, chunks=chunks)
    assert (answer.status, answer.json["error"]) == (413, "The body is larger than 50000000 bytes")


async def test_the_same_idempotency_key_gives_the_same_answer(
    client: AsyncClient, marketing: Mapping[str, str]
) -> None:
    headers = {**marketing, **CSV_TYPE, "Idempotency-Key": "1"}
    first, second = [await client.post(IMPORT, content=CSV, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert first.json()["data"]["imported"] == 1
    other = await client.post(IMPORT, content=CSV + "more@example.com,,\n", headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"content": "<a/>", "headers": {"Content-Type": "application/xml"}}, "Content-Type must be"),
        ({"content": CSV}, "Content-Type must be"),
        ({"content": "name\nAda\n", "headers": CSV_TYPE}, "The first row must name the columns"),
        ({"content": "email\nJürgen@example.com\n".encode("latin-1"), "headers": CSV_TYPE}, "The file is not in UTF-8"),
        ({"files": {"other": ("a.csv", CSV)}}, "The form must have one file, as its part file"),
        ({"files": {"file": ("a.xlsx", b"PK", "application/zip")}}, "The file must be application/json or text/csv"),
        ({"files": [("file", ("a.csv", CSV)), ("file", ("b.csv", CSV))]}, "Too many files"),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, "Missing boundary"),
    ],
)
async def test_what_is_no_such_file_is_a_400(
    client: AsyncClient, marketing: Mapping[str, str], sent: dict[str, Any], sentence: str
) -> None:
    answer = await client.post(IMPORT, headers={**marketing, **sent.pop("headers", {})}, **sent)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(sentence)


async def test_viewers_take_in_nobody(client: AsyncClient) -> None:
    headers = {**await logged_in(Role.VIEWER), **CSV_TYPE}
    assert (await client.post(IMPORT, content=CSV, headers=headers)).status_code == 403
