"""Campaigns to exactly those whom something concerns, over GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.wants import a_want, by
from tests.schema.asking import ask

DRAFT = """mutation($app: ID!, $want: ID!) { wantCampaignDraft(appId: $app, id: $want, input: {name: "It is there"}) {
    campaign { id name category status list { name reason subject size } } userErrors { message field } } }"""


@pytest.mark.usefixtures("platform")
class TestDrafting:
    async def test_a_campaign_shows_whom_it_goes_to(self, client: AsyncClient) -> None:
        await a_contact("ada@example.com")
        want = await a_want((await an_app("banners")).id, "Schedules", author=by("ada@example.com"))
        marketing = await logged_in(Role.MARKETING)
        drafted = await ask(client, marketing, DRAFT, app="banners", want=str(want.id))
        campaign = drafted["wantCampaignDraft"]["campaign"]
        assert (campaign["name"], campaign["category"], campaign["status"]) == ("It is there", "PRODUCT", "DRAFT")
        people = {"name": "Wanted: Schedules", "reason": "WANT", "subject": str(want.id), "size": 1}
        assert campaign["list"] == people
        listed = """query($app: ID!, $want: String!, $id: ID!) {
            targetedCampaigns(appId: $app, reason: WANT, subject: $want) { id }
            wantReturns(appId: $app, id: $id) { cameBack } }"""
        answer = await ask(client, marketing, listed, app="banners", want=str(want.id), id=str(want.id))
        assert answer == {"targetedCampaigns": [{"id": campaign["id"]}], "wantReturns": None}

    async def test_where_it_concerns_nobody_it_says_so(self, client: AsyncClient) -> None:
        want = await a_want((await an_app("banners")).id)
        drafted = await ask(client, await logged_in(Role.MARKETING), DRAFT, app="banners", want=str(want.id))
        (error,) = drafted["wantCampaignDraft"]["userErrors"]
        assert error == {"message": "Nobody whom it concerns is known by address", "field": ["id"]}
