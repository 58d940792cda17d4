"""How people leave newsletters, by the link in each of them."""

import pytest
from bson import ObjectId

from core.actor import Actor, Role
from core.errors import NotFound
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.consent import opt_out_contact
from resolvers.gdpr import erase_contact
from resolvers.sending import can_send
from resolvers.unsubscribing import get_unsubscription, unsubscribe
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery, a_subscriber
from tests.factories.newsletters import (
    READER,
    VISITOR,
    contact_of,
    signed_up,
    subscriber_at,
    unsubscribe_token,
    unsubscribed_by,
)
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

NEWSLETTER, PRODUCT = ConsentCategory.NEWSLETTER, ConsentCategory.PRODUCT
OPTED_IN, OPTED_OUT = ConsentState.OPTED_IN, ConsentState.OPTED_OUT


async def a_reader(*app_ids: str, email: str = READER) -> Contact:
    """Who agreed to the newsletters, and gets them."""
    contact = await with_consent(await a_contact(email), NEWSLETTER, OPTED_IN)
    for app_id in app_ids:
        await a_subscriber(app_id, contact)
    return contact


async def a_newsletter(app_id: str, contact: Contact) -> Delivery:
    return await a_delivery(contact, await a_campaign(app_id))


async def statuses() -> set[SubscriberStatus]:
    return {subscriber.status for subscriber in await Subscriber.find_all().to_list()}


class TestWorks:
    async def test_it_withdraws_consent_and_membership_in_all_apps(self) -> None:
        one, other = await an_app(), await an_app()
        contact = await a_reader(one.id, other.id)
        await unsubscribed_by(await a_newsletter(one.id, contact))
        consent = (await contact_of()).consents.newsletter
        (entry,) = await ConsentEntry.find({"_id": consent.entry_id}).to_list()
        assert (entry.state, entry.source, entry.ip, entry.user_agent) == (
            OPTED_OUT, "unsubscribe link", VISITOR.ip, VISITOR.user_agent
        )  # fmt: skip
        for app in (one, other):
            subscriber = await subscriber_at(app)
            assert (subscriber.status, subscriber.unsubscribed_at) == (SubscriberStatus.UNSUBSCRIBED, consent.at)
            assert not (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_what_happened_is_an_event_of_the_mail(self) -> None:
        app = await an_app()
        mail = await a_newsletter(app.id, await a_reader(app.id))
        await unsubscribed_by(mail)
        (event,) = await EmailEvent.find_all().to_list()
        assert (event.type, event.delivery_id, event.campaign_id) == (
            EmailEventType.UNSUBSCRIBED, mail.id, mail.campaign_id
        )  # fmt: skip

    async def test_twice_is_the_same_as_once(self) -> None:
        app = await an_app()
        mail = await a_newsletter(app.id, await a_reader(app.id))
        await unsubscribed_by(mail)
        once = await contact_of(), await subscriber_at(app)
        await unsubscribed_by(mail)
        assert (await contact_of(), await subscriber_at(app)) == once
        assert await EmailEvent.find_all().count() == 1
        assert await ConsentEntry.find_all().count() == 2

    async def test_an_old_link_works_again_for_who_came_back(self) -> None:
        app = await an_app(double_opt_in=False)
        mail = await a_newsletter(app.id, await a_reader(app.id))
        await unsubscribed_by(mail)
        assert (await signed_up(app)).status is SubscriberStatus.ACTIVE
        await unsubscribed_by(mail)
        assert await statuses() == {SubscriberStatus.UNSUBSCRIBED}

    @pytest.mark.parametrize("category", [PRODUCT, NEWSLETTER, ConsentCategory.OUTREACH, ConsentCategory.RESEARCH])
    async def test_it_ends_mail_of_the_kind_that_the_link_came_in_and_of_no_other(
        self, category: ConsentCategory
    ) -> None:
        app = await an_app()
        contact = await a_reader(app.id)
        left = await unsubscribed_by(await a_delivery(contact, app_id=app.id, category=category))
        consents = (await contact_of()).consents
        assert [one for one in ConsentCategory if consents.of(one).state is OPTED_OUT] == [left.category] == [category]
        assert await statuses() == {
            SubscriberStatus.UNSUBSCRIBED if category is NEWSLETTER else SubscriberStatus.ACTIVE
        }

    async def test_a_link_in_mail_that_nobody_can_leave_is_about_newsletters(self) -> None:
        app = await an_app()
        contact = await a_reader(app.id)
        await unsubscribed_by(await a_delivery(contact, app_id=app.id))
        assert (await contact_of()).consents.transactional.state is ConsentState.NOT_SPECIFIED
        assert await statuses() == {SubscriberStatus.UNSUBSCRIBED}

    async def test_who_bounced_or_complained_stays_so(self) -> None:
        one, other = await an_app(), await an_app()
        contact = await a_reader()
        await a_subscriber(one.id, contact, status=SubscriberStatus.BOUNCED)
        await a_subscriber(other.id, contact, status=SubscriberStatus.COMPLAINED)
        await unsubscribed_by(await a_newsletter(one.id, contact))
        assert await statuses() == {SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED}

    async def test_looking_at_the_link_changes_nothing(self) -> None:
        app = await an_app()
        mail = await a_newsletter(app.id, await a_reader(app.id))
        asked = await get_unsubscription(Actor.anonymous(), app.id, unsubscribe_token(mail), "fr")
        assert (asked.language, asked.delivery.id) == ("fr", mail.id)
        assert await statuses() == {SubscriberStatus.ACTIVE}

    async def test_a_mail_to_nobody_we_know_ends_well(self) -> None:
        app = await an_app()
        contact = await a_reader(app.id)
        mail = await a_newsletter(app.id, contact)
        await erase_contact(SYSTEM, str(contact.id))
        await unsubscribed_by(mail)
        (event,) = await EmailEvent.find_all().to_list()
        assert (event.type, event.ip, event.user_agent) == (EmailEventType.UNSUBSCRIBED, None, None)


class TestOtherWaysOut:
    async def test_staff_who_record_an_opt_out_end_membership(self) -> None:
        app = await an_app()
        await with_consent(await a_reader(app.id), NEWSLETTER, OPTED_OUT)
        assert await statuses() == {SubscriberStatus.UNSUBSCRIBED}

    async def test_an_opt_out_of_all_mail_does(self) -> None:
        app = await an_app()
        await opt_out_contact(SYSTEM, str((await a_reader(app.id)).id))
        assert await statuses() == {SubscriberStatus.UNSUBSCRIBED}

    async def test_an_opt_out_of_something_else_does_not(self) -> None:
        app = await an_app()
        await with_consent(await a_reader(app.id), PRODUCT, OPTED_OUT)
        assert await statuses() == {SubscriberStatus.ACTIVE}

    async def test_who_was_asked_to_confirm_since_then_is_left_alone(self) -> None:
        app = await an_app()
        contact = await a_reader(app.id)
        await opt_out_contact(SYSTEM, str(contact.id))
        await signed_up(app)
        await with_consent(contact, PRODUCT, OPTED_OUT)
        assert await statuses() == {SubscriberStatus.PENDING}


@pytest.mark.parametrize("last_arrives", [True, False])
async def test_a_process_may_die_at_any_write(last_arrives: bool) -> None:
    for writes in range(5):
        app, reader = await an_app(), f"reader-{writes}@example.com"
        mail = await a_newsletter(app.id, await a_reader(app.id, email=reader))
        try:
            with dying(writes, last_arrives=last_arrives):
                await unsubscribed_by(mail)
        except Killed:
            await unsubscribed_by(mail)
        assert (await subscriber_at(app, reader)).status is SubscriberStatus.UNSUBSCRIBED
        assert (await contact_of(reader)).consents.newsletter.state is OPTED_OUT
        assert await EmailEvent.find({"deliveryId": mail.id}).count() == 1


class TestWhoMay:
    @pytest.mark.parametrize("who", ["nobody", "another app's backend", "a viewer"])
    async def test_whoever_has_the_link(self, who: str) -> None:
        app = await an_app()
        actor = {
            "nobody": Actor.anonymous(),
            "another app's backend": backend_of((await an_app()).id),
            "a viewer": await an_actor(Role.VIEWER),
        }[who]
        mail = await a_newsletter(app.id, await a_reader(app.id))
        await unsubscribe(actor, app.id, unsubscribe_token(mail), VISITOR)
        assert await statuses() == {SubscriberStatus.UNSUBSCRIBED}


class TestMissing:
    async def test_a_link_that_is_none_of_ours_is_not_found(self) -> None:
        app, other = await an_app(), await an_app()
        mail = await a_newsletter(app.id, await a_reader(app.id))
        token, gone = unsubscribe_token(mail), unsubscribe_token(Delivery.model_construct(id=ObjectId()))
        for app_id, wrong in (
            (app.id, ""),
            (app.id, token[:-1]),
            (other.id, token),
            ("nothing", token),
            (app.id, gone),
        ):
            with pytest.raises(NotFound):
                await unsubscribe(Actor.anonymous(), app_id, wrong, VISITOR)
        assert await statuses() == {SubscriberStatus.ACTIVE}
