"""Newsletter subscribers, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import logged_in

SUBSCRIBERS = "/admin/banners/newsletter/subscribers"
ADA = {"email": "ada@example.com", "name": "Ada", "source": "fair", "tags": ["vip"]}
EVIDENCE = {"consent": True, "consentText": "Yes, write to me", "consentSource": "paper form"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_subscriber_is_added_listed_counted_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = await client.post(SUBSCRIBERS, json=ADA | EVIDENCE, headers=marketing)
    assert (created.status_code, created.json()["message"]) == (201, "Subscriber added")
    subscriber = created.json()["data"]
    assert {name: subscriber[name] for name in ADA} == ADA
    assert (subscriber["status"], subscriber["unsubscribedAt"]) == ("active", None)
    listed = (await client.get(f"{SUBSCRIBERS}?status=active&tag=vip&sort=email", headers=marketing)).json()
    assert listed["data"] == [subscriber]
    assert listed["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
    stats = (await client.get(f"{SUBSCRIBERS}/stats", headers=marketing)).json()["data"]
    assert (stats["total"], stats["active"], stats["pending"], stats["bySource"]) == (1, 1, 0, {"fair": 1})
    deleted = await client.delete(f"{SUBSCRIBERS}/{subscriber['_id']}", headers=marketing)
    assert deleted.json() == {"success": True, "message": "Subscriber deleted"}
    assert (await client.delete(f"{SUBSCRIBERS}/{subscriber['_id']}", headers=marketing)).status_code == 404


async def test_without_consent_the_message_says_that_they_are_asked(client: AsyncClient) -> None:
    created = await client.post(SUBSCRIBERS, json=ADA, headers=await logged_in(Role.MARKETING))
    assert created.json()["data"]["status"] == "pending"
    assert created.json()["message"] == "Subscriber added: a mail asks them to confirm"


async def test_an_app_s_backend_is_not_staff(client: AsyncClient) -> None:
    assert (await client.get(SUBSCRIBERS, headers=with_key(await an_api_key("banners")))).status_code == 403
    assert (await client.get(SUBSCRIBERS)).status_code == 401


async def test_consent_without_evidence_is_a_400(client: AsyncClient) -> None:
    refused = await client.post(SUBSCRIBERS, json=ADA | {"consent": True}, headers=await logged_in())
    assert (refused.status_code, refused.json()["success"]) == (400, False)
    assert "consentText and consentSource are required" in refused.json()["error"]
