"""Newsletter campaigns, over REST."""

import pytest
from httpx import AsyncClient

from core import clock
from core.actor import Role
from models.campaigns import CampaignStatus
from models.email_jobs import EmailJob
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.campaigns import an_audience, work
from tests.factories.mail import HTML, a_campaign
from tests.factories.people import logged_in

CAMPAIGNS = "/admin/banners/newsletter/campaigns"
NEWS = {"name": "Spring", "subject": "News for {{ name }}", "htmlContent": HTML, "audience": {"tags": ["beta"]}}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_campaign_is_written_changed_shown_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = await client.post(CAMPAIGNS, json=NEWS, headers=marketing)
    assert (created.status_code, created.json()["message"]) == (201, "Campaign created")
    campaign = created.json()["data"]
    assert (campaign["htmlContent"], campaign["textContent"], campaign["templateId"]) == (HTML, None, None)
    assert campaign["audience"] == {"languages": [], "sources": [], "tags": ["beta"]}
    assert (campaign["status"], campaign["sentAt"], campaign["stats"]["total"]) == ("draft", None, 0)
    path = f"{CAMPAIGNS}/{campaign['_id']}"
    changed = await client.patch(path, json={"textContent": "Bye: {{ unsubscribe_url }}"}, headers=marketing)
    assert changed.json()["data"]["textContent"] == "Bye: {{ unsubscribe_url }}"
    shown = (await client.get(path, headers=await logged_in(Role.VIEWER))).json()["data"]
    assert shown == changed.json()["data"]
    deleted = await client.delete(path, headers=marketing)
    assert deleted.json() == {"success": True, "message": "Campaign deleted"}
    assert (await client.delete(path, headers=marketing)).status_code == 404


async def test_campaigns_are_listed_without_what_they_say(client: AsyncClient) -> None:
    sent = await a_campaign("banners", CampaignStatus.SENT, started_at=clock.now(), completed_at=clock.now())
    await a_campaign("banners")
    query = {"status": "sent", "sort": "name", "limit": "1"}
    answer = (await client.get(CAMPAIGNS, params=query, headers=await logged_in(Role.VIEWER))).json()
    (campaign,) = answer["data"]
    assert (campaign["_id"], "htmlContent" in campaign) == (str(sent.id), False)
    assert campaign["sentAt"] is not None
    assert answer["pagination"] == {"page": 1, "limit": 1, "total": 1, "pages": 1}


async def test_a_campaign_is_sent_once(client: AsyncClient) -> None:
    owner, campaign = await logged_in(), await a_campaign("banners")
    await an_audience("banners", 2)
    path = f"{CAMPAIGNS}/{campaign.id}"
    answer = await client.post(f"{path}/send", headers=owner)
    job = await EmailJob.find_one()
    assert job is not None
    assert answer.json() == {"success": True, "data": {"status": "queued", "jobId": str(job.id)}}
    again = await client.post(f"{path}/send", headers=owner)
    assert (again.status_code, again.json()["error"]) == (400, "The campaign is sending: it can be sent once")
    await work()
    shown = (await client.get(path, headers=owner)).json()["data"]
    assert (shown["status"], shown["stats"]["sent"], shown["stats"]["total"]) == ("sent", 2, 2)
    assert (await client.patch(path, json={"name": "Too late"}, headers=owner)).status_code == 400


async def test_a_trial_says_where_it_goes_to(client: AsyncClient) -> None:
    campaign = await a_campaign("banners")
    path, body = f"{CAMPAIGNS}/{campaign.id}/test", {"email": "ada@example.com"}
    answer = await client.post(path, json=body, headers=await logged_in(Role.MARKETING))
    assert answer.json() == {"success": True, "message": "Test mail queued for ada@example.com"}
    wrong = await client.post(path, json={"email": "nobody"}, headers=await logged_in(Role.MARKETING))
    assert (wrong.status_code, wrong.json()["error"].partition(":")[0]) == (400, "email")


async def test_staff_alone_see_campaigns_and_marketing_writes(client: AsyncClient) -> None:
    assert (await client.get(CAMPAIGNS)).status_code == 401
    assert (await client.get(CAMPAIGNS, headers=with_key(await an_api_key("banners")))).status_code == 403
    assert (await client.post(CAMPAIGNS, json=NEWS, headers=await logged_in(Role.SUPPORT))).status_code == 403


async def test_what_does_not_compile_is_a_400_with_the_line(client: AsyncClient) -> None:
    answer = await client.post(CAMPAIGNS, json=NEWS | {"htmlContent": "\n{{ nmae }}"}, headers=await logged_in())
    assert answer.status_code == 400
    assert "unknown variables: nmae" in answer.json()["error"]


async def test_another_app_s_campaign_is_not_found(client: AsyncClient) -> None:
    await an_app("reviews")
    campaign = await a_campaign("reviews")
    assert (await client.get(f"{CAMPAIGNS}/{campaign.id}", headers=await logged_in())).status_code == 404
