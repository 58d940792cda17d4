"""Campaigns, in GraphQL."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core import clock
from core.actor import Actor, Role
from core.inputs import iso
from models.deliveries import Delivery, DeliveryStatus
from resolvers import campaign_progress
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.apps import an_app
from tests.factories.campaigns import an_audience, sending, work
from tests.factories.mail import HTML, a_campaign
from tests.factories.people import an_actor, logged_in
from tests.schema.asking import ask, error_of

CREATE = """mutation ($input: CampaignCreateInput!) {
  campaignCreate(appId: "banners", input: $input) {
    campaign { id name subject status audience { languages tags } scheduledAt trackOpens app { id } }
    userErrors { code field message } } }"""
NEWS = {"name": "Spring", "subject": "News for {{ name }}", "html": HTML}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_campaign_is_written_changed_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    fields = NEWS | {"audience": {"tags": ["beta"]}, "trackOpens": False}
    created = (await ask(client, marketing, CREATE, input=fields))["campaignCreate"]
    identity = created["campaign"].pop("id")
    assert created["userErrors"] == []
    assert created["campaign"] == {
        "name": "Spring",
        "subject": "News for {{ name }}",
        "status": "DRAFT",
        "audience": {"languages": [], "tags": ["beta"]},
        "scheduledAt": None,
        "trackOpens": False,
        "app": {"id": "banners"},
    }
    query = """mutation ($id: ID!) {
      campaignUpdate(id: $id, input: {name: "Summer", audience: {languages: ["de"]}}) {
        campaign { name subject audience { languages tags } } userErrors { code } }
      campaignDelete(id: $id) { deletedId userErrors { code } } }"""
    answer = await ask(client, marketing, query, id=identity)
    assert answer["campaignUpdate"]["campaign"] == {
        "name": "Summer",
        "subject": "News for {{ name }}",
        "audience": {"languages": ["de"], "tags": ["beta"]},
    }
    assert answer["campaignDelete"] == {"deletedId": identity, "userErrors": []}
    assert (
        await error_of(client, marketing, "query ($id: ID!) { campaign(id: $id) { id } }", id=identity) == "NOT_FOUND"
    )


async def test_campaigns_are_listed_with_their_deliveries(client: AsyncClient) -> None:
    await an_audience("banners", 3)
    campaign = await a_campaign("banners", name="Spring", name_key="spring")
    await sending(campaign)
    await work()
    await Delivery.find_one({"campaignId": campaign.id}).update({"$set": {"status": "failed"}})
    query = """query ($id: ID!) {
      campaigns(appId: "banners", filter: {status: SENT}, sortKey: NAME) {
        nodes { name stats { total sent } } totalCount }
      drafts: campaigns(appId: "banners", filter: {status: DRAFT}) { totalCount }
      campaign(id: $id) {
        deliveries(first: 2) { nodes { status } totalCount pageInfo { hasNextPage } }
        failed: deliveries(filter: {status: FAILED}) { nodes { status kind email refusal } totalCount } } }"""
    answer = await ask(client, await logged_in(Role.VIEWER), query, id=str(campaign.id))
    assert answer["campaigns"] == {"nodes": [{"name": "Spring", "stats": {"total": 3, "sent": 3}}], "totalCount": 1}
    assert answer["drafts"] == {"totalCount": 0}
    assert (answer["campaign"]["deliveries"]["totalCount"], answer["campaign"]["failed"]["totalCount"]) == (3, 1)
    assert answer["campaign"]["deliveries"]["pageInfo"] == {"hasNextPage": True}
    assert answer["campaign"]["failed"]["nodes"][0]["kind"] == "CAMPAIGN"


async def test_deliveries_are_paged_through_without_missing_one(client: AsyncClient) -> None:
    await an_audience("banners", 7)
    campaign = await a_campaign("banners")
    await sending(campaign)
    await work()
    query = """query ($id: ID!, $after: String) { campaign(id: $id) {
      deliveries(first: 3, after: $after) { nodes { email } pageInfo { endCursor hasNextPage } } } }"""
    emails: list[str] = []
    page: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
    while page["hasNextPage"]:
        variables = {"id": str(campaign.id), "after": page["endCursor"]}
        found = (await ask(client, await logged_in(), query, **variables))["campaign"]["deliveries"]
        emails += [node["email"] for node in found["nodes"]]
        page = found["pageInfo"]
    assert len(emails) == len(set(emails)) == 7


async def test_a_campaign_is_scheduled_sent_paused_resumed_and_cancelled(client: AsyncClient) -> None:
    marketing, campaign = await logged_in(Role.MARKETING), await a_campaign("banners")
    await an_audience("banners", 2)
    query = """mutation ($id: ID!, $at: DateTime!) {
      campaignSchedule(id: $id, at: $at) { campaign { status scheduledAt } userErrors { code } }
      campaignUnschedule(id: $id) { campaign { status scheduledAt } }
      campaignTest(id: $id, input: {email: "ada@example.com"}) { message deliveryId userErrors { code } }
      campaignSend(id: $id) { campaign { status } emailJob { type status } userErrors { code } }
      campaignPause(id: $id) { campaign { status } }
      campaignResume(id: $id) { campaign { status } }
      campaignCancel(id: $id) { campaign { status completedAt } userErrors { code } } }"""
    at = iso(clock.now() + timedelta(days=1))
    answer = await ask(client, marketing, query, id=str(campaign.id), at=at)
    assert answer["campaignSchedule"] == {"campaign": {"status": "SCHEDULED", "scheduledAt": at}, "userErrors": []}
    assert answer["campaignUnschedule"]["campaign"] == {"status": "DRAFT", "scheduledAt": None}
    assert answer["campaignTest"]["message"] == "Test mail queued for ada@example.com"
    assert answer["campaignSend"]["emailJob"] == {"type": "campaign.start", "status": "PENDING"}
    assert answer["campaignPause"]["campaign"] == {"status": "PAUSED"}
    assert answer["campaignResume"]["campaign"] == {"status": "SENDING"}
    assert answer["campaignCancel"]["campaign"]["status"] == "CANCELLED"


async def test_uncertain_mail_is_sent_again(client: AsyncClient) -> None:
    campaign = await a_campaign("banners")
    await an_audience("banners", 1)
    await sending(campaign)
    await work(lambda _: DeliveryStatus.UNCERTAIN)
    query = """mutation ($id: ID!) {
      campaignResendUncertain(id: $id) { campaign { status stats { uncertain } } userErrors { message } } }"""
    answer = await ask(client, await logged_in(), query, id=str(campaign.id))
    assert answer["campaignResendUncertain"]["campaign"]["status"] == "SENDING"
    await work()
    answer = await ask(client, await logged_in(), query, id=str(campaign.id))
    assert answer["campaignResendUncertain"]["userErrors"] == [
        {"message": "Of all its mails it is known what became of them"}
    ]


async def test_an_audience_is_measured_before_it_is_used(client: AsyncClient) -> None:
    await an_audience("banners", 2, language="de", tags=["beta"])
    await an_audience("banners", 1)
    query = """{ all: audienceSize(appId: "banners")
      some: audienceSize(appId: "banners", audience: {languages: ["de"], tags: ["beta", "vip"]}) }"""
    assert await ask(client, await logged_in(Role.VIEWER), query) == {"all": 3, "some": 2}


async def test_progress_is_sent_while_it_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_progress, "PAUSE_SECONDS", 0.0)
    campaign = await a_campaign("banners")
    await an_audience("banners", 2)
    answers = await subscribed(await an_actor(Role.VIEWER), str(campaign.id))
    async with asyncio.timeout(10):
        assert (await anext(answers))["data"]["campaignProgress"] == {"status": "DRAFT", "stats": {"sent": 0}}
        await sending(campaign)
        await work()
        while (shown := (await anext(answers))["data"]["campaignProgress"])["status"] != "SENT":
            pass
        assert shown["stats"] == {"sent": 2}
    await answers.aclose()


async def test_a_viewer_does_not_send_and_nobody_does_not_read(client: AsyncClient) -> None:
    query = 'mutation { campaignSend(id: "nobody") { userErrors { code } } }'
    assert await error_of(client, await logged_in(Role.VIEWER), query) == "FORBIDDEN"
    assert await error_of(client, {}, '{ audienceSize(appId: "banners") }') == "UNAUTHENTICATED"


async def test_what_can_be_corrected_is_a_user_error(client: AsyncClient) -> None:
    created = await ask(client, await logged_in(), CREATE, input=NEWS | {"html": "<p>\n{{ nmae }}</p>"})
    assert created["campaignCreate"]["userErrors"] == [
        {"code": "INVALID_INPUT", "field": ["html"], "message": "html, line 2: unknown variables: nmae"}
    ]
    campaign = await a_campaign("banners")
    query = "mutation ($id: ID!) { campaignSend(id: $id) { emailJob { id } userErrors { code field } } }"
    answer = await ask(client, await logged_in(), query, id=str(campaign.id))
    assert answer["campaignSend"] == {
        "emailJob": None,
        "userErrors": [{"code": "INVALID_INPUT", "field": ["audience"]}],
    }


async def subscribed(actor: Actor, campaign_id: str) -> Any:
    query = "subscription ($id: ID!) { campaignProgress(id: $id) { status stats { sent } } }"
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    return await engine.subscribe(engine.prepare(Request(query, None, {"id": campaign_id}), context))
