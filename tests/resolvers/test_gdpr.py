"""Being forgotten, and getting a copy."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, get_args

import pytest
from beanie import Document
from pydantic import BaseModel

from core import clock
from core.access import ADMINS
from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound
from models import DOCUMENTS
from models.app_events import AppEvent
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.data_exports import DataExportAccess
from models.deliveries import Delivery, Refusal
from models.email_events import EmailEvent, EmailEventType
from models.email_jobs import EmailJob, EmailJobStatus
from models.shops import Shop
from models.suppressions import Suppression, SuppressionReason
from models.webhook_events import WebhookProvider
from resolvers.contacts import get_contact
from resolvers.data_exports import DataExportCreate, Visitor, create_data_export, open_data_export
from resolvers.gdpr import ERASE, erase_contact, export_contact, finish_erasure
from resolvers.job_leases import claim, fail
from resolvers.personal_data import EXEMPT, HOLDINGS
from resolvers.prospect_notes import ProspectNoteCreate, add_prospect_note
from resolvers.sending import can_send
from resolvers.suppressions import suppress as block
from resolvers.transactional import Recipient, queue_mail
from resolvers.webhook_events import keep_webhook_event
from tests.factories.agent import an_agent_action
from tests.factories.apps import an_app
from tests.factories.attachments import a_file, uploaded
from tests.factories.automations import an_automation, worked_off
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.end_users import a_magic_link, a_stored_end_user, an_end_user
from tests.factories.feedback import said as said_of
from tests.factories.inbound import a_mail, received
from tests.factories.logs import an_error, logged
from tests.factories.mail import a_delivery, a_subscriber, an_email_event
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.sequences import a_sequence, an_enrollment
from tests.factories.shops import a_shop, an_event
from tests.factories.tickets import a_ticket, said
from tests.factories.wants import submitted

ADDRESS: Final = "ada@tea.example"
PERSONAL: Final = re.compile(r"^owner$|(^|_)(e?mail|phone|address|ip|user_agent|recipient|first_name|last_name)(_|$)")
"""Names of fields that may hold somebody."""

platform = pytest.mark.usefixtures("platform")


async def ada_everywhere() -> Contact:
    """Somebody of whom every collection knows."""
    app = await an_app()
    shop = await a_shop(app.id, "tea.myshopify.com", email="Ada@tea.example", owner="Ada Lovelace", name="Tea")
    await an_automation(app, condition={"field": "event.by", "op": "contains", "value": "ada"})
    await an_event(app.id, "banner-published", shop.domain, by="ada lovelace", notify=[ADDRESS, "bob@tea.example"])
    await an_event(app.id, "banner-published", shop.domain, by="Bob")
    await worked_off()
    ada = await get_contact(SYSTEM, ADDRESS)
    await an_enrollment(await a_sequence([{"type": "task"}]), ada, greeting="Ada Lovelace")
    evidence = {"ip": "203.0.113.7", "userAgent": "Firefox", "text": "Yes, write to me"}
    await with_consent(ada, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN, **evidence)
    await block(ADDRESS, SuppressionReason.MANUAL, at=clock.now(), source="tests", note="Ada said so")
    link = await create_data_export(SYSTEM, DataExportCreate.model_validate({"contactId": str(ada.id)}))
    await open_data_export(
        SYSTEM, link.url.rsplit("/", 1)[-1], DataExportAccess.VIEWED, Visitor("203.0.113.7", "Firefox")
    )
    delivery = await a_delivery(ada, app_id=app.id)
    url = f"https://tea.example/news?to={ADDRESS}"
    await an_email_event(delivery, EmailEventType.CLICKED, ip="203.0.113.7", user_agent="Firefox", url=url)
    await a_subscriber(app.id, ada)
    await a_stored_end_user(app.id, ADDRESS, contact_id=ada.id, shop_domain=shop.domain)
    await a_magic_link(app.id, "a token", ADDRESS)
    await uploaded(an_end_user(app.id, ADDRESS), app.id, a_file("a.txt", b"ada lovelace wrote this"))
    ticket = await a_ticket(app.id, email=ADDRESS, message="Ada Lovelace asks: how do I export my data?")
    await said(ticket, SYSTEM, f"Ada Lovelace called, from {ADDRESS}", isInternal=True)
    wish = {"authorEmail": ADDRESS, "title": "Write to Ada Lovelace", "description": f"At {ADDRESS}", "vote": True}
    await submitted(app.id, SYSTEM, **wish)
    context = {"user": "Ada Lovelace"}
    await said_of(app.id, SYSTEM, email=ADDRESS, message=f"Write to {ADDRESS}", context=context, page=f"/?to={ADDRESS}")
    await keep_webhook_event(
        SYSTEM,
        WebhookProvider.RESEND,
        "msg_1",
        "email.opened",
        b'{"to": "Ada Lovelace <ada@tea.example>", "ip": "203.0.113.7"}',
        follows=True,
        addresses=[ADDRESS],
    )
    await received(a_mail(f"Ada Lovelace writes from {ADDRESS}", sender=f"Ada Lovelace <{ADDRESS}>"))
    prospect = await a_prospect(ADDRESS, name="Ada Lovelace", facts={"assistant": "Ada Lovelace"})
    await add_prospect_note(SYSTEM, str(prospect.id), ProspectNoteCreate(note=f"Ada Lovelace called: {ADDRESS}"))
    facts = [{"name": "name", "value": "Ada Lovelace"}]
    await an_agent_action(app, ticket, facts=facts, text=f"Ada Lovelace at {ADDRESS}")
    await logged(app.id, an_error("No mail to Ada@tea.example", data={"to": [ADDRESS]}))
    return await get_contact(SYSTEM, ADDRESS)


async def everything_stored() -> str:
    documents = [one for document in DOCUMENTS for one in await document.find_all().to_list()]
    return "\n".join(json.dumps(one.model_dump(mode="json")) for one in documents)


@platform
class TestErasing:
    async def test_nothing_of_the_person_is_left_in_any_collection(self) -> None:
        ada = await ada_everywhere()
        before = (await everything_stored()).casefold()
        await erase_contact(SYSTEM, str(ada.id))
        after = (await everything_stored()).casefold()
        for trace in (ADDRESS, "ada lovelace", "203.0.113.7", "firefox", "ada said so"):
            assert trace in before
            assert trace not in after

    async def test_it_says_how_many_documents_of_each_collection_held_the_person(self) -> None:
        erasure = await erase_contact(SYSTEM, str((await ada_everywhere()).id))
        assert erasure.counts == {
            "agent_actions": 1,
            "app_events": 2,
            "attachments": 1,
            "automation_events": 2,
            "automation_trackers": 1,
            "consent_entries": 1,
            "data_exports": 1,
            "deliveries": 2,
            "email_events": 2,
            "logs": 1,
            "end_users": 1,
            "enrollments": 1,
            "feedback": 1,
            "inbound_messages": 1,
            "magic_links": 1,
            "prospect_notes": 1,
            "prospects": 1,
            "subscribers": 1,
            "shops": 1,
            "suppressions": 2,
            "tickets": 1,
            "ticket_messages": 2,
            "want_votes": 1,
            "wants": 1,
            "webhook_events": 1,
            "contacts": 1,
        }
        assert erasure.sentence.startswith("Erased: 1 in agent_actions, 2 in app_events, 1 in attachments")

    async def test_mail_from_before_they_were_a_contact_goes_too_whatever_dies(self) -> None:
        app = await an_app()
        mail = await queue_mail(SYSTEM, app, "welcome", Recipient("Ada@Tea.example", "Ada"), source="1")
        other = await queue_mail(SYSTEM, app, "welcome", Recipient("bob@tea.example", "Bob"), source="2")
        for one in (mail, other):
            await an_email_event(one, EmailEventType.FAILED, detail=f"550 {one.email}", ip="203.0.113.7")
        ada = await a_contact(ADDRESS)
        copy = await (await export_contact(SYSTEM, str(ada.id))).collected()
        assert [row["email"] for row in copy["deliveries"]] == ["Ada@Tea.example"]
        assert len(copy["email_events"]) == 2
        for writes in range(16):
            with suppress(Killed, NotFound), dying(writes // 2, last_arrives=bool(writes % 2)):
                await erase_contact(SYSTEM, str(ada.id))
        left = await everything_stored()
        assert "ada@tea.example" not in left.casefold()
        assert "bob@tea.example" in left
        assert {event.ip for event in await EmailEvent.find({"deliveryId": mail.id}).to_list()} == {None}

    async def test_two_who_got_the_same_before_they_were_contacts_are_both_erased(self) -> None:
        app, addresses = await an_app(), ("ada@tea.example", "bob@tea.example")
        for address in addresses:
            await queue_mail(SYSTEM, app, "welcome", Recipient(address), source="1")
        for address in addresses:
            await erase_contact(SYSTEM, str((await a_contact(address)).id))
        assert {mail.email for mail in await Delivery.find_all().to_list()} == {""}

    async def test_what_is_about_others_stays(self) -> None:
        await erase_contact(SYSTEM, str((await ada_everywhere()).id))
        shop = await Shop.find_one({"domain": "tea.myshopify.com"})
        assert shop is not None
        assert (shop.name, shop.email, shop.owner) == ("Tea", None, None)
        data = [event.data for event in await AppEvent.find({"name": "banner-published"}).sort("_id").to_list()]
        assert data == [{"notify": ["bob@tea.example"]}, {"by": "Bob"}]
        (entry,) = await ConsentEntry.find_all().to_list()
        assert (entry.state, entry.text) == (ConsentState.OPTED_IN, "Yes, write to me")

    async def test_a_keyed_hash_stays_so_that_the_address_is_not_written_to_again(self) -> None:
        await erase_contact(SYSTEM, str((await a_contact(ADDRESS)).id))
        again = await a_contact(ADDRESS)
        await with_consent(again, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN)
        assert (await can_send(ADDRESS, ConsentCategory.NEWSLETTER, None)).refusal is Refusal.ERASED
        assert (await can_send(ADDRESS, ConsentCategory.TRANSACTIONAL, None)).allowed

    async def test_an_erasure_that_was_cut_off_can_be_completed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await ada_everywhere()

        async def break_off(*_: Any) -> int:
            raise ConnectionError

        holding = next(one for one in HOLDINGS if one.document is Shop)
        with monkeypatch.context() as cut, pytest.raises(ConnectionError):
            cut.setattr("resolvers.erasing.write_shop", break_off)
            await erase_contact(SYSTEM, str(ada.id))
        assert (await holding.document.find({"emailKey": ADDRESS}).count()) == 1
        await erase_contact(SYSTEM, str(ada.id))
        assert ADDRESS not in (await everything_stored()).casefold()
        assert await Suppression.find({"reason": "gdpr"}).count() == 1

    async def test_two_erased_people_do_not_get_in_each_others_way(self) -> None:
        for address in ("one@example.com", "two@example.com"):
            await erase_contact(SYSTEM, str((await a_contact(address)).id))
        assert await Contact.find({"erasedAt": {"$ne": None}}).count() == 2

    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_only_admins_erase(self, role: Role) -> None:
        ada = await a_contact()
        with pytest.raises(Forbidden):
            await erase_contact(await an_actor(role), str(ada.id))

    async def test_erasing_twice_is_not_found(self) -> None:
        ada = await a_contact()
        await erase_contact(SYSTEM, str(ada.id))
        with pytest.raises(NotFound):
            await erase_contact(SYSTEM, str(ada.id))


@platform
class TestErasingSomebodyWhoIsInVeryManyDocuments:
    @pytest.fixture(autouse=True)
    def few_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.gdpr.ERASED_AT_ONCE", 5)

    async def test_is_a_job_and_the_address_is_blocked_at_once(self) -> None:
        ada = await ada_everywhere()
        erasure = await erase_contact(await an_actor(Role.ADMIN), str(ada.id))
        assert erasure.job is not None
        assert (erasure.job.type, erasure.job.payload["contactId"]) == (ERASE, str(ada.id))
        assert erasure.sentence.startswith(f"Erasing {sum(erasure.counts.values())} documents in job {erasure.job.id}")
        assert (await can_send(ADDRESS, ConsentCategory.NEWSLETTER, None)).refusal is Refusal.ERASED
        assert (await get_contact(SYSTEM, str(ada.id))).email.casefold() == ADDRESS

    async def test_the_job_leaves_nothing_of_the_person(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("resolvers.holdings.BATCH", 2)
        ada = await ada_everywhere()
        for _ in range(4):
            await a_delivery(ada)
        await erase_contact(SYSTEM, str(ada.id))
        erasure = await finish_erasure(SYSTEM, str(ada.id))
        assert erasure.counts["deliveries"] == 6
        everything = (await everything_stored()).casefold()
        for trace in (ADDRESS, "ada lovelace", "203.0.113.7", "firefox", "ada said so"):
            assert trace not in everything

    async def test_doing_the_job_again_finds_nothing_to_do(self) -> None:
        ada = await ada_everywhere()
        await finish_erasure(SYSTEM, str(ada.id))
        assert (await finish_erasure(SYSTEM, str(ada.id))).counts == {}

    async def test_asking_again_is_the_same_job(self) -> None:
        ada = await ada_everywhere()
        jobs = [(await erase_contact(SYSTEM, str(ada.id))).job for _ in range(2)]
        assert jobs[0] == jobs[1]
        assert await EmailJob.find({"type": ERASE}).count() == 1

    async def test_asking_again_puts_a_job_back_that_failed(self) -> None:
        ada = await ada_everywhere()
        await erase_contact(SYSTEM, str(ada.id))
        taken = await claim(SYSTEM, "tests", [ERASE])
        assert taken is not None
        await fail(SYSTEM, taken, "The disk is full")
        again = (await erase_contact(SYSTEM, str(ada.id))).job
        assert again is not None
        assert (again.id, again.status) == (taken.id, EmailJobStatus.PENDING)

    async def test_nobody_but_the_system_does_such_jobs(self) -> None:
        ada = await a_contact()
        with pytest.raises(Forbidden):
            await finish_erasure(await an_actor(Role.OWNER), str(ada.id))


@platform
class TestExporting:
    async def test_it_gathers_what_erasing_would_take_away(self) -> None:
        ada = await ada_everywhere()
        data = await export_contact(await an_actor(Role.VIEWER), str(ada.id))
        assert data.email.casefold() == ADDRESS
        collections = await data.collected()
        assert {name: len(rows) for name, rows in collections.items()} == {
            "agent_actions": 1,
            "app_events": 2,
            "attachments": 1,
            "automation_events": 2,
            "automation_trackers": 1,
            "consent_entries": 1,
            "data_exports": 1,
            "deliveries": 2,
            "email_events": 2,
            "logs": 1,
            "end_users": 1,
            "enrollments": 1,
            "feedback": 1,
            "inbound_messages": 1,
            "magic_links": 1,
            "prospect_notes": 1,
            "prospects": 1,
            "subscribers": 1,
            "shops": 1,
            "suppressions": 1,
            "tickets": 1,
            "ticket_messages": 1,
            "want_votes": 1,
            "wants": 1,
            "webhook_events": 1,
            "contacts": 1,
        }
        assert collections["shops"][0]["owner"] == "Ada Lovelace"
        assert collections["consent_entries"][0]["userAgent"] == "Firefox"
        json.dumps(collections)

    async def test_however_much_it_is_it_can_be_read_row_by_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await ada_everywhere()
        monkeypatch.setattr("resolvers.holdings.BATCH", 2)
        for _ in range(4):
            await a_delivery(ada)
        data = await export_contact(SYSTEM, str(ada.id))
        rows = {name: [row async for row in rows] for name, rows in data.streams()}
        assert rows == await data.collected()
        assert len(rows["deliveries"]) == 6

    async def test_what_is_too_large_for_memory_is_refused_with_a_way_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = await export_contact(SYSTEM, str((await ada_everywhere()).id))
        monkeypatch.setattr("resolvers.gdpr.LARGEST_ANSWER", 3)
        with pytest.raises(InvalidInput, match="make a data export"):
            await data.collected()

    async def test_an_excerpt_has_the_newest_rows_and_says_how_many_there_are(self) -> None:
        ada = await ada_everywhere()
        await a_delivery(ada, app_id="the-newest")
        excerpts = {one.name: one for one in await (await export_contact(SYSTEM, str(ada.id))).excerpts(1)}
        assert ([row["appId"] for row in excerpts["deliveries"].rows], excerpts["deliveries"].total) == (
            ["the-newest"],
            3,
        )
        assert (len(excerpts["app_events"].rows), excerpts["app_events"].total) == (1, 2)
        assert (len(excerpts["shops"].rows), excerpts["shops"].total) == (1, 1)

    async def test_of_an_unknown_contact_there_is_nothing(self) -> None:
        with pytest.raises(NotFound):
            await export_contact(await an_actor(), "0" * 24)


def fields_of(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    """The names of all fields, also of the objects within."""
    for name, info in model.model_fields.items():
        yield name
        for part in parts_of(info.annotation):
            if part not in seen:
                yield from fields_of(part, seen | {model})


def parts_of(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.__name__)
def test_a_document_that_may_hold_somebody_is_in_the_list(document: type[Document]) -> None:
    listed = {holding.document for holding in HOLDINGS} | EXEMPT.keys()
    personal = [name for name in fields_of(document) if PERSONAL.search(name)]
    assert not personal or document in listed, f"{personal}: add it to HOLDINGS or EXEMPT in resolvers/personal_data.py"


def test_people_are_erased_from_their_contact_last() -> None:
    assert HOLDINGS[-1].document is Contact


def test_what_a_person_gets_to_see_are_fields_of_the_document() -> None:
    for holding in HOLDINGS:
        assert holding.shown <= holding.document.model_fields.keys()
