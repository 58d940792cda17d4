"""Sign-in links under attack, over HTTP: what an answer, its time and the log give away."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

import pytest
import pytest_asyncio
import structlog
from httpx import AsyncClient
from pymongo.monitoring import CommandStartedEvent

from core.mongo import Mongo
from core.runtime import Runtime, start
from tests.databases import Listener, heard
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import MERCHANT, asked, mailed, verified

APP: Final = "banners"
ORIGIN: Final = "https://banners.example.com"
REQUEST: Final = f"/{APP}/magic-link/request"
VERIFY: Final = f"/{APP}/magic-link/verify"


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    app = await an_app(APP)
    await app.set({"allowedOrigins": [ORIGIN]})
    return with_key(await an_api_key(APP))


class Commands(Listener):
    """What was sent to the database: the command and its collection."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.sent.append((event.command_name, event.command[event.command_name]))


@pytest_asyncio.fixture
async def commands(platform: Runtime, mongo: Mongo, pytestconfig: pytest.Config) -> AsyncIterator[Commands]:
    listening = Commands()
    async with heard(mongo, pytestconfig, listening) as second:
        start(platform.settings, second)
        yield listening


class TestAnAnswerDoesNotTell:
    async def test_who_is_known(self, client: AsyncClient, backend: Mapping[str, str], commands: Commands) -> None:
        """Neither by what it says, nor by the work that it takes: the same commands in the same order."""
        app = await an_app("tea")
        await verified(app, token=(await asked(app)).token)
        seen = []
        for address in ("first@example.com", MERCHANT, "nobody@example.com"):
            commands.sent.clear()
            answer = await client.post(REQUEST, json={"email": address}, headers=backend)
            told = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
            seen.append((answer.status_code, answer.content, told, commands.sent.copy()))
        # The first request also notes that the key was used.
        assert seen[1] == seen[2]
        assert seen[1][:2] == (202, b'{"success":true}')
        assert len(seen[1][3]) > 3

    async def test_why_something_does_not_sign_in(self, client: AsyncClient, backend: Mapping[str, str]) -> None:
        await client.post(REQUEST, json={"email": MERCHANT}, headers=backend)
        wrong = (await mailed(APP)).wrong_code
        answers = [
            await client.post(VERIFY, json=body)
            for body in (
                {"token": "nothing"},
                {"email": MERCHANT, "code": wrong},
                {"email": "nobody@example.com", "code": wrong},
            )
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1


async def test_neither_link_nor_code_nor_token_is_logged(client: AsyncClient, backend: Mapping[str, str]) -> None:
    with structlog.testing.capture_logs() as logged:
        body = {"email": MERCHANT, "redirectUrl": f"{ORIGIN}/in"}
        await client.post(REQUEST, json=body, headers=backend)
        found = await mailed(APP)
        for method in ("GET", "POST", "GET"):
            page = await client.request(method, f"/{APP}/magic-link/{found.token}")
        await client.post(REQUEST, json={"email": MERCHANT}, headers=backend)
        last = await mailed(APP)
        session = await client.post(VERIFY, json={"email": MERCHANT, "code": last.code})
        await client.post(VERIFY, json={"email": MERCHANT, "code": last.wrong_code})
        await client.get(f"/{APP}/magic-link/{last.token}/")
    assert page.status_code == 410
    written = str(logged)
    assert "magic-link/{token}" in written
    for secret in (found.token, found.code, last.token, last.code, session.json()["token"], MERCHANT):
        assert secret not in written


async def test_a_prefetch_of_any_kind_uses_nothing_up(client: AsyncClient, backend: Mapping[str, str]) -> None:
    await client.post(REQUEST, json={"email": MERCHANT, "redirectUrl": f"{ORIGIN}/in"}, headers=backend)
    path = f"/{APP}/magic-link/{(await mailed(APP)).token}"
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "GET"):
        await client.request(method, path, headers={"Purpose": "prefetch", "User-Agent": "LinkScanner"})
    answer = await client.post(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{ORIGIN}/in#token=")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_link_signs_in_at_its_own_app_alone(client: AsyncClient, backend: Mapping[str, str]) -> None:
    await an_app("tea")
    await client.post(REQUEST, json={"email": MERCHANT}, headers=backend)
    found = await mailed(APP)
    assert (await client.get(f"/tea/magic-link/{found.token}")).status_code == 404
    assert (await client.post(f"/tea/magic-link/{found.token}")).status_code == 404
    assert (await client.post("/tea/magic-link/verify", json={"token": found.token})).status_code == 401
    assert (await client.post(VERIFY, json={"token": found.token})).status_code == 200


@pytest.mark.parametrize("page", [f"{ORIGIN}.evil.example", f"{ORIGIN}@evil.example", "//evil.example", "https:evil"])
async def test_nobody_is_led_elsewhere(page: str, client: AsyncClient, backend: Mapping[str, str]) -> None:
    answer = await client.post(REQUEST, json={"email": MERCHANT, "redirectUrl": page}, headers=backend)
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (400, "redirectUrl")


async def test_a_redirect_that_comes_with_the_link_is_refused(client: AsyncClient, backend: Mapping[str, str]) -> None:
    await client.post(REQUEST, json={"email": MERCHANT}, headers=backend)
    found = await mailed(APP)
    for method in ("GET", "POST"):
        answer = await client.request(method, f"/{APP}/magic-link/{found.token}?redirectUrl=https://evil.example")
        assert "location" not in answer.headers
        assert "evil" not in answer.text


@pytest.mark.parametrize(
    "address", ["ada@example.com\r\nBcc: eve@example.com", "ada@example.com\n\n<p>", "a@b.c,d@e.f"]
)
async def test_no_address_begins_a_header(address: str, client: AsyncClient, backend: Mapping[str, str]) -> None:
    answer = await client.post(REQUEST, json={"email": address}, headers=backend)
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (400, "email")
