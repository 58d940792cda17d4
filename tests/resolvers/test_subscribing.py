"""How people sign up for an app's newsletter, and confirm that they want it."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, Gone, NotFound, RateLimited, Unauthenticated
from core.rate_limits import RateLimits
from core.scopes import Scope
from core.tokens import fingerprint
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState
from models.deliveries import Delivery, Refusal
from models.email_jobs import EmailJob
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.consent import opt_out_contact
from resolvers.gdpr import erase_contact
from resolvers.sending import can_send
from resolvers.subscriber_import import SubscribersImport, import_subscribers
from resolvers.subscriber_writes import BETWEEN_MAILS, VALID
from resolvers.subscribers import SubscriberCreate, create_subscriber
from resolvers.subscribing import (
    DOUBLE_OPT_IN,
    SubscriptionRequest,
    confirm_newsletter,
    get_newsletter_confirmation,
    subscribe,
)
from resolvers.suppressions import note_complaint, note_hard_bounce
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_delivery, a_subscriber
from tests.factories.newsletters import (
    READER,
    VISITOR,
    confirmation_tokens,
    confirmed,
    contact_of,
    signed_up,
    subscriber_at,
    unsubscribed_by,
)
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

NEWSLETTER = ConsentCategory.NEWSLETTER
OPTED_IN, OPTED_OUT, PENDING = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.PENDING
ACTIVE = SubscriberStatus.ACTIVE


async def state() -> ConsentState:
    return (await contact_of()).consents.newsletter.state


async def entries() -> list[ConsentEntry]:
    return await ConsentEntry.find({"contactId": (await contact_of()).id}).sort("at").to_list()


class TestWorks:
    async def test_a_newcomer_waits_for_their_confirmation(self) -> None:
        app = await an_app()
        evidence = {"consentText": "Yes, write to me", "ip": "203.0.113.7", "userAgent": "Firefox", "source": "footer"}
        subscriber = await signed_up(app, name="Ada", language="en", tags=["vip"], **evidence)
        assert (subscriber.status, subscriber.name, subscriber.tags) == (SubscriberStatus.PENDING, "Ada", ["vip"])
        assert (await contact_of()).name == "Ada"
        (entry,) = await entries()
        assert (entry.category, entry.state, entry.source) == (NEWSLETTER, PENDING, "footer")
        assert (entry.text, entry.ip, entry.user_agent) == ("Yes, write to me", "203.0.113.7", "Firefox")
        assert not (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_a_mail_with_a_link_asks_for_it(self) -> None:
        app = await an_app()
        subscriber = await signed_up(app)
        (mail,) = await Delivery.find_all().to_list()
        (token,) = await confirmation_tokens(subscriber)
        assert mail.content == "template:newsletter-confirmation"
        assert await EmailJob.find({"payload.deliveryId": str(mail.id)}).count() == 1
        assert [link.digest for link in subscriber.confirmations] == [fingerprint(token)]
        assert len(token) * 6 >= 128
        assert token not in subscriber.model_dump_json()

    async def test_a_confirmation_is_kept_with_time_place_and_what_was_asked(self) -> None:
        app = await an_app(name="Banners")
        await signed_up(app, consentText="Yes, write to me")
        before = clock.now()
        subscriber = (await confirmed(app)).subscriber
        entry = (await entries())[-1]
        assert (subscriber.status, subscriber.unsubscribed_at) == (ACTIVE, None)
        assert subscriber.subscribed_at is not None
        assert subscriber.subscribed_at >= before
        assert (entry.state, entry.source, entry.ip, entry.user_agent) == (
            OPTED_IN, DOUBLE_OPT_IN, VISITOR.ip, VISITOR.user_agent
        )  # fmt: skip
        assert entry.text is not None
        assert entry.text.startswith("Yes, write to me\nDo you want newsletters about Banners to be sent to a•••@")
        assert (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_confirming_twice_is_the_same_as_once(self) -> None:
        app = await an_app()
        await signed_up(app)
        once = await confirmed(app)
        assert await confirmed(app) == once
        assert len(await entries()) == 2

    async def test_looking_at_the_link_changes_nothing(self) -> None:
        app = await an_app()
        subscriber = await signed_up(app)
        (token,) = await confirmation_tokens(subscriber)
        asked = await get_newsletter_confirmation(Actor.anonymous(), app.id, token, "de")
        assert (asked.language, asked.is_done, await subscriber_at(app)) == ("de", False, subscriber)

    async def test_where_no_confirmation_is_asked_for_they_are_active_at_once(self) -> None:
        app = await an_app(double_opt_in=False)
        subscriber = await signed_up(app, consentText="Yes, write to me", source="footer")
        (entry,) = await entries()
        assert (subscriber.status, entry.state, entry.source, entry.text) == (
            ACTIVE, OPTED_IN, "footer", "Yes, write to me"
        )  # fmt: skip
        assert await Delivery.find_all().count() == 0

    async def test_who_left_comes_back(self) -> None:
        app = await an_app(double_opt_in=False)
        subscriber = await signed_up(app)
        await unsubscribed_by(await a_delivery(await contact_of(), app_id=app.id))
        left = await subscriber_at(app)
        assert left.status is SubscriberStatus.UNSUBSCRIBED
        back = await signed_up(app)
        assert (back.id, back.status, back.unsubscribed_at) == (subscriber.id, ACTIVE, left.unsubscribed_at)
        assert await state() is OPTED_IN

    async def test_an_opt_out_stands_until_the_person_confirms(self) -> None:
        app = await an_app()
        await with_consent(await a_contact(READER), NEWSLETTER, OPTED_OUT)
        subscriber = await signed_up(app)
        assert (subscriber.status, await state()) == (SubscriberStatus.PENDING, OPTED_OUT)
        await confirmed(app)
        assert await state() is OPTED_IN

    async def test_an_opt_out_of_all_mail_is_lifted_by_a_confirmation_alone(self) -> None:
        app = await an_app(double_opt_in=False)
        await opt_out_contact(SYSTEM, str((await a_contact(READER)).id))
        subscriber = await signed_up(app)
        assert subscriber.status is SubscriberStatus.PENDING
        assert (await contact_of()).global_opt_out
        await confirmed(app)
        assert not (await contact_of()).global_opt_out
        assert (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_who_complained_confirms_and_gets_mail_again(self) -> None:
        app = await an_app(double_opt_in=False)
        await a_subscriber(app.id, await a_contact(READER), status=SubscriberStatus.COMPLAINED)
        await note_complaint(READER, at=clock.now() - timedelta(hours=1), source="tests")
        assert (await signed_up(app)).status is SubscriberStatus.PENDING
        await confirmed(app)
        assert (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_whose_address_bounced_stays_so_until_they_confirm(self) -> None:
        app = await an_app(double_opt_in=False)
        await a_subscriber(app.id, await a_contact(READER), status=SubscriberStatus.BOUNCED)
        await note_hard_bounce(READER, at=clock.now(), source="tests")
        assert (await signed_up(app)).status is SubscriberStatus.BOUNCED
        assert (await confirmed(app)).subscriber.status is ACTIVE

    async def test_typing_in_somebody_s_address_takes_nothing_from_them(self) -> None:
        one, other = await an_app(), await an_app()
        await signed_up(one, name="Ada", language="en")
        before = (await confirmed(one)).subscriber
        for app in (one, other):
            await signed_up(app, name="Mallory", language="de")
        assert await subscriber_at(one) == before
        assert (await contact_of()).name == "Ada"
        assert (await can_send(READER, NEWSLETTER, one)).allowed
        assert (await subscriber_at(other)).status is SubscriberStatus.PENDING

    async def test_what_is_missing_is_learnt_and_tags_are_added(self) -> None:
        app = await an_app()
        await signed_up(app, tags=["vip"])
        again = await signed_up(app, name="Ada", language="en", tags=["beta", "vip"])
        assert (again.name, again.language, again.tags) == ("Ada", "en", ["vip", "beta"])
        assert again.search_text == "ada@example.com ada"


class TestWhoWasErased:
    async def test_comes_back_by_confirming_that_they_want_to(self) -> None:
        app = await an_app(double_opt_in=False)
        await erase_contact(SYSTEM, str((await a_contact(READER)).id))
        assert (await signed_up(app)).status is SubscriberStatus.PENDING
        assert (await can_send(READER, NEWSLETTER, app)).refusal is Refusal.ERASED
        assert (await confirmed(app)).subscriber.status is ACTIVE
        assert (await can_send(READER, NEWSLETTER, app)).allowed
        others = [one for one in ConsentCategory if one not in (NEWSLETTER, ConsentCategory.TRANSACTIONAL)]
        assert {(await can_send(READER, one, app)).refusal for one in others} == {Refusal.ERASED}

    async def test_does_not_by_what_anybody_else_says(self) -> None:
        app = await an_app(double_opt_in=False)
        await erase_contact(SYSTEM, str((await a_contact(READER)).id))
        agreed = {"consent": True, "consentText": "Yes, write to me"}
        imported = await import_subscribers(
            SYSTEM, app.id, SubscribersImport.model_validate({"rows": [{"email": READER, **agreed}]})
        )
        assert (imported.imported, imported.skipped) == (0, 1)
        data = SubscriberCreate.model_validate({"email": READER, "consentSource": "fair", **agreed})
        assert (await create_subscriber(SYSTEM, app.id, data)).status is SubscriberStatus.PENDING
        await with_consent(await contact_of(), NEWSLETTER, OPTED_IN, source=DOUBLE_OPT_IN)
        assert (await can_send(READER, NEWSLETTER, app)).refusal is Refusal.ERASED

    async def test_stays_when_staff_record_the_same_later_and_goes_when_they_are_erased_again(self) -> None:
        app = await an_app()
        await erase_contact(SYSTEM, str((await a_contact(READER)).id))
        await signed_up(app)
        await confirmed(app)
        await with_consent(await contact_of(), NEWSLETTER, OPTED_IN, source="phone")
        assert (await can_send(READER, NEWSLETTER, app)).allowed
        await erase_contact(SYSTEM, str((await contact_of()).id))
        assert (await can_send(READER, NEWSLETTER, app)).refusal is Refusal.ERASED

    async def test_stays_away_where_their_address_bounced_or_they_left(self) -> None:
        app = await an_app()
        await erase_contact(SYSTEM, str((await a_contact(READER)).id))
        await signed_up(app)
        await confirmed(app)
        await unsubscribed_by(await a_delivery(await contact_of(), app_id=app.id))
        assert not (await can_send(READER, NEWSLETTER, app)).allowed
        await signed_up(app)
        with clock.shifted(BETWEEN_MAILS[0]):
            await signed_up(app)
            await confirmed(app)
            assert (await can_send(READER, NEWSLETTER, app)).allowed
            await note_hard_bounce(READER, at=clock.now(), source="tests")
            assert (await can_send(READER, NEWSLETTER, app)).refusal is Refusal.HARD_BOUNCE


class TestMailsInBetween:
    async def test_there_is_one_in_ten_minutes_and_every_link_works(self) -> None:
        app = await an_app()
        await signed_up(app)
        assert len(await confirmation_tokens(await signed_up(app))) == 1
        with clock.shifted(BETWEEN_MAILS[0]):
            first, second = await confirmation_tokens(await signed_up(app))
        for token in (first, second):
            assert (await confirm_newsletter(Actor.anonymous(), app.id, token, VISITOR)).is_done

    async def test_whoever_does_not_answer_is_asked_ever_more_seldom(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Anybody may type in anybody's address, again and again."""

        async def whatever(*_: object) -> None:
            """As from many callers, over many hours."""

        monkeypatch.setattr(RateLimits, "count", whatever)
        app, asked = await an_app(), list[float]()
        for hours in (0, 0.1, 0.5, 1, 1.6, 3, 20, 26, 100, 190, 195, 400, 719, 721):
            with clock.shifted(timedelta(hours=hours)):
                await signed_up(app)
            if len(await confirmation_tokens(await subscriber_at(app))) > len(asked):
                asked.append(hours)
        assert asked == [0, 0.5, 1.6, 26, 195, 721]

    async def test_of_one_app_says_nothing_of_another(self) -> None:
        for app in (await an_app(), await an_app()):
            assert len(await confirmation_tokens(await signed_up(app))) == 1

    @pytest.mark.parametrize(
        ("name", "printed"),
        [
            ("Ada Lovelace", "Ada Lovelace"),
            ("J.R.R. Tolkien", "J.R.R. Tolkien"),
            ("Dr. José-María O’Neill", "Dr. José-María O’Neill"),  # noqa: RUF001
            ("山田 太郎", "山田 太郎"),
            ("Win at evil.example", ""),
            ("visit evil.com/free now", ""),
            ("You have won! Call 555 1234", ""),
            ("x" * 61, ""),
            ("<b>Ada</b>", ""),
            ("", ""),
        ],
    )
    async def test_print_no_message_that_somebody_typed_in_as_a_name(self, name: str, printed: str) -> None:
        app = await an_app()
        await signed_up(app, name=name)
        (mail,) = await Delivery.find_all().to_list()
        assert (mail.name, (await contact_of()).name) == (printed, name)

    async def test_there_is_one_for_many_who_ask_at_once(self) -> None:
        app = await an_app()
        await asyncio.gather(*(signed_up(app) for _ in range(4)))
        subscriber = await subscriber_at(app)
        assert await Subscriber.find_all().count() == 1
        (token,) = await confirmation_tokens(subscriber)
        assert (await confirm_newsletter(Actor.anonymous(), app.id, token, VISITOR)).is_done

    async def test_the_old_button_does_not_undo_that_they_left(self) -> None:
        app = await an_app()
        await signed_up(app)
        await confirmed(app)
        await unsubscribed_by(await a_delivery(await contact_of(), app_id=app.id))
        assert (await confirmed(app)).subscriber.status is SubscriberStatus.UNSUBSCRIBED
        assert await state() is OPTED_OUT


class TestAnswer:
    async def test_it_does_not_tell_who_is_known(self) -> None:
        app, backend = await an_app(), backend_of((await an_app("other")).id)
        await with_consent(await a_contact("left@example.com"), NEWSLETTER, OPTED_OUT)
        await a_subscriber(app.id, await a_contact("member@example.com", name="Grace"))
        await erase_contact(SYSTEM, str((await a_contact("erased@example.com")).id))
        backend = backend_of(app.id)
        for email in ("new@example.com", "left@example.com", "member@example.com", "erased@example.com"):
            data = SubscriptionRequest.model_validate({"email": email, "name": "Ada"})
            answer = await subscribe(backend, app.id, data)
            assert (answer.email, answer.name) == (email, "Ada")


@pytest.mark.parametrize("double_opt_in", [True, False])
@pytest.mark.parametrize("last_arrives", [True, False])
async def test_a_process_may_die_at_any_write(double_opt_in: bool, last_arrives: bool) -> None:
    """The caller tries again, and all is as if nothing had happened."""
    for writes in range(9):
        app, reader = await an_app(double_opt_in=double_opt_in), f"reader-{writes}@example.com"
        try:
            with dying(writes, last_arrives=last_arrives):
                await signed_up(app, reader)
        except Killed:
            await signed_up(app, reader)
        subscriber = await subscriber_at(app, reader)
        contact = await contact_of(reader)
        assert len(await confirmation_tokens(subscriber)) == double_opt_in
        assert contact.consents.newsletter.state is (PENDING if double_opt_in else OPTED_IN)
        if double_opt_in:
            subscriber = (await confirmed(app, reader)).subscriber
        assert subscriber.status is ACTIVE


@pytest.mark.parametrize("last_arrives", [True, False])
async def test_a_process_may_die_while_somebody_confirms(last_arrives: bool) -> None:
    for writes in range(4):
        app, reader = await an_app(), f"reader-{writes}@example.com"
        await signed_up(app, reader)
        try:
            with dying(writes, last_arrives=last_arrives):
                await confirmed(app, reader)
        except Killed:
            await confirmed(app, reader)
        contact = await contact_of(reader)
        assert (await subscriber_at(app, reader)).status is ACTIVE
        assert contact.consents.newsletter.state is OPTED_IN
        assert await ConsentEntry.find({"contactId": contact.id, "state": "opted_in"}).count() == 1


class TestWhoMay:
    async def test_the_app_s_backend_with_the_scope_and_staff_of_marketing(self) -> None:
        app, data = await an_app(), SubscriptionRequest.model_validate({"email": READER})
        await subscribe(backend_of(app.id, Scope.NEWSLETTER_WRITE), app.id, data)
        await subscribe(await an_actor(Role.MARKETING), app.id, data)
        for actor in (backend_of(app.id, Scope.EVENTS_WRITE), await an_actor(Role.SUPPORT)):
            with pytest.raises(Forbidden):
                await subscribe(actor, app.id, data)
        with pytest.raises(Unauthenticated):
            await subscribe(Actor.anonymous(), app.id, data)

    async def test_another_app_s_backend_finds_nothing(self) -> None:
        app, other = await an_app(), await an_app()
        with pytest.raises(NotFound):
            await subscribe(backend_of(other.id), app.id, SubscriptionRequest.model_validate({"email": READER}))


class TestLimits:
    async def test_an_address_is_signed_up_five_times_an_hour(self) -> None:
        app = await an_app()
        for _ in range(5):
            await signed_up(app)
        with pytest.raises(RateLimited):
            await signed_up(await an_app(), "ADA@example.com".lower())
        await signed_up(app, "grace@example.com")


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"email": "nobody"}, "email"),
            ({"name": "win at https://example.com"}, "name"),
            ({"name": "WWW.example.com"}, "name"),
            ({"ip": "somewhere"}, "ip"),
            ({"referralUrl": "javascript:alert(1)"}, "referralUrl"),
            ({"tags": [""]}, "tags"),
            ({"source": ""}, "source"),
            ({"status": "active"}, "status"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            SubscriptionRequest.model_validate({"email": READER} | fields)
        assert error.value.errors()[0]["loc"][0] == wrong


class TestMissing:
    async def test_an_unknown_app_or_link_is_not_found(self) -> None:
        app, other = await an_app(), await an_app()
        with pytest.raises(NotFound):
            await subscribe(SYSTEM, "nothing", SubscriptionRequest.model_validate({"email": READER}))
        (token,) = await confirmation_tokens(await signed_up(app))
        for app_id, wrong in ((app.id, token + "A"), (app.id, ""), (other.id, token), ("nothing", token)):
            with pytest.raises(NotFound):
                await confirm_newsletter(Actor.anonymous(), app_id, wrong, VISITOR)

    async def test_a_link_ends_after_seven_days(self) -> None:
        app = await an_app()
        (token,) = await confirmation_tokens(await signed_up(app))
        with clock.shifted(VALID), pytest.raises(Gone):
            await confirm_newsletter(Actor.anonymous(), app.id, token, VISITOR)

    async def test_the_link_of_somebody_who_was_erased_is_not_found(self) -> None:
        app = await an_app()
        (token,) = await confirmation_tokens(await signed_up(app))
        await erase_contact(SYSTEM, str((await contact_of()).id))
        with pytest.raises(NotFound):
            await confirm_newsletter(Actor.anonymous(), app.id, token, VISITOR)
