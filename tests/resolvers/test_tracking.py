"""Opened mails and clicked links."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from core import clock
from core.actor import Actor
from core.errors import InvalidInput, Unavailable
from core.runtime import runtime
from mail.links import TrackingTokens
from models.campaigns import Campaign
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEvent, EmailEventType
from resolvers import tracking, tracking_targets
from resolvers.tracking import Followed, Outcome, links_for, record_click, record_open
from resolvers.tracking_visits import Visit, is_machine
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery

pytestmark = pytest.mark.usefixtures("platform")

ANYBODY: Final = Actor.anonymous()
NEWS: Final = "https://banners.example.com/news"
PRICES: Final = "https://banners.example.com/prices?plan=pro&über=1"
PERSON: Final = Visit("203.0.113.7", "Mozilla/5.0 (Macintosh)")
PER_MINUTE: Final = 5
"""In the tests: few enough to be asked for within one minute, however slow the machine is."""


async def a_mail(**fields: Any) -> Delivery:
    """Of a campaign with two links, delivered a while ago."""
    campaign = await a_campaign("banners", links=[NEWS, PRICES])
    known = {"sent_at": clock.now() - timedelta(minutes=1), **fields}
    return await a_delivery(await a_contact(), campaign, **known)


def pixel(delivery: Delivery) -> str:
    return token_of(links_for(delivery.id, 0)[1])


def link(delivery: Delivery, number: int = 1) -> str:
    return token_of(links_for(delivery.id, number)[0][-1])


def token_of(address: str) -> str:
    return address.rpartition("/")[2]


async def events() -> list[EmailEvent]:
    return await EmailEvent.find_all().sort("_id").to_list()


class TestWorks:
    def test_the_addresses_of_a_mail_begin_with_the_public_one(self) -> None:
        links, opened = links_for(ObjectId(), 2)
        assert len(set(links)) == 2
        address = runtime().settings.public_url
        assert all(one.startswith(f"{address}/t/c/") for one in links)
        assert opened.startswith(f"{address}/t/o/")

    async def test_an_open_is_stored_when_it_is_answered(self) -> None:
        delivery = await a_mail()
        assert await record_open(ANYBODY, pixel(delivery), PERSON) is Outcome.RECORDED
        (event,) = await events()
        assert (event.type, event.source, event.is_machine) == (EmailEventType.OPENED, "tracking", False)
        assert (event.delivery_id, event.campaign_id) == (delivery.id, delivery.campaign_id)
        assert (event.app_id, event.contact_id) == ("banners", delivery.contact_id)
        assert (event.ip, event.user_agent, event.pending) == (PERSON.ip, PERSON.user_agent, True)

    async def test_a_click_leads_to_where_the_link_led_when_it_was_sent(self) -> None:
        delivery = await a_mail()
        assert await record_click(ANYBODY, link(delivery), PERSON) == Followed(NEWS, Outcome.RECORDED)
        led = await record_click(ANYBODY, link(delivery, 2), PERSON)
        assert led.url == "https://banners.example.com/prices?plan=pro&%C3%BCber=1"
        assert [(event.type, event.link, event.url) for event in await events()] == [
            (EmailEventType.CLICKED, 1, NEWS),
            (EmailEventType.CLICKED, 2, led.url),
        ]

    async def test_many_at_once_share_writes_and_are_all_stored(self) -> None:
        deliveries = [await a_mail() for _ in range(5)]
        hits = [record_open(ANYBODY, pixel(delivery), PERSON) for delivery in deliveries for _ in range(20)]
        clicks = [record_click(ANYBODY, link(delivery), PERSON) for delivery in deliveries for _ in range(20)]
        await asyncio.gather(*hits, *clicks)
        assert len(await events()) == 200

    async def test_the_links_of_a_campaign_are_remembered(self) -> None:
        delivery = await a_mail()
        await record_click(ANYBODY, link(delivery), PERSON)
        await Campaign.find_one({"_id": delivery.campaign_id}).update({"$set": {"links": []}})
        assert (await record_click(ANYBODY, link(delivery), PERSON)).url == NEWS

    async def test_only_so_many_campaigns_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tracking_targets, "REMEMBERED", 2)
        deliveries = [await a_mail() for _ in range(3)]
        for delivery in deliveries:
            await record_click(ANYBODY, link(delivery), PERSON)
        await Campaign.find_all().update({"$set": {"links": []}})
        with pytest.raises(InvalidInput):
            await record_click(ANYBODY, link(deliveries[0]), PERSON)
        assert (await record_click(ANYBODY, link(deliveries[2]), PERSON)).url == NEWS


class TestMachines:
    async def test_a_click_within_a_second_of_delivery_is_a_machines(self) -> None:
        delivery = await a_mail(sent_at=clock.now())
        await record_click(ANYBODY, link(delivery), PERSON)
        await record_open(ANYBODY, pixel(delivery), PERSON)
        assert [event.is_machine for event in await events()] == [True, False]

    async def test_what_counts_is_the_delivery_where_it_is_known(self) -> None:
        delivery = await a_mail(delivered_at=clock.now())
        await record_click(ANYBODY, link(delivery), PERSON)
        assert [event.is_machine for event in await events()] == [True]

    @pytest.mark.parametrize(
        ("method", "user_agent", "purpose"),
        [
            ("HEAD", "Mozilla/5.0 (Macintosh)", ""),
            ("GET", "Mozilla/5.0 (Macintosh)", "prefetch;prerender"),
            ("GET", "Mozilla/5.0 (Macintosh)", "Prefetch"),
            ("GET", "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", ""),
            ("GET", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ""),
            ("GET", "Slackbot-LinkExpanding 1.0", ""),
            ("GET", "Mimecast-URL-Protect", ""),
        ],
    )
    def test_who_does_not_read(self, method: str, user_agent: str, purpose: str) -> None:
        assert is_machine(method, user_agent, purpose)

    @pytest.mark.parametrize(
        "user_agent",
        [
            "",
            "Mozilla/5.0",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
            "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36",
        ],
    )
    def test_who_asks_for_somebody_who_reads(self, user_agent: str) -> None:
        assert not is_machine("GET", user_agent, "")


class TestLimits:
    async def test_a_link_that_is_asked_for_over_and_over_leads_on_but_is_not_recorded(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tracking, "PER_MINUTE", PER_MINUTE)
        delivery, other = await a_mail(), await a_mail()
        outcomes = [await record_open(ANYBODY, pixel(delivery), PERSON) for _ in range(PER_MINUTE + 2)]
        assert outcomes[PER_MINUTE - 1 :] == [Outcome.RECORDED, Outcome.TOO_MANY, Outcome.TOO_MANY]
        assert await record_open(ANYBODY, pixel(other), PERSON) is Outcome.RECORDED
        led = [await record_click(ANYBODY, link(delivery), PERSON) for _ in range(PER_MINUTE + 1)]
        assert led[-1] == Followed(NEWS, Outcome.TOO_MANY)
        assert len(await events()) == 2 * PER_MINUTE + 1

    async def test_of_somebody_who_was_erased_it_is_not_known_who_asks(self) -> None:
        delivery = await a_mail()
        await delivery.set({"email": ""})
        assert await record_open(ANYBODY, pixel(delivery), PERSON) is Outcome.RECORDED
        assert (await record_click(ANYBODY, link(delivery), PERSON)).outcome is Outcome.RECORDED
        opened, clicked = await events()
        assert {opened.ip, opened.user_agent, clicked.ip, clicked.user_agent} == {None}
        assert (opened.contact_id, clicked.url) == (delivery.contact_id, NEWS)

    async def test_nor_does_an_address_stay_in_where_the_link_led(self) -> None:
        campaign = await a_campaign("banners", links=[f"{NEWS}?to=ada%40tea.example#a", PRICES])
        delivery = await a_delivery(await a_contact(), campaign)
        await delivery.set({"email": ""})
        followed = [await record_click(ANYBODY, link(delivery, number), PERSON) for number in (1, 2)]
        assert followed[0].url == f"{NEWS}?to=ada%40tea.example#a"
        assert [event.url for event in await events()] == [NEWS, followed[1].url]

    async def test_a_trial_leads_on_but_is_not_recorded(self) -> None:
        delivery = await a_mail(kind=DeliveryKind.TEST)
        assert await record_open(ANYBODY, pixel(delivery), PERSON) is Outcome.IGNORED
        assert await record_click(ANYBODY, link(delivery), PERSON) == Followed(NEWS, Outcome.IGNORED)
        assert await events() == []

    async def test_a_database_that_does_not_answer_is_no_promise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def fail(_: object) -> int:
            raise AutoReconnect("gone")

        delivery = await a_mail()
        monkeypatch.setattr(tracking, "insert_events", fail)
        assert await record_open(ANYBODY, pixel(delivery), PERSON) is Outcome.UNAVAILABLE
        with pytest.raises(Unavailable):
            await record_click(ANYBODY, link(delivery), PERSON)


class TestValidation:
    @pytest.mark.parametrize("token", ["", "x", "é" * 31, "A" * 31, "a" * 5000])
    async def test_what_we_did_not_sign_is_recorded_nowhere(self, token: str) -> None:
        assert await record_open(ANYBODY, token, PERSON) is Outcome.IGNORED
        with pytest.raises(InvalidInput):
            await record_click(ANYBODY, token, PERSON)
        assert await events() == []

    async def test_a_token_of_another_key_or_of_the_other_kind_is_none(self) -> None:
        delivery = await a_mail()
        foreign = TrackingTokens([b"k" * 32]).issue(delivery.id, 1)
        for token in (foreign, pixel(delivery), link(delivery)[:-1] + "!"):
            with pytest.raises(InvalidInput):
                await record_click(ANYBODY, token, PERSON)
        assert await record_open(ANYBODY, link(delivery), PERSON) is Outcome.IGNORED
        assert await events() == []


class TestMissing:
    async def test_a_link_that_the_campaign_does_not_have_leads_nowhere(self) -> None:
        delivery = await a_mail()
        with pytest.raises(InvalidInput):
            await record_click(ANYBODY, link(delivery, 3), PERSON)

    async def test_transactional_mail_has_no_tracked_links(self) -> None:
        with pytest.raises(InvalidInput):
            await record_click(ANYBODY, link(await a_delivery(await a_contact())), PERSON)

    async def test_a_mail_that_is_gone_is_recorded_nowhere(self) -> None:
        delivery = await a_mail()
        await delivery.delete()
        assert await record_open(ANYBODY, pixel(delivery), PERSON) is Outcome.IGNORED
        with pytest.raises(InvalidInput):
            await record_click(ANYBODY, link(delivery), PERSON)
        assert await events() == []
