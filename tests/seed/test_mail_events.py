"""What became of the newsletters of the demonstration company."""

from collections import Counter

import pytest

from models.campaigns import Campaign, CampaignStatus
from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType
from resolvers.email_analytics import campaign_analytics
from seed.histories import ACTOR

pytestmark = pytest.mark.usefixtures("demonstration")


async def test_analytics_are_there_and_equal_a_recount() -> None:
    sent = await Campaign.find({"status": CampaignStatus.SENT.value}).to_list()
    assert len(sent) >= 3
    for campaign in sent:
        found = (await campaign_analytics(ACTOR, str(campaign.id))).numbers
        events = await EmailEvent.find({"campaignId": campaign.id}).to_list()
        by_people = Counter(event.type for event in events if not event.is_machine)
        assert await Delivery.find({"campaignId": campaign.id}).count() == campaign.stats.sent == found.sent
        assert (found.opened, found.clicked, found.bounced) == (
            by_people[EmailEventType.OPENED],
            by_people[EmailEventType.CLICKED],
            by_people[EmailEventType.BOUNCED],
        )
        assert found.unique_opens == by_people[EmailEventType.OPENED]
    opened = await EmailEvent.find({"type": EmailEventType.OPENED.value}).count()
    assert opened > 50
