"""Taking in subscribers from a file."""

import asyncio
from collections import Counter
from datetime import timedelta
from enum import Enum
from io import BytesIO
from typing import Any, Final

import pytest
from pymongo.errors import OperationFailure

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.inputs import iso
from models.apps import App
from models.base import Record
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import SuppressionReason
from resolvers import imports, subscriber_import
from resolvers.consent import opt_out_contact, standing_of
from resolvers.gdpr import erase_contact
from resolvers.import_files import CsvRows
from resolvers.sending import SENTENCES, can_send
from resolvers.subscriber_import import ImportOutcome, SubscribersImport, import_subscribers
from resolvers.subscriber_rows import SPELLINGS
from resolvers.subscribers import SubscriberCreate, create_subscriber
from resolvers.suppressions import suppress
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.dying import dying
from tests.factories.mail import a_subscriber
from tests.factories.newsletters import READER, contact_of, subscriber_at
from tests.factories.people import an_actor
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")

NEWSLETTER = ConsentCategory.NEWSLETTER
WRITTEN: Final[tuple[type[Record], ...]] = (Contact, Subscriber, ConsentEntry)
AGREED: Final = {"consent": True, "consentText": "Yes, write to me"}


async def taken_in(app: App, *rows: dict[str, Any], actor: Actor = SYSTEM) -> ImportOutcome:
    return await import_subscribers(actor, app.id, SubscribersImport.model_validate({"rows": list(rows)}))


def counted(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    return outcome.imported, outcome.updated, outcome.unchanged, outcome.skipped


async def stored() -> list[Any]:
    return [await kind.find_all().sort("_id").to_list() for kind in WRITTEN]


async def reason_for(app: App, email: str = READER) -> str:
    """Why a row with consent is skipped."""
    outcome = await taken_in(app, {"email": email, **AGREED})
    assert counted(outcome) == (0, 0, 0, 1)
    return outcome.errors[0].reason


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 4)


class TestWorks:
    async def test_with_consent_they_are_active_and_get_mail(self) -> None:
        app, marketing = await an_app(), await an_actor(Role.MARKETING)
        at = clock.now() - timedelta(days=3)
        row = {"email": "Ada@example.com", "name": "Ada", "language": "en", "tags": ["vip"], "source": "fair"}
        outcome = await taken_in(app, {**row, **AGREED, "consentedAt": iso(at)}, actor=marketing)
        assert (counted(outcome), outcome.total, outcome.without_consent) == ((1, 0, 0, 0), 1, 0)
        subscriber = await subscriber_at(app)
        assert (subscriber.status, subscriber.source, subscriber.tags) == (SubscriberStatus.ACTIVE, "fair", ["vip"])
        (entry,) = await ConsentEntry.find_all().to_list()
        assert (entry.at, entry.source, entry.text, entry.recorded_by) == (
            at, "import", "Yes, write to me", marketing.label
        )  # fmt: skip
        assert (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_without_consent_they_are_members_who_get_no_mail(self) -> None:
        app = await an_app()
        outcome = await taken_in(app, {"email": READER})
        assert (counted(outcome), outcome.without_consent) == ((1, 0, 0, 0), 1)
        assert (await subscriber_at(app)).status is SubscriberStatus.ACTIVE
        assert not (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_the_same_again_changes_nothing(self) -> None:
        app = await an_app()
        rows: list[dict[str, Any]] = [
            {"email": f"reader-{number}@example.com", "name": "Ada", **AGREED} for number in range(9)
        ]
        rows.append({"email": "other@example.com"})
        await taken_in(app, *rows)
        before = await stored()
        outcome = await taken_in(app, *rows)
        assert (counted(outcome), outcome.without_consent) == ((0, 0, 10, 0), 1)
        assert await stored() == before

    async def test_what_a_file_knows_more_is_learnt(self) -> None:
        app = await an_app()
        await taken_in(app, {"email": READER, "tags": ["old"]})
        outcome = await taken_in(app, {"email": READER, "name": "Ada", "language": "en", "tags": ["new"], **AGREED})
        subscriber, contact = await subscriber_at(app), await contact_of()
        assert counted(outcome) == (0, 1, 0, 0)
        assert (subscriber.name, subscriber.tags) == ("Ada", ["old", "new"])
        assert subscriber.search_text == contact.search_text == "ada@example.com ada"
        assert (contact.name, contact.language, contact.consents.newsletter.state) == (
            "Ada", "en", ConsentState.OPTED_IN
        )  # fmt: skip

    async def test_people_who_are_known_keep_what_is_known(self) -> None:
        app = await an_app()
        await a_shop(app.id, email=READER, owner="Ada King", country="GB")
        outcome = await taken_in(app, {"email": READER, "name": "A. Lovelace", "language": "en", **AGREED})
        contact = await contact_of()
        assert counted(outcome) == (1, 0, 0, 0)
        assert (contact.name, contact.language, contact.apps) == ("Ada King", "en", [app.id])
        assert "myshopify" in contact.search_text
        assert (await subscriber_at(app)).contact_id == contact.id

    async def test_what_somebody_agreed_to_is_not_overwritten(self) -> None:
        app = await an_app()
        contact = await with_consent(await a_contact(READER), NEWSLETTER, ConsentState.OPTED_IN, source="form")
        await taken_in(app, {"email": READER, **AGREED})
        assert (await contact_of()).consents == contact.consents
        assert await ConsentEntry.find_all().count() == 1

    async def test_the_same_person_in_two_apps_is_one_contact(self) -> None:
        one, other = await an_app(), await an_app()
        for app in (one, other):
            assert counted(await taken_in(app, {"email": READER, **AGREED})) == (1, 0, 0, 0)
        assert await Contact.find_all().count() == await ConsentEntry.find_all().count() == 1

    async def test_a_csv_file_is_taken_in(self) -> None:
        app = await an_app()
        text = "email;name;consent;shoe size\nada@example.com;Ada;yes;42\nnobody;;;\nADA@example.com;;;\n"
        outcome = await import_subscribers(SYSTEM, app.id, SubscribersImport(csv=text))
        assert (counted(outcome), outcome.ignored_columns) == ((1, 0, 0, 2), ["shoe size"])
        assert [(error.row, error.email) for error in outcome.errors] == [(3, "nobody"), (4, "ADA@example.com")]
        assert outcome.errors[1].reason == "is the same address as in row 2"


class TestWhoIsLeftOut:
    async def test_who_left_this_newsletter(self) -> None:
        app = await an_app()
        await a_subscriber(app.id, await a_contact(READER), status=SubscriberStatus.UNSUBSCRIBED)
        assert await reason_for(app) == "The person does not get this newsletter any more"

    @pytest.mark.parametrize("state", [ConsentState.OPTED_OUT, ConsentState.PENDING])
    async def test_who_said_no_or_has_not_answered_yet(self, state: ConsentState) -> None:
        await with_consent(await a_contact(READER), NEWSLETTER, state)
        before = await stored()
        assert await reason_for(await an_app()) in SENTENCES.values()
        assert await stored() == before

    async def test_who_opted_out_of_all_mail(self) -> None:
        await opt_out_contact(SYSTEM, str((await a_contact(READER)).id))
        assert await reason_for(await an_app()) == "The person opted out of all mail but transactional"

    async def test_who_was_erased(self) -> None:
        await erase_contact(SYSTEM, str((await a_contact(READER)).id))
        assert await reason_for(await an_app()) == "The person's data was erased at their wish"
        assert await Subscriber.find_all().count() == 0

    @pytest.mark.parametrize("reason", list(SuppressionReason))
    async def test_whose_address_is_suppressed(self, reason: SuppressionReason) -> None:
        await suppress(READER, reason, at=clock.now(), source="tests")
        assert await reason_for(await an_app()) in SENTENCES.values()
        assert await Contact.find_all().count() == 0

    async def test_who_opted_in_since_they_complained_is_let_in(self) -> None:
        await suppress(READER, SuppressionReason.COMPLAINT, at=clock.now() - timedelta(days=1), source="tests")
        await with_consent(await a_contact(READER), NEWSLETTER, ConsentState.OPTED_IN)
        assert counted(await taken_in(await an_app(), {"email": READER})) == (1, 0, 0, 0)

    @pytest.mark.parametrize(
        "status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED, SubscriberStatus.PENDING]
    )
    async def test_who_bounced_complained_or_has_not_confirmed(self, status: SubscriberStatus) -> None:
        app = await an_app()
        await a_subscriber(app.id, await a_contact(READER), status=status)
        assert await reason_for(app) in SENTENCES.values()
        assert (await subscriber_at(app)).status is status

    async def test_rows_that_are_not_valid(self) -> None:
        tomorrow = iso(clock.now() + timedelta(days=1))
        outcome = await taken_in(
            await an_app(), {"email": "nobody"}, {"email": READER, "consentedAt": tomorrow}, {"name": "Ada"}, {"x": 1}
        )
        assert counted(outcome) == (0, 0, 0, 4)
        wrong = [error.reason.partition(":")[0] for error in outcome.errors]
        assert wrong == ["email", "consentedAt", "email", "email"]

    async def test_the_first_thousand_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subscriber_import, "ERRORS_SHOWN", 3)
        outcome = await taken_in(await an_app(), *({"email": str(number)} for number in range(5)))
        assert (outcome.skipped, [error.row for error in outcome.errors]) == (5, [1, 2, 3])


class TestDerived:
    async def test_all_is_as_if_they_had_been_added_one_by_one(self) -> None:
        at = iso(clock.now() - timedelta(days=3))
        rows: list[dict[str, Any]] = [
            {"email": "Ada@example.com", "name": "Ada", "language": "en", "tags": ["vip", "vip"], "source": "import"},
            {"email": "jürgen@exämple.com", "referralUrl": "https://example.com", "source": "fair"},
        ]
        bulk, single = await an_app("bulk"), await an_app("single")
        await taken_in(bulk, *({**row, **AGREED, "consentedAt": at} for row in rows))
        made = [await _facts(bulk)]
        for kind in (Contact, ConsentEntry):
            await kind.delete_all()
        for row in rows:
            evidence = {**AGREED, "consentSource": "import", "consentedAt": at}
            await create_subscriber(SYSTEM, single.id, SubscriberCreate.model_validate(row | evidence))
        made.append(await _facts(single))
        assert made[0] == made[1]

    async def test_consents_follow_the_ledger(self) -> None:
        app = await an_app()
        await with_consent(await a_contact(READER), ConsentCategory.PRODUCT, ConsentState.OPTED_OUT)
        await taken_in(app, {"email": READER, **AGREED}, {"email": "new@example.com", **AGREED})
        for contact in await Contact.find_all().to_list():
            ledger = await ConsentEntry.find({"contactId": contact.id}).to_list()
            assert standing_of(ledger).consents == contact.consents


async def _facts(app: App) -> list[Any]:
    """What is stored, without ids and moments of their own."""
    own = {"_id", "id", "createdAt", "updatedAt", "contactId", "appId", "entryId", "version", "subscribedAt"}

    def without_own(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without_own(item) for name, item in value.items() if name not in own}
        return value.value if isinstance(value, Enum) else value

    documents = [await kind.get_pymongo_collection().find().to_list() for kind in (Contact, ConsentEntry)]
    documents.append(await Subscriber.get_pymongo_collection().find({"appId": app.id}).to_list())
    return [sorted(map(str, map(without_own, kind))) for kind in documents]


class TestFaults:
    @pytest.mark.parametrize("last_arrives", [True, False])
    async def test_a_process_may_die_at_any_write(self, last_arrives: bool) -> None:
        """Whoever repeats it completes it, and nothing is there twice."""
        app, writes, died = await an_app(), 0, True
        while died:
            rows: list[dict[str, Any]] = [{"email": f"{writes}-{number}@example.com", **AGREED} for number in range(10)]
            await a_contact(rows[0]["email"])
            await a_contact(rows[5]["email"])
            try:
                with dying(writes, last_arrives=last_arrives):
                    await taken_in(app, *rows)
                died = False
            except BaseExceptionGroup:
                await taken_in(app, *rows)
            writes += 1
        assert writes > 10
        contacts = {contact.id: contact for contact in await Contact.find_all().to_list()}
        entries = Counter(entry.contact_id for entry in await ConsentEntry.find_all().to_list())
        members = Counter(subscriber.contact_id for subscriber in await Subscriber.find_all().to_list())
        assert len(contacts) == 10 * writes
        assert entries == members == Counter(list(contacts))
        assert {contact.consents.newsletter.state for contact in contacts.values()} == {ConsentState.OPTED_IN}

    async def test_nobody_has_a_consent_without_its_evidence(self) -> None:
        app = await an_app()
        for writes in range(6):
            rows: list[dict[str, Any]] = [{"email": f"{writes}-{number}@example.com", **AGREED} for number in range(4)]
            with dying(writes, last_arrives=True), pytest.raises(BaseExceptionGroup):
                await taken_in(app, *rows, {"email": f"{writes}@example.com", **AGREED})
            for contact in await Contact.find_all().to_list():
                ledger = await ConsentEntry.find({"contactId": contact.id}).to_list()
                agreed = contact.consents.newsletter.state is ConsentState.OPTED_IN
                assert not agreed or standing_of(ledger).consents == contact.consents

    async def test_two_imports_of_the_same_file_at_once(self) -> None:
        app = await an_app()
        rows: list[dict[str, Any]] = [{"email": f"reader-{number}@example.com", **AGREED} for number in range(40)]
        outcomes = await asyncio.gather(*(taken_in(app, *rows) for _ in range(3)))
        assert sum(outcome.imported for outcome in outcomes) == 40
        assert {sum(counted(outcome)) for outcome in outcomes} == {40}
        people = {contact.id for contact in await Contact.find_all().to_list()}
        assert len(people) == 40
        assert Counter(entry.contact_id for entry in await ConsentEntry.find_all().to_list()) == Counter(people)

    async def test_a_person_who_comes_in_between_gets_the_entry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Their contact is made between the look and the write."""
        app, kind = await an_app(), type(Subscriber.get_pymongo_collection())
        insert_many = kind.insert_many
        came = False

        async def after_somebody(collection: Any, documents: Any, **options: Any) -> Any:
            nonlocal came
            if collection.name == "contacts" and not came:
                came = True
                await a_contact(READER)
            return await insert_many(collection, documents, **options)

        monkeypatch.setattr(kind, "insert_many", after_somebody)
        outcome = await taken_in(app, {"email": READER, **AGREED}, {"email": "grace@example.com", **AGREED})
        assert counted(outcome) == (2, 0, 0, 0)
        entries = await ConsentEntry.find_all().to_list()
        assert {entry.contact_id for entry in entries} == {one.id for one in await Contact.find_all().to_list()}
        assert (await contact_of()).consents.newsletter.state is ConsentState.OPTED_IN

    async def test_who_opts_out_meanwhile_is_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app, contact = await an_app(), await a_contact(READER)
        kind = type(Subscriber.get_pymongo_collection())
        insert_many = kind.insert_many

        async def after_the_opt_out(collection: Any, documents: Any, **options: Any) -> Any:
            if collection.name == "subscribers":
                await opt_out_contact(SYSTEM, str(contact.id))
            return await insert_many(collection, documents, **options)

        monkeypatch.setattr(kind, "insert_many", after_the_opt_out)
        await taken_in(app, {"email": READER, **AGREED})
        assert (await contact_of()).global_opt_out
        assert (await subscriber_at(app)).status is SubscriberStatus.UNSUBSCRIBED

    async def test_an_address_that_was_erased_and_let_in_again_has_a_new_ledger(self) -> None:
        app = await an_app()
        await taken_in(app, {"email": READER, **AGREED})
        contact = await contact_of()
        await erase_contact(SYSTEM, str(contact.id))
        await (await _suppressions()).delete_many({})
        assert counted(await taken_in(app, {"email": READER, **AGREED})) == (1, 0, 0, 0)
        assert (await contact_of()).id != contact.id
        assert await ConsentEntry.find({"contactId": (await contact_of()).id}).count() == 1

    async def test_a_database_that_fails_is_not_taken_for_one_that_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def failing(*_: Any, **__: Any) -> Any:
            raise OperationFailure("no more space")

        monkeypatch.setattr(type(Subscriber.get_pymongo_collection()), "insert_many", failing)
        with pytest.raises(ExceptionGroup):
            await taken_in(await an_app(), {"email": READER})


async def _suppressions() -> Any:
    return Contact.get_pymongo_collection().database["suppressions"]


class TestWhoMay:
    async def test_marketing_and_admins(self) -> None:
        app = await an_app()
        for role in (Role.VIEWER, Role.SUPPORT):
            with pytest.raises(Forbidden):
                await taken_in(app, {"email": READER}, actor=await an_actor(role))


class TestValidation:
    async def test_a_file_that_is_broken_somewhere_is_refused_before_anything_is_taken_in(self) -> None:
        good = "\n".join(f"reader-{number}@example.com,Ada" for number in range(50))
        broken = "\n".join(["email,name", good, 'last@example.com,"Ada'])
        file = CsvRows(BytesIO(broken.encode()), SPELLINGS)
        with pytest.raises(InvalidInput, match="can't be read after line"):
            await import_subscribers(SYSTEM, (await an_app()).id, file)
        assert await Contact.find_all().count() == 0

    async def test_a_file_that_is_too_long_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subscriber_import, "MOST_ROWS", 2)
        with pytest.raises(InvalidInput, match="3 rows: import at most 2 at once"):
            await taken_in(await an_app(), *({"email": f"{number}@example.com"} for number in range(3)))

    @pytest.mark.parametrize("given", [{}, {"csv": "email\n", "rows": []}, {"rows": [{}] * 1001}, {"rows": [1]}])
    def test_it_is_either_a_file_or_rows(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"csv|rows"):
            SubscribersImport.model_validate(given)


class TestMissing:
    async def test_an_unknown_app_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            await import_subscribers(SYSTEM, "nothing", SubscribersImport(csv="email\n"))
