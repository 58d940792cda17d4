"""What lets somebody in who has it, such as the link in a mail, is readable for that mail's reader alone."""

from datetime import UTC, datetime
from typing import Any, Final

import bson
import orjson
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from core import clock, runtime
from core.actor import Actor
from core.errors import InvalidInput, Unavailable
from core.mongo import Mongo
from core.settings import Settings
from mail.providers import Outcome, Receipt
from mail.providers.memory import MemoryProvider
from models.apps import App
from models.contacts import Contact
from models.deliveries import Delivery, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.suppressions import SuppressionReason
from resolvers.delivering import deliver_one
from resolvers.gdpr import erase_contact, export_contact
from resolvers.mail_secrets import secret_values_of, without_secrets
from resolvers.outbox import sending_mail
from resolvers.suppressions import suppress
from resolvers.template_inputs import TemplateCreate
from resolvers.templates import create_template
from resolvers.transactional import Recipient, queue_mail
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
TOKEN: Final = "Kx9vT2pQ7mWz4cRb8nLd3hJf"
CODE: Final = "483920"
SECRETS: Final = {"link": f"https://apps.example.com/sign-in/{TOKEN}", "code": CODE}
ADA: Final = Recipient("ada@example.com")
TEXT: Final = "{{ code }} is your code for {{ shop }}, or open {{ link }}"


async def a_mail(contact: Contact | None = None, text: str = TEXT, **fields: Any) -> Delivery:
    """Planned, as one to sign in will be."""
    app: App = await an_app()
    template = {"key": "sign-in", "subject": "Sign in", "text": text}
    template["variables"] = ["code", "link", "shop"]  # type: ignore[assignment]  # names alone are understood
    await create_template(SYSTEM, app.id, TemplateCreate.model_validate(template))
    known = {"values": {"shop": "Tea"}, "secret_values": SECRETS, "source": "sign-in:1"}
    return await queue_mail(SYSTEM, app, "sign-in", contact or await a_contact(), **{**known, **fields})


async def kept(delivery: Delivery) -> Delivery:
    found = await Delivery.get(delivery.id)
    assert found is not None
    return found


async def readable(mongo: Mongo) -> list[str]:
    """Where a secret stands in clear text, anywhere in the database."""
    needles = [TOKEN.encode(), CODE.encode()]
    return [
        f"{name}: {document}"
        for name in await mongo.database.list_collection_names()
        async for document in mongo.database[name].find({})
        if any(needle in bson.encode(document) for needle in needles)
    ]


async def sent_by(post: MemoryProvider, settings: Settings, delivery: Delivery) -> None:
    async with sending_mail(settings, post):
        await deliver_one(SYSTEM, delivery.id)


def answering(outcome: Outcome, response: str) -> MemoryProvider:
    return MemoryProvider(lambda _: Receipt(outcome, response))


class TestWorks:
    async def test_its_reader_gets_them(self, settings: Settings) -> None:
        post, delivery = MemoryProvider(), await a_mail()
        await sent_by(post, settings, delivery)
        assert post.sent[0].body.text == f"{CODE} is your code for Tea, or open {SECRETS['link']}"

    async def test_nobody_else_ever_does(self, settings: Settings, mongo: Mongo) -> None:
        delivery = await a_mail()
        assert await readable(mongo) == []
        await sent_by(MemoryProvider(), settings, delivery)
        assert await readable(mongo) == []
        assert CODE not in repr(delivery)

    async def test_they_come_back_as_they_were_given(self) -> None:
        values = {"at": datetime(2026, 1, 31, 9, tzinfo=UTC), "n": 1, "x": None, "rows": [{"a": True, "b": 0.5}]}
        assert secret_values_of(await kept(await a_mail(secret_values=values))) == values

    async def test_they_stand_before_what_is_no_secret(self) -> None:
        delivery = await a_mail(values={"shop": "Tea", "code": "none"})
        assert delivery.values["code"] == "none"
        assert secret_values_of(delivery)["code"] == CODE

    async def test_a_mail_without_any_keeps_nothing(self) -> None:
        assert (await a_mail(secret_values={})).sealed_values is None


class TestHowLongTheyAreKept:
    async def test_until_the_mail_is_sent(self, settings: Settings) -> None:
        delivery = await a_mail()
        await sent_by(MemoryProvider(), settings, delivery)
        sent = await kept(delivery)
        assert (sent.status, sent.sealed_values, sent.values) == (DeliveryStatus.SENT, None, {"shop": "Tea"})

    async def test_or_has_what_its_provider_calls_it(self, settings: Settings) -> None:
        delivery = await a_mail()
        await sent_by(MemoryProvider(lambda _: Receipt(Outcome.ACCEPTED, "200", provider_id="1")), settings, delivery)
        assert (await kept(delivery)).sealed_values is None

    async def test_while_it_has_to_be_offered_again(self, settings: Settings) -> None:
        post, delivery = MemoryProvider(), await a_mail()
        with pytest.raises(Unavailable):
            await sent_by(answering(Outcome.DEFERRED, "450 Later"), settings, delivery)
        await sent_by(post, settings, delivery)
        assert CODE in post.sent[0].body.text

    async def test_after_a_crash_it_is_sent_again_with_them(self, settings: Settings) -> None:
        post, delivery = MemoryProvider(), await a_mail()
        await delivery.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        await sent_by(post, settings, delivery)
        assert CODE in post.sent[0].body.text
        assert (await kept(delivery)).sealed_values is None

    @pytest.mark.parametrize("became", [EmailEventType.SENT, EmailEventType.FAILED])
    async def test_not_where_a_crash_came_after_its_end(self, became: EmailEventType, settings: Settings) -> None:
        delivery = await a_mail()
        await delivery.set({"status": DeliveryStatus.SENDING.value, "claim": "dead"})
        await EmailEvent(type=became, at=clock.now(), source="tests", delivery_id=delivery.id).insert()
        await sent_by(MemoryProvider(), settings, delivery)
        assert (await kept(delivery)).sealed_values is None

    async def test_not_when_it_is_refused(self, settings: Settings) -> None:
        delivery = await a_mail()
        await sent_by(answering(Outcome.REFUSED, "554 No"), settings, delivery)
        assert (await kept(delivery)).sealed_values is None

    async def test_not_when_it_must_not_be_sent(self, settings: Settings) -> None:
        delivery = await a_mail()
        await suppress(delivery.email, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        await sent_by(MemoryProvider(), settings, delivery)
        suppressed = await kept(delivery)
        assert (suppressed.status, suppressed.sealed_values) == (DeliveryStatus.SUPPRESSED, None)

    async def test_not_of_somebody_who_was_erased(self) -> None:
        contact = await a_contact()
        delivery = await a_mail(contact)
        await erase_contact(SYSTEM, str(contact.id))
        assert (await kept(delivery)).sealed_values is None


class TestWhatIsSaidOfTheMail:
    @pytest.mark.parametrize("quoted", [TOKEN, TOKEN.lower(), SECRETS["link"], CODE])
    async def test_a_server_that_quotes_them_does_not_give_them_away(
        self, quoted: str, settings: Settings, mongo: Mongo
    ) -> None:
        delivery = await a_mail()
        await sent_by(answering(Outcome.REFUSED, f"554 5.7.1 Listed: {quoted} in the body"), settings, delivery)
        assert (await kept(delivery)).response == "554 5.7.1 Listed: … in the body"
        (event,) = await EmailEvent.find({"type": EmailEventType.FAILED.value}).to_list()
        assert event.detail == "554 5.7.1 Listed: … in the body"
        assert await readable(mongo) == []

    async def test_nor_does_a_template_that_fails(self, settings: Settings, mongo: Mongo) -> None:
        delivery = await a_mail(text="{{ {}[code] }} {{ link }}{{ shop }}")
        with capture_logs() as logs:
            await sent_by(MemoryProvider(), settings, delivery)
        failed = await kept(delivery)
        assert failed.status is DeliveryStatus.FAILED
        assert "can't be composed" in (failed.response or "")
        assert await readable(mongo) == []
        assert CODE not in repr(logs)

    async def test_what_is_no_secret_stays(self) -> None:
        delivery = await a_mail(secret_values={"code": "12"})
        assert without_secrets(delivery, "550 5.1.12 No") == "550 5.1.12 No"
        assert without_secrets(await a_mail(secret_values={}), f"550 {CODE}") == f"550 {CODE}"

    async def test_a_copy_of_a_person_s_data_has_none(self) -> None:
        contact = await a_contact()
        await a_mail(contact)
        copy = orjson.dumps(await (await export_contact(SYSTEM, str(contact.id))).collected()).decode()
        assert TOKEN not in copy
        assert CODE not in copy


def _changed(delivery: Delivery) -> Any:
    return delivery.model_copy(update={"sealed_values": (delivery.sealed_values or b"")[::-1]})


async def _of_another(delivery: Delivery) -> Any:
    other = await a_mail(source="sign-in:2")
    return other.model_copy(update={"sealed_values": delivery.sealed_values})


class TestTheKey:
    async def test_may_be_replaced_while_the_one_before_it_is_kept(self, settings: Settings, mongo: Mongo) -> None:
        delivery = await a_mail()
        changed = {"secret_key": SecretStr("another secret of the tests, 32 characters")}
        runtime.start(settings.model_copy(update={**changed, "previous_secret_keys": (settings.secret_key,)}), mongo)
        assert secret_values_of(delivery) == SECRETS

    async def test_without_it_the_mail_fails_and_says_why(self, settings: Settings, mongo: Mongo) -> None:
        delivery = await a_mail()
        other = SecretStr("another secret of the tests, 32 characters")
        runtime.start(settings.model_copy(update={"secret_key": other}), mongo)
        await sent_by(MemoryProvider(), settings, delivery)
        failed = await kept(delivery)
        assert (failed.status, failed.sealed_values) == (DeliveryStatus.FAILED, None)
        assert "SECRET_KEY was changed" in (failed.response or "")

    async def test_opens_nothing_that_was_changed_or_moved(self) -> None:
        delivery = await a_mail()
        for wrong in (_changed(delivery), await _of_another(delivery)):
            with pytest.raises(InvalidInput):
                secret_values_of(wrong)


class TestValidation:
    async def test_what_a_built_in_mail_calls_secret_is_not_taken_among_the_others(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput, match=r"values\.confirm_url: is secret"):
            await queue_mail(
                SYSTEM, app, "newsletter-confirmation", ADA, values={"confirm_url": SECRETS["link"]}, source="1"
            )
        assert await Delivery.find_all().count() == 0

    @pytest.mark.parametrize("values", [{"a": object()}, {"$a": 1}, {"a": "x" * 10_001}])
    async def test_they_are_what_other_values_are(self, values: Any) -> None:
        with pytest.raises(InvalidInput) as wrong:
            await a_mail(secret_values=values)
        assert (wrong.value.field or "").startswith("values")
        assert await Delivery.find_all().count() == 0
