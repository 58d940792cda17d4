"""Leaving newsletters, over REST: by a page, and by one click (RFC 8058)."""

from typing import Any

import pytest
from httpx import AsyncClient

from models.apps import App
from models.contacts import ConsentCategory
from models.subscribers import Subscriber, SubscriberStatus
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery, a_subscriber
from tests.factories.newsletters import unsubscribe_token

UNSUBSCRIBE = "/banners/newsletter/unsubscribe/"


@pytest.fixture
async def path(platform: object) -> str:
    """Of the link in a newsletter that somebody got."""
    app: App = await an_app("banners")
    contact = await a_contact("ada@example.com", language="es")
    await a_subscriber(app.id, contact)
    delivery = await a_delivery(contact, await a_campaign(app.id), language="es")
    return UNSUBSCRIBE + unsubscribe_token(delivery)


async def status() -> SubscriberStatus:
    (subscriber,) = await Subscriber.find_all().to_list()
    return subscriber.status


async def test_a_page_has_the_button(client: AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert (page.status_code, page.headers["Content-Language"]) == (200, "es")
    assert f'action="{path}"' in page.text
    assert "a•••@example.com" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert await status() is SubscriberStatus.ACTIVE


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"\xff", "headers": {"Content-Type": "application/json"}},
    ],
    ids=["a browser", "one click", "one click as a form of parts", "anything"],
)
async def test_a_post_unsubscribes_at_once_and_again(client: AsyncClient, path: str, sent: dict[str, Any]) -> None:
    for _ in range(2):
        answer = await client.post(path, **sent)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert "<form" not in answer.text
    assert await status() is SubscriberStatus.UNSUBSCRIBED


async def test_an_api_key_is_accepted_and_one_that_is_not_valid_refused(client: AsyncClient, path: str) -> None:
    assert (await client.post(path, headers={"X-API-Key": "nonsense"})).status_code == 401
    assert (await client.post(path, headers=with_key(await an_api_key("banners")))).status_code == 200


async def test_openapi_says_that_a_key_is_not_needed(client: AsyncClient, path: str) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/{appId}/newsletter/unsubscribe/{token}"]["post"]
    assert operation["security"] == [{}, {"apiKey": []}]


async def test_a_link_that_is_none_of_ours_is_told_on_a_page(client: AsyncClient, path: str) -> None:
    await an_app("other")
    for wrong in (path[:-1], UNSUBSCRIBE + "nothing", path.replace("/banners/", "/other/")):
        for method in ("GET", "POST"):
            answer = await client.request(method, wrong)
            assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert await status() is SubscriberStatus.ACTIVE


async def test_the_page_says_which_mail_it_is_about(client: AsyncClient, path: str) -> None:
    app, contact = await an_app("reviews"), await a_contact("eve@example.com", language="de")
    mail = await a_delivery(contact, app_id=app.id, category=ConsentCategory.PRODUCT, language="de")
    path = f"/reviews/newsletter/unsubscribe/{unsubscribe_token(mail)}"
    assert "Neuigkeiten zu Ihren Apps abbestellen?" in (await client.get(path)).text
    assert "Neuigkeiten zu Ihren Apps sind abbestellt" in (await client.post(path)).text
