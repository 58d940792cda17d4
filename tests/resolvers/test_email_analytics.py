"""How mail is doing."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import InvalidInput, NotFound, Unauthenticated
from core.pages import Page, Range
from models.campaigns import Campaign
from models.contacts import Contact
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEventType
from models.email_rollups import LinkClicks
from resolvers import email_analytics
from resolvers.email_analytics import CampaignRecipient, RecipientSortKey
from resolvers.email_events import event_about, record_events
from resolvers.email_totals import Total
from tasks.rollups import apply_all
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
DAY: Final = timedelta(days=1)
NEWS: Final = "https://banners.example.com/news"
PRICES: Final = "https://banners.example.com/prices"
Type = EmailEventType


async def told(delivery: Delivery, *types: EmailEventType, at: datetime = NOON, **details: Any) -> None:
    """A minute after another, by a plain mail server where nothing else is said."""
    known = {"source": "smtp", **details}
    await record_events(
        [event_about(delivery, type_, at=at + timedelta(minutes=number), **known) for number, type_ in enumerate(types)]
    )


async def a_read_campaign() -> tuple[Campaign, list[Delivery]]:
    """Of four mails one bounced, two were opened, one of them often, and in one a link was clicked; a scanner saw all
    of them."""
    campaign = await a_campaign("banners", links=[NEWS, PRICES])
    mails = [await a_delivery(await a_contact(), campaign) for _ in range(4)]
    for mail in mails:
        await told(mail, Type.QUEUED, Type.SENT)
        await told(mail, Type.OPENED, Type.CLICKED, at=NOON + timedelta(minutes=2), is_machine=True, url=PRICES)
    await told(mails[0], Type.BOUNCED, at=NOON + timedelta(minutes=3))
    await told(mails[1], Type.OPENED, at=NOON + timedelta(minutes=4))
    await told(mails[2], Type.OPENED, Type.OPENED, Type.CLICKED, at=NOON + DAY, url=NEWS)
    await told(mails[2], Type.CLICKED, at=NOON + DAY + timedelta(hours=1), url=PRICES)
    await told(mails[2], Type.CLICKED, Type.UNSUBSCRIBED, at=NOON + DAY + timedelta(hours=2), url=NEWS)
    await apply_all()
    return campaign, mails


class TestCampaigns:
    async def test_rates_are_shares_of_people(self) -> None:
        campaign, _ = await a_read_campaign()
        found = await email_analytics.campaign_analytics(await an_actor(Role.VIEWER), str(campaign.id))
        numbers = found.numbers
        assert (numbers.sent, numbers.delivered, numbers.bounced) == (4, 3, 1)
        assert (numbers.opened, numbers.unique_opens, numbers.clicked, numbers.unique_clicks) == (3, 2, 3, 1)
        assert (numbers.machine_opened, numbers.machine_clicked, numbers.unsubscribed) == (4, 4, 1)
        assert (numbers.open_rate, numbers.click_through_rate) == (2 / 3, 1 / 3)
        assert (numbers.bounce_rate, numbers.complaint_rate) == (1 / 4, 0.0)

    async def test_the_busiest_links_come_first_without_scanners(self) -> None:
        campaign, _ = await a_read_campaign()
        found = await email_analytics.campaign_analytics(await an_actor(), str(campaign.id))
        assert found.top_links == [LinkClicks(url=NEWS, clicks=2), LinkClicks(url=PRICES, clicks=1)]

    async def test_the_timeline_has_what_happened_day_by_day(self) -> None:
        campaign, _ = await a_read_campaign()
        found = await email_analytics.campaign_analytics(await an_actor(), str(campaign.id))
        assert [(row.date, row.type, row.count) for row in found.timeline] == [
            ("2026-03-02", Type.QUEUED, 4),
            ("2026-03-02", Type.SENT, 4),
            ("2026-03-02", Type.BOUNCED, 1),
            ("2026-03-02", Type.OPENED, 1),
            ("2026-03-03", Type.OPENED, 2),
            ("2026-03-03", Type.CLICKED, 3),
            ("2026-03-03", Type.UNSUBSCRIBED, 1),
        ]

    async def test_of_a_campaign_that_was_not_sent_everything_is_zero(self) -> None:
        campaign = await a_campaign("banners")
        numbers = (await email_analytics.campaign_analytics(await an_actor(), str(campaign.id))).numbers
        assert (numbers.sent, numbers.open_rate, numbers.bounce_rate) == (0, 0.0, 0.0)

    async def test_events_are_counted_by_type(self) -> None:
        campaign, _ = await a_read_campaign()
        stats = await email_analytics.campaign_event_stats(await an_actor(Role.VIEWER), str(campaign.id))
        assert (stats.counts.queued, stats.counts.clicked, stats.counts.machine_clicked) == (4, 3, 4)
        assert (stats.unique_opens, stats.unique_clicks) == (2, 1)


class TestDelivered:
    """A provider that reports deliveries is believed; of one that never does, what did not come back was delivered."""

    @pytest.mark.parametrize(
        ("sources", "delivered"),
        [
            ({"smtp": {"sent": 10}}, 10),
            ({"smtp": {"sent": 10, "bounced": 2}}, 8),
            ({"smtp": {"sent": 10}, "inbound": {"bounced": 3}}, 7),
            ({"resend": {"sent": 10, "delivered": 6, "bounced": 1}}, 6),
            ({"resend": {"sent": 10, "delivered": 6}, "smtp": {"sent": 5, "bounced": 1}}, 10),
            ({"smtp": {"bounced": 3}}, 0),
            ({"memory": {"sent": 10}, "resend": {"delivered": 9}}, 10),
            ({}, 0),
        ],
    )
    def test_is_reported_or_follows(self, sources: dict[str, dict[str, int]], delivered: int) -> None:
        sent = sum(source.get("sent", 0) for source in sources.values())
        total = Total(counts={"sent": sent}, sources=sources)
        assert total.delivered(total.reporting) == delivered

    async def test_no_rate_is_above_one(self) -> None:
        campaign = await a_campaign("banners")
        for number in range(3):
            types = [Type.SENT, Type.OPENED, *([Type.DELIVERED] if number == 0 else [])]
            await told(await a_delivery(await a_contact(), campaign), *types, source="resend")
        await apply_all()
        numbers = (await email_analytics.campaign_analytics(await an_actor(), str(campaign.id))).numbers
        assert (numbers.delivered, numbers.unique_opens, numbers.open_rate) == (1, 3, 1.0)


class TestOverview:
    async def test_sums_all_mail_day_by_day_without_gaps(self) -> None:
        await a_read_campaign()
        await told(await a_delivery(await a_contact(), app_id="tea"), Type.SENT, at=NOON - DAY)
        await apply_all()
        found = await email_analytics.email_overview(await an_actor(Role.VIEWER), MONDAY - 2 * DAY, MONDAY + DAY)
        assert (found.numbers.sent, found.numbers.unique_opens, found.numbers.click_through_rate) == (5, 2, 1 / 4)
        assert [(day.date, day.numbers.sent, day.numbers.delivered, day.numbers.opened) for day in found.timeline] == [
            ("2026-02-28", 0, 0, 0),
            ("2026-03-01", 1, 1, 0),
            ("2026-03-02", 4, 3, 1),
            ("2026-03-03", 0, 0, 2),
        ]

    async def test_of_one_app_leaves_out_the_others(self) -> None:
        app, other = await an_app(), await an_app()
        await told(await a_delivery(await a_contact(), await a_campaign(app.id)), Type.SENT)
        await told(await a_delivery(await a_contact(), app_id=app.id), Type.SENT)
        await told(await a_delivery(await a_contact(), app_id=other.id), Type.SENT)
        await told(await a_delivery(await a_contact(), app_id=None), Type.SENT)
        await apply_all()
        owner = await an_actor()
        assert (await email_analytics.email_overview(owner, MONDAY, MONDAY, app.id)).numbers.sent == 2
        assert (await email_analytics.email_overview(owner, MONDAY, MONDAY)).numbers.sent == 4

    async def test_is_of_the_last_30_days_where_nothing_else_is_said(self) -> None:
        today = clock.now()
        for age in (0, 29, 30):
            await told(await a_delivery(await a_contact()), Type.SENT, at=today - age * DAY)
        await apply_all()
        found = await email_analytics.email_overview(await an_actor())
        assert (found.numbers.sent, len(found.timeline), found.timeline[-1].date) == (2, 30, f"{today:%Y-%m-%d}")

    @pytest.mark.parametrize(("since", "until"), [(MONDAY, MONDAY - DAY), (MONDAY - 366 * DAY, MONDAY)])
    async def test_a_period_that_is_none_or_too_long_is_refused(self, since: datetime, until: datetime) -> None:
        with pytest.raises(InvalidInput) as refused:
            await email_analytics.email_overview(await an_actor(), since, until)
        assert refused.value.field == "from"


class TestRecipients:
    async def test_each_has_what_happened_in_order_without_scanners(self) -> None:
        campaign, mails = await a_read_campaign()
        await told(mails[3], Type.DELIVERED, at=NOON - timedelta(minutes=1))
        rows = await recipients(campaign)
        assert [row.contact_id for row in rows] == [mail.contact_id for mail in mails]
        assert [row.events for row in rows] == [
            [Type.QUEUED, Type.SENT, Type.BOUNCED],
            [Type.QUEUED, Type.SENT, Type.OPENED],
            [Type.QUEUED, Type.SENT, Type.OPENED, Type.CLICKED, Type.UNSUBSCRIBED],
            [Type.DELIVERED, Type.QUEUED, Type.SENT],
        ]
        assert [row.last_event for row in rows] == [Type.BOUNCED, Type.OPENED, Type.UNSUBSCRIBED, Type.SENT]

    async def test_trials_are_no_recipients_and_somebody_who_waits_has_no_events(self) -> None:
        campaign = await a_campaign("banners")
        mail = await a_delivery(await a_contact(), campaign)
        await a_delivery(await a_contact(), campaign, kind=DeliveryKind.TEST)
        (row,) = await recipients(campaign)
        assert (row.id, row.events, row.last_event) == (mail.id, [], None)

    async def test_are_paged_by_cursor(self) -> None:
        campaign, mails = await a_read_campaign()
        sort = RecipientSortKey.CREATED_AT.order(descending=True)
        first = await email_analytics.list_campaign_recipients(await an_actor(), str(campaign.id), Range(3), sort)
        after = Range(3, after=first.cursor_of(first.items[-1]))
        rest = await email_analytics.list_campaign_recipients(await an_actor(), str(campaign.id), after, sort)
        assert [row.id for row in (*first.items, *rest.items)] == [mail.id for mail in reversed(mails)]
        assert (first.has_next, rest.has_next, await first.count()) == (True, False, 4)


async def recipients(campaign: Campaign) -> list[CampaignRecipient]:
    sort = RecipientSortKey.CREATED_AT.order()
    found = await email_analytics.list_campaign_recipients(await an_actor(Role.VIEWER), str(campaign.id), Page(), sort)
    return list(found.items)


class TestContacts:
    async def test_all_mail_to_a_person_is_counted_and_the_latest_shown(self) -> None:
        ada = await a_contact("ada@example.com")
        await told(await mail_to(ada), Type.SENT, Type.OPENED, Type.CLICKED, url=NEWS)
        await told(await mail_to(ada), Type.SENT, Type.COMPLAINED)
        await told(await mail_to(await a_contact()), Type.SENT)
        await apply_all()
        for name in (str(ada.id), "ADA@example.com"):
            found = await email_analytics.contact_email_analytics(await an_actor(Role.VIEWER), name)
            assert (found.contact_id, found.counts.sent, found.counts.opened) == (ada.id, 2, 1)
            assert (found.counts.clicked, found.counts.complained, found.counts.bounced) == (1, 1, 0)
        assert len(found.events) == 5
        assert found.events[0].type is Type.COMPLAINED

    async def test_somebody_who_got_no_mail_has_zeros(self) -> None:
        found = await email_analytics.contact_email_analytics(await an_actor(), str((await a_contact()).id))
        assert (found.counts.sent, list(found.events)) == (0, [])


async def mail_to(contact: Contact) -> Delivery:
    return await a_delivery(contact, await a_campaign("banners"))


class TestWhoMay:
    async def test_strangers_see_nothing(self) -> None:
        nobody, campaign = Actor.anonymous(), str((await a_campaign("banners")).id)
        with pytest.raises(Unauthenticated):
            await email_analytics.email_overview(nobody)
        with pytest.raises(Unauthenticated):
            await email_analytics.campaign_analytics(nobody, campaign)
        with pytest.raises(Unauthenticated):
            await email_analytics.list_campaign_recipients(
                nobody, campaign, Page(), RecipientSortKey.CREATED_AT.order()
            )
        with pytest.raises(Unauthenticated):
            await email_analytics.contact_email_analytics(nobody, "ada@example.com")


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "news", '{"$ne": null}'])
    async def test_what_is_unknown_is_not_found(self, identity: str) -> None:
        owner = await an_actor()
        with pytest.raises(NotFound):
            await email_analytics.campaign_analytics(owner, identity)
        with pytest.raises(NotFound):
            await email_analytics.campaign_event_stats(owner, identity)
        with pytest.raises(NotFound):
            await email_analytics.list_campaign_recipients(owner, identity, Page(), RecipientSortKey.CREATED_AT.order())
        with pytest.raises(NotFound):
            await email_analytics.contact_email_analytics(owner, identity)
        with pytest.raises(NotFound):
            await email_analytics.email_overview(owner, app_id="unknown")
