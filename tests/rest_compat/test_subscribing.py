"""Signing up for a newsletter and confirming it, over REST."""

from collections.abc import Mapping

import pytest
from httpx import AsyncClient

from core import clock
from core.scopes import Scope
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.apps import get_app
from resolvers.subscriber_writes import VALID
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM
from tests.factories.newsletters import READER, confirmation_tokens, contact_of, subscriber_at

SUBSCRIBE = "/banners/newsletter/subscribe"
CONFIRM = "/banners/newsletter/confirm/"
ADA = {"email": READER, "name": "Ada", "language": "de"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    return with_key(await an_api_key("banners", scopes=[Scope.NEWSLETTER_WRITE]))


async def ada() -> Subscriber:
    return await subscriber_at(await get_app(SYSTEM, "banners"))


async def the_token() -> str:
    return (await confirmation_tokens(await ada()))[-1]


async def test_somebody_is_signed_up_and_confirms_on_a_page(client: AsyncClient, backend: Mapping[str, str]) -> None:
    answer = await client.post(SUBSCRIBE, json=ADA, headers=backend)
    assert (answer.status_code, answer.json()) == (201, {"success": True, "data": {"email": READER, "name": "Ada"}})
    path = CONFIRM + await the_token()
    page = await client.get(path)
    assert (page.status_code, page.headers["Content-Language"]) == (200, "de")
    assert f'action="{path}"' in page.text
    assert (await ada()).status is SubscriberStatus.PENDING
    for _ in range(2):
        done = await client.post(path, headers={"User-Agent": "Firefox"})
        assert done.status_code == 200
        assert "<form" not in done.text
    assert (await ada()).status is SubscriberStatus.ACTIVE
    assert (await contact_of()).consents.newsletter.source == "double opt-in"
    assert "<form" not in (await client.get(path)).text


async def test_a_sixth_call_for_an_address_is_a_429(client: AsyncClient, backend: Mapping[str, str]) -> None:
    answers = [await client.post(SUBSCRIBE, json=ADA, headers=backend) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_a_key_needs_the_scope(client: AsyncClient) -> None:
    other = with_key(await an_api_key("banners", scopes=[Scope.EVENTS_WRITE]))
    assert (await client.post(SUBSCRIBE, json=ADA, headers=other)).status_code == 403
    assert (await client.post(SUBSCRIBE, json=ADA)).status_code == 401


async def test_what_is_no_address_is_a_400(client: AsyncClient, backend: Mapping[str, str]) -> None:
    answer = await client.post(SUBSCRIBE, json={"email": "nobody"}, headers=backend)
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (400, "email")


async def test_links_that_do_not_work_are_told_on_a_page(client: AsyncClient, backend: Mapping[str, str]) -> None:
    await client.post(SUBSCRIBE, json=ADA, headers=backend)
    token = await the_token()
    for method in ("GET", "POST"):
        unknown = await client.request(method, CONFIRM + "nothing", headers={"Accept-Language": "fr"})
        assert (unknown.status_code, unknown.headers["Content-Language"]) == (404, "fr")
        with clock.shifted(VALID):
            expired = await client.request(method, CONFIRM + token)
        assert (expired.status_code, expired.headers["Content-Type"]) == (410, "text/html; charset=utf-8")
