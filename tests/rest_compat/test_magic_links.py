"""Signing in to an app by a link or a code, over REST."""

from collections.abc import Mapping

import pytest
from httpx import AsyncClient

from core import clock
from core.scopes import Scope
from models.magic_links import VALID
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import MERCHANT, mailed

REQUEST = "/banners/magic-link/request"
VERIFY = "/banners/magic-link/verify"
ORIGIN = "https://banners.example.com"


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    app = await an_app("banners", name="Banners")
    await app.set({"allowedOrigins": [ORIGIN]})
    return with_key(await an_api_key("banners", scopes=[Scope.MAGIC_LINKS_WRITE]))


async def link(client: AsyncClient, backend: Mapping[str, str], **fields: str) -> str:
    """The path of a link that was asked for."""
    await client.post(REQUEST, json={"email": MERCHANT, **fields}, headers=backend)
    return f"/banners/magic-link/{(await mailed('banners')).token}"


async def test_somebody_asks_and_signs_in_with_the_code(client: AsyncClient, backend: Mapping[str, str]) -> None:
    answer = await client.post(REQUEST, json={"email": MERCHANT}, headers=backend)
    assert (answer.status_code, answer.json()) == (202, {"success": True})
    body = {"email": MERCHANT, "code": (await mailed("banners")).code}
    session = (await client.post(VERIFY, json=body)).json()
    assert session["success"] is True
    assert session["expiresAt"].endswith("Z")
    assert {name: session["user"][name] for name in ("email", "appId")} == {"email": MERCHANT, "appId": "banners"}
    headers = {"Authorization": f"Bearer {session['token']}"}
    query = {"query": "{ currentEndUser { email } }"}
    assert (await client.post("/graphql", json=query, headers=headers)).json()["data"] == {
        "currentEndUser": {"email": MERCHANT}
    }
    assert (await client.post(VERIFY, json=body)).status_code == 401


async def test_a_page_with_a_button_leads_to_the_app(client: AsyncClient, backend: Mapping[str, str]) -> None:
    path = await link(client, backend, redirectUrl=f"{ORIGIN}/in?a=b", language="de")
    page = await client.get(path)
    assert (page.status_code, page.headers["Content-Language"]) == (200, "de")
    assert f'<form method="post" action="{path}">' in page.text
    assert f"form-action 'self' {ORIGIN};" in page.headers["content-security-policy"]
    done = await client.post(path)
    assert done.status_code == 303
    assert done.headers["location"].startswith(f"{ORIGIN}/in?a=b#token=ey")


async def test_without_a_page_of_the_app_the_code_is_shown(client: AsyncClient, backend: Mapping[str, str]) -> None:
    path = await link(client, backend)
    page = await client.post(path, headers={"Accept-Language": "fr"})
    assert (page.status_code, page.headers["Content-Language"]) == (200, "fr")
    assert (await mailed("banners")).code in page.text
    assert "<form" not in page.text


async def test_a_sixth_request_for_an_address_is_a_429(client: AsyncClient, backend: Mapping[str, str]) -> None:
    answers = [await client.post(REQUEST, json={"email": MERCHANT}, headers=backend) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600


async def test_a_key_needs_the_scope(client: AsyncClient, backend: Mapping[str, str]) -> None:
    other = with_key(await an_api_key("banners", scopes=[Scope.EVENTS_WRITE]))
    assert (await client.post(REQUEST, json={"email": MERCHANT}, headers=other)).status_code == 403
    assert (await client.post(REQUEST, json={"email": MERCHANT})).status_code == 401


async def test_a_page_elsewhere_is_a_400(client: AsyncClient, backend: Mapping[str, str]) -> None:
    body = {"email": MERCHANT, "redirectUrl": "https://evil.example/"}
    answer = await client.post(REQUEST, json=body, headers=backend)
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (400, "redirectUrl")


async def test_links_that_do_not_work_are_told_on_a_page(client: AsyncClient, backend: Mapping[str, str]) -> None:
    used = await link(client, backend, redirectUrl=ORIGIN)
    await client.post(used)
    expiring = await link(client, backend, language="es")
    for method in ("GET", "POST"):
        unknown = await client.request(method, "/banners/magic-link/nothing", headers={"Accept-Language": "fr"})
        assert (unknown.status_code, unknown.headers["Content-Language"]) == (404, "fr")
        again = await client.request(method, used)
        assert (again.status_code, "used already" in again.text) == (410, True)
        with clock.shifted(VALID):
            expired = await client.request(method, expiring)
        assert (expired.status_code, expired.headers["Content-Language"]) == (410, "es")
