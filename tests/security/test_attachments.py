"""Files that attack: whoever sends them, whoever opens them, and the server in between."""

import asyncio
import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
import pytest
import structlog
from fastapi import FastAPI
from httpx import AsyncClient
from starlette.types import Message

from resolvers.attachments import LARGEST, MOST
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.attachments import GIF, PDF, PNG, stored_counts, zipped
from tests.factories.end_users import a_stored_end_user, bearer_of

UPLOAD: Final = "/banners/attachments"
PIECE: Final = b"x" * 1_000_000
INLINE: Final = {
    "text/html",
    "image/svg+xml",
    "application/xhtml+xml",
    "text/xml",
    "application/xml",
    "text/javascript",
}
"""What browsers run."""
ATTACKS: Final[Mapping[str, tuple[str, bytes]]] = {
    "a page": ("page.html", b"<!doctype html><script>alert(document.domain)</script>"),
    "a page called an image": ("photo.png", b"<html><script>alert(1)</script>"),
    "a drawing with a script": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "a page in XML": ("a.xhtml", b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'),
    "a page behind a mark of order": ("a.htm", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0"),
    "a GIF that is a program": ("a.js", GIF[:6] + b"=1;alert(1)//" + GIF[6:]),
    "a PDF that is a page": ("a.html", PDF + b"<script>alert(1)</script>"),
    "an image with an archive": ("a.jar", PNG + zipped("META-INF/MANIFEST.MF")),
    "a program of the shell": ("run.sh", b"#!/bin/sh\nrm -rf /\n"),
    "a formula": ("a.csv", b"=HYPERLINK(1)\n"),
}


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    await an_app("banners")
    return with_key(await an_api_key("banners"))


def part(name: bytes, content: bytes) -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="' + name + b'"\r\n'
        b"Content-Type: text/html\r\n\r\n" + content
    )


class Client:
    """Sends what it is told to, piece by piece, and counts what was taken."""

    def __init__(self, headers: Mapping[str, str], pieces: Iterator[bytes], *, goes_away: bool = False) -> None:
        self.taken = 0
        self.messages: list[Message] = []
        self._pieces = pieces
        self._goes_away = goes_away
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": UPLOAD,
            "raw_path": UPLOAD.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (b"host", b"test"),
                (b"content-type", b"multipart/form-data; boundary=x"),
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
            ],
            "client": ("192.0.2.1", 1),
            "server": ("test", 80),
        }

    async def receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is None:
            return {"type": "http.disconnect"} if self._goes_away else {"type": "http.request", "body": b""}
        self.taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    async def upload(self, app: FastAPI) -> int:
        """The status of the answer; 0 where there is none."""
        await app(self.scope, self.receive, self.send)
        return next((message["status"] for message in self.messages if "status" in message), 0)


class TestWhoeverOpensOne:
    @pytest.mark.parametrize("attack", ATTACKS)
    async def test_gets_a_download_that_no_browser_runs(
        self, attack: str, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        name, content = ATTACKS[attack]
        form = {"attachments": (name, content, "text/html")}
        (file,) = (await client.post(UPLOAD, headers=backend, files=form)).json()["data"]
        answer = await client.get(file["url"])
        assert answer.content == content
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["content-type"].partition(";")[0] not in INLINE
        assert not file["filename"].endswith((".html", ".htm", ".svg", ".xhtml", ".js", ".jar", ".sh"))

    @pytest.mark.parametrize(
        "name",
        [
            b"../../../../etc/cron.d/x.txt",
            b"..\\..\\x.txt",
            b"%2e%2e%2fx.txt",
            b"x.txt\\r\\nX-Evil: 1",
            b"x\xe2\x80\xaetxt.exe",
            b"a" * 1_000 + b".txt",
            b"\xff\xfe.txt",
            b"42.zip/" * 50,
            b"CON",
        ],
    )
    async def test_gets_a_name_that_is_one(
        self, name: bytes, web_app: FastAPI, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        sender = Client(backend, iter([part(name, b"text"), b"\r\n--x--\r\n"]))
        assert await sender.upload(web_app) == 201
        (file,) = orjson.loads(sender.messages[1]["body"])["data"]
        answer = await client.get(file["url"])
        assert len(file["filename"]) < 200
        assert not set(file["filename"]) & set('/\\<>:"|?*\r\n\0')
        assert "x-evil" not in answer.headers
        assert answer.headers["content-disposition"].isascii()


class TestTheServer:
    async def test_stops_reading_a_file_that_is_too_large(self, web_app: FastAPI, backend: Mapping[str, str]) -> None:
        """A hundred megabytes: a tenth of it is read, and little of that is in memory at a time."""
        client = Client(backend, iter([part(b"a.txt", b""), *[PIECE] * 100, b"\r\n--x--\r\n"]))
        tracemalloc.start()
        status = await client.upload(web_app)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert status == 400
        assert client.taken < LARGEST + 2 * len(PIECE)
        assert peak < LARGEST / 2
        assert await stored_counts() == (0, 0, 0)

    async def test_stops_reading_what_is_too_large_in_all(self, web_app: FastAPI, backend: Mapping[str, str]) -> None:
        """Many small fields, and no end."""
        field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + PIECE[:900_000] + b"\r\n"
        client = Client(backend, iter([field] * 90))
        assert await client.upload(web_app) == 413
        assert client.taken < LARGEST * MOST + 4 * len(PIECE)

    @pytest.mark.parametrize("sent", [0, 1, 3, 9])
    async def test_keeps_nothing_of_a_client_that_goes_away(
        self, sent: int, web_app: FastAPI, backend: Mapping[str, str]
    ) -> None:
        whole = [part(b"a.txt", b"x" * 500_000), b"\r\n", part(b"b.txt", b""), *[PIECE] * 6]
        client = Client(backend, iter(whole[:sent]), goes_away=True)
        with structlog.testing.capture_logs() as logged:
            assert await client.upload(web_app) == 0
        assert [(entry["event"], entry["status"]) for entry in logged] == [("request", 499)]
        assert await stored_counts() == (0, 0, 0)

    async def test_takes_many_at_once_without_mixing_them_up(
        self, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        contents = [f"{number}".encode() * 300_000 for number in range(10)]
        forms = [{"attachments": (f"{number}.txt", content)} for number, content in enumerate(contents)]
        answers = await asyncio.gather(*(client.post(UPLOAD, headers=backend, files=form) for form in forms))
        for answer, content in zip(answers, contents, strict=True):
            (file,) = answer.json()["data"]
            assert (await client.get(file["url"])).content == content

    async def test_logs_no_link(self, client: AsyncClient, backend: Mapping[str, str]) -> None:
        with structlog.testing.capture_logs() as logged:
            (file,) = (await client.post(UPLOAD, headers=backend, files={"attachments": ("a.png", PNG)})).json()["data"]
            await client.get(file["url"])
        assert file["url"].rsplit("/", 1)[-1] not in str(logged)
        assert "{token}" in str(logged)


async def test_an_end_user_sends_ten_forms_a_minute(web_app: FastAPI, backend: Mapping[str, str]) -> None:
    """The eleventh is answered before it is read: what is read is on disk until then."""
    headers = bearer_of(await a_stored_end_user("banners"))
    statuses = [await Client(headers, iter([b"--x--\r\n"])).upload(web_app) for _ in range(10)]
    assert set(statuses) == {400}
    one_more = Client(headers, iter([PIECE] * 10))
    assert (await one_more.upload(web_app), one_more.taken) == (429, 0)
    assert await Client(backend, iter([b"--x--\r\n"])).upload(web_app) == 400


async def test_strangers_are_answered_before_anything_is_read(web_app: FastAPI, platform: object) -> None:
    await an_app("banners")
    client = Client({}, iter([PIECE] * 10))
    assert await client.upload(web_app) == 401
    assert client.taken == 0


async def test_an_end_user_of_another_app_sends_nothing(client: AsyncClient, backend: Mapping[str, str]) -> None:
    await an_app("tea")
    headers = bearer_of(await a_stored_end_user("tea"))
    answer = await client.post(UPLOAD, headers=headers, files={"attachments": ("a.png", PNG)})
    assert (answer.status_code, answer.json()["error"]) == (404, "Unknown app")
    assert await stored_counts() == (0, 0, 0)
