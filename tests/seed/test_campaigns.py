"""The demonstration's newsletters can be read, sent, and add up."""

from collections import Counter

import pytest

from core import clock
from core.actor import Actor
from models.apps import App
from models.campaigns import Campaign, CampaignStatus
from models.contacts import Contact
from models.deliveries import DeliveryStatus
from resolvers.campaign_contents import content_of
from resolvers.campaigns import CampaignUpdate, update_campaign
from seed.campaigns import campaigns, recipients_of
from seed.catalog import APPS
from seed.company import found_company

pytestmark = pytest.mark.usefixtures("platform")


@pytest.mark.usefixtures("demonstration")
async def test_each_app_has_sent_some_will_send_one_and_drafts_one() -> None:
    for app in APPS:
        statuses = Counter(one.status for one in await Campaign.find({"appId": app.id}).to_list())
        assert (statuses[CampaignStatus.SCHEDULED], statuses[CampaignStatus.DRAFT]) == (1, 1)
        assert statuses[CampaignStatus.SENT] >= 2


@pytest.mark.usefixtures("demonstration")
async def test_what_was_sent_went_to_those_who_had_opted_in_and_adds_up() -> None:
    contacts = await Contact.find_all().to_list()
    for campaign in await Campaign.find({"status": "sent"}).to_list():
        assert campaign.stats.total == len(recipients_of(campaign, contacts)) > 0
        assert campaign.stats.total == sum(getattr(campaign.stats, status.value) for status in DeliveryStatus)
        assert (campaign.open, campaign.chunks) == (False, 1)


async def test_all_of_them_compile_with_the_links_that_are_counted() -> None:
    await found_company(lambda what, done, total: None)
    for campaign in await Campaign.find_all().to_list():
        app = await App.get(campaign.app_id)
        assert app is not None
        content = await content_of(app, campaign)
        assert content.offers_unsubscribe
        if campaign.status is CampaignStatus.SENT:
            assert list(content.links) == campaign.links
        else:
            await update_campaign(Actor.system("tests"), str(campaign.id), CampaignUpdate.model_validate({"name": "N"}))


def test_they_are_the_same_every_time() -> None:
    now = clock.now()
    assert [one.model_dump(exclude={"id"}) for one in campaigns([], now)] == [
        one.model_dump(exclude={"id"}) for one in campaigns([], now)
    ]
