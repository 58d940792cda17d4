"""Campaigns to exactly those whom something concerns: an error's shops, or who wanted what is there now."""

from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

import pytest

from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound, found
from core.settings import Settings
from mail.providers.memory import MemoryProvider
from models.apps import App
from models.campaigns import Campaign, CampaignStatus
from models.contact_lists import ContactList, ContactListMember, ContactListReason
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery, Refusal
from models.log_tallies import ErrorGroup
from models.wants import Want, WantStatus
from resolvers import contact_lists
from resolvers.campaign_jobs import START
from resolvers.campaigns import CampaignUpdate, delete_campaign, update_campaign
from resolvers.delivering import deliver_chunk
from resolvers.gdpr import erase_contact
from resolvers.outbox import sending_mail
from resolvers.targeted_campaigns import (
    TargetedCampaign,
    draft_error_campaign,
    draft_want_campaign,
    list_targeted_campaigns,
)
from resolvers.want_announcements import announce_change
from resolvers.want_changes import WantStatusChange, change_want_status
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, sending, stored, work
from tests.factories.contacts import a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.logs import an_error, logged
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, an_event
from tests.factories.wants import a_want, by, voted, voter

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
SETTINGS: Final = Settings(mail_from="apps@example.com")


@pytest.fixture(autouse=True)
async def app(platform: object) -> App:
    return await an_app(APP)


async def an_error_of(*domains: str) -> ErrorGroup:
    await logged(APP, *(an_error(shopDomain=domain) for domain in domains))
    group = await ErrorGroup.find_one({"appId": APP})
    assert group is not None
    return group


async def drafted_about(group: ErrorGroup, **data: Any) -> Campaign:
    return await draft_error_campaign(SYSTEM, APP, group.fingerprint, TargetedCampaign.model_validate(data))


async def drafted_for(want: Want, **data: Any) -> Campaign:
    return await draft_want_campaign(SYSTEM, APP, str(want.id), TargetedCampaign.model_validate(data))


async def contact_at(address: str) -> Contact:
    return found(await Contact.find_one({"emailKey": address}), "Contact")


async def people_of(campaign: Campaign) -> set[str]:
    members = await ContactListMember.find({"listId": campaign.audience.list_id}).to_list()
    contacts = await Contact.find({"_id": {"$in": [member.contact_id for member in members]}}).to_list()
    return {contact.email for contact in contacts}


async def completed(want: Want, **fields: Any) -> None:
    """Its change is made and announced."""
    change = WantStatusChange.model_validate({"status": WantStatus.COMPLETED, **fields})
    await work_of_announcing(await change_want_status(SYSTEM, APP, str(want.id), change))


async def work_of_announcing(want: Want) -> None:
    await announce_change(SYSTEM, want.id, want.history[-1].id)


class TestOfAnError:
    async def test_it_goes_to_the_people_of_its_shops_that_have_the_app(self, app: App) -> None:
        await a_shop(APP, "tea.myshopify.com", email="ada@tea.example")
        await a_shop(APP, "cake.myshopify.com", email="bob@cake.example")
        await a_shop(APP, "left.myshopify.com", email="eve@left.example")
        await an_event(APP, "app-uninstalled", "left.myshopify.com")
        campaign = await drafted_about(await an_error_of("tea.myshopify.com", "left.myshopify.com"))
        assert await people_of(campaign) == {"ada@tea.example"}
        assert (campaign.status, campaign.category) == (CampaignStatus.DRAFT, ConsentCategory.PRODUCT)
        assert campaign.subject == f"About a problem with {app.name}"

    async def test_what_is_sent_along_is_taken_instead(self) -> None:
        await a_shop(APP, "tea.myshopify.com", email="ada@tea.example")
        campaign = await drafted_about(
            await an_error_of("tea.myshopify.com"),
            name="Sorry",
            subject="Sorry, {{ first_name }}",
            text="It is mended.",
        )
        assert (campaign.name, campaign.subject, campaign.html, campaign.text) == (
            "Sorry", "Sorry, {{ first_name }}", None, "It is mended.",
        )  # fmt: skip

    async def test_where_nobody_is_known_by_address_there_is_nothing_to_draft(self) -> None:
        group = await an_error_of("nobody.myshopify.com")
        with pytest.raises(InvalidInput, match="Nobody"):
            await drafted_about(group)
        assert [await kind.find_all().count() for kind in (ContactList, ContactListMember, Campaign)] == [0, 0, 0]

    async def test_a_text_that_does_not_compile_leaves_nothing_behind(self) -> None:
        await a_shop(APP, "tea.myshopify.com", email="ada@tea.example")
        group = await an_error_of("tea.myshopify.com")
        with pytest.raises(InvalidInput):
            await drafted_about(group, text="{% if %}")
        assert [await kind.find_all().count() for kind in (ContactList, ContactListMember, Campaign)] == [0, 0, 0]

    async def test_more_than_a_list_holds_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contact_lists, "LARGEST", 1)
        for name in ("tea", "cake"):
            await a_shop(APP, f"{name}.myshopify.com", email=f"ada@{name}.example")
        group = await an_error_of("tea.myshopify.com", "cake.myshopify.com")
        with pytest.raises(InvalidInput, match="more than 1 people"):
            await drafted_about(group)


class TestOfAWant:
    async def test_it_goes_to_who_asked_and_who_voted_each_once(self) -> None:
        for address in ("ada@example.com", "bob@example.com", "eve@example.com"):
            await a_contact(address)
        want = await a_want(APP, author=by("ada@example.com"))
        await voted(want, voter("ada@example.com"), voter("bob@example.com"))
        campaign = await drafted_for(want)
        assert await people_of(campaign) == {"ada@example.com", "bob@example.com"}

    async def test_a_title_is_printed_as_it_is(self) -> None:
        await a_contact("ada@example.com")
        campaign = await drafted_for(await a_want(APP, "<b>{{ 7 * 7 }}</b> & more", author=by("ada@example.com")))
        await with_consent(await contact_at("ada@example.com"), ConsentCategory.PRODUCT, ConsentState.OPTED_IN)
        (message,) = (await sent(campaign)).values()
        assert message["Subject"] == "You asked for it: <b>{{ 7 * 7 }}</b> & more"
        page = message.get_body(("html",))
        assert page is not None
        assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; &amp; more" in page.get_content()


class TestCompleting:
    async def test_it_drafts_one_that_says_what_staff_noted(self) -> None:
        await a_contact("ada@example.com")
        want = await a_want(APP, "Schedules", author=by("ada@example.com"))
        await completed(want, note="By the week & by the month")
        (campaign,) = await list_targeted_campaigns(SYSTEM, APP, ContactListReason.WANT, str(want.id))
        assert (campaign.subject, campaign.status) == ("You asked for it: Schedules", CampaignStatus.DRAFT)
        assert "By the week &amp; by the month" in (campaign.html or "")

    async def test_no_other_change_does_nor_one_that_concerns_nobody(self) -> None:
        await a_contact("ada@example.com")
        want, lonely = await a_want(APP, author=by("ada@example.com")), await a_want(APP)
        planned = WantStatusChange(status=WantStatus.PLANNED)
        await work_of_announcing(await change_want_status(SYSTEM, APP, str(want.id), planned))
        await completed(lonely)
        assert [await kind.find_all().count() for kind in (ContactList, Campaign)] == [0, 0]

    @pytest.mark.parametrize("last_arrives", [True, False])
    async def test_there_is_one_although_whoever_drafts_it_dies(self, last_arrives: bool) -> None:
        await a_contact("ada@example.com")
        for writes in range(1, 7):
            want = await a_want(APP, author=by("ada@example.com"))
            change = WantStatusChange(status=WantStatus.COMPLETED)
            changed = await change_want_status(SYSTEM, APP, str(want.id), change)
            with suppress(Killed), dying(writes, last_arrives=last_arrives):
                await work_of_announcing(changed)
            await work_of_announcing(changed)
            (campaign,) = await list_targeted_campaigns(SYSTEM, APP, ContactListReason.WANT, str(want.id))
            assert await people_of(campaign) == {"ada@example.com"}
        assert await ContactList.find_all().count() == await Campaign.find_all().count() == 6


class TestSending:
    async def test_whoever_may_be_written_to_about_the_product_is_whether_they_subscribed_or_not(self) -> None:
        asked, uses, neither, no = (f"{name}@example.com" for name in ("asked", "uses", "neither", "no"))
        await with_consent(await a_contact(asked), ConsentCategory.PRODUCT, ConsentState.OPTED_IN)
        await a_shop(APP, "tea.myshopify.com", email=uses)
        await a_contact(neither)
        await with_consent(await a_contact(no), ConsentCategory.PRODUCT, ConsentState.OPTED_OUT)
        want = await a_want(APP)
        await voted(want, *(voter(address) for address in (asked, uses, neither, no)))
        campaign = await drafted_for(want)
        messages = await sent(campaign)
        assert messages.keys() == {asked, uses}
        assert messages[asked]["List-Id"].startswith(f"<{APP}.product.")
        mails = {mail.email: mail for mail in await Delivery.find({"campaignId": campaign.id}).to_list()}
        assert {mails[address].refusal for address in (neither, no)} == {Refusal.NO_CONSENT, Refusal.OPTED_OUT}
        assert (await stored(campaign)).stats.total == 4

    async def test_whoever_was_erased_meanwhile_is_nobody(self) -> None:
        for address in ("ada@example.com", "bob@example.com"):
            await with_consent(await a_contact(address), ConsentCategory.PRODUCT, ConsentState.OPTED_IN)
        want = await a_want(APP)
        await voted(want, voter("ada@example.com"), voter("bob@example.com"))
        campaign = await drafted_for(want)
        await erase_contact(SYSTEM, str((await contact_at("ada@example.com")).id))
        assert (await sent(campaign)).keys() == {"bob@example.com"}
        assert (await stored(campaign)).status is CampaignStatus.SENT

    async def test_its_audience_can_t_be_narrowed_and_goes_with_it(self) -> None:
        await a_contact("ada@example.com")
        campaign = await drafted_for(await a_want(APP, author=by("ada@example.com")))
        narrower = CampaignUpdate.model_validate({"audience": {"languages": ["de"]}})
        with pytest.raises(InvalidInput, match="audience"):
            await update_campaign(SYSTEM, str(campaign.id), narrower)
        renamed = await update_campaign(SYSTEM, str(campaign.id), CampaignUpdate(name="Schedules are there"))
        assert renamed.audience.list_id == campaign.audience.list_id
        await delete_campaign(SYSTEM, str(campaign.id))
        assert [await kind.find_all().count() for kind in (ContactList, ContactListMember)] == [0, 0]


class TestWhoMay:
    async def test_marketing_draft_and_all_staff_look(self) -> None:
        want, data = await a_want(APP, author=by("ada@example.com")), TargetedCampaign()
        await a_contact("ada@example.com")
        await draft_want_campaign(await an_actor(Role.MARKETING), APP, str(want.id), data)
        viewer = await an_actor(Role.VIEWER)
        assert len(await list_targeted_campaigns(viewer, APP, ContactListReason.WANT, str(want.id))) == 1
        for role in (Role.SUPPORT, Role.VIEWER):
            with pytest.raises(Forbidden):
                await draft_want_campaign(await an_actor(role), APP, str(want.id), data)
            with pytest.raises(Forbidden):
                await draft_error_campaign(await an_actor(role), APP, "0" * 16, data)

    async def test_what_is_another_app_s_does_not_exist(self) -> None:
        want = await a_want((await an_app("tea")).id, author=by("ada@example.com"))
        with pytest.raises(NotFound):
            await drafted_for(want)
        with pytest.raises(NotFound):
            await draft_error_campaign(SYSTEM, APP, "0" * 16, TargetedCampaign())


async def sent(campaign: Campaign) -> dict[str, EmailMessage]:
    """The messages of the campaign, by recipient."""
    await sending(campaign)
    await work(types=[START])
    begun, post = await stored(campaign), MemoryProvider()
    async with sending_mail(SETTINGS, post):
        for chunk in range(begun.chunks or 0):
            await deliver_chunk(SYSTEM, begun.id, chunk, begun.run)
    return {one.recipient.email: message_from_bytes(one.content, policy=default) for one in post.sent}
