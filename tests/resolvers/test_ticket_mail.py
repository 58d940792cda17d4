"""Mail to the customers of tickets: on each occasion once, and all of it one conversation."""

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from core import clock, runtime
from core.actor import Actor, Role
from core.errors import Gone
from core.runtime import Runtime
from core.settings import Settings
from models.apps import App
from models.deliveries import Delivery
from models.tickets import Ticket, TicketStatus
from resolvers import ticket_events, ticket_mail
from resolvers.attachments import get_linked_attachment
from resolvers.mail_contents import message_for
from resolvers.reply_addresses import Answered, answered_by, reply_address
from resolvers.ticket_creation import TicketCreate, create_ticket
from resolvers.ticket_ratings import get_ticket_rating
from resolvers.ticket_upkeep import finish_ticket_events
from resolvers.tickets import TicketStatusChange, change_ticket_status
from tests.factories.apps import an_app
from tests.factories.attachments import a_file, uploaded
from tests.factories.dying import Killed, dying
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, conversation, kept, said

pytestmark = pytest.mark.usefixtures("platform")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def receiving(platform: Runtime, settings: Settings) -> Runtime:
    """Mail is received."""
    return runtime.start(settings.model_copy(update={"inbound_domain": "in.example.com"}), platform.mongo)


async def mails(key: str | None = None) -> list[Delivery]:
    named = {"content": f"template:{key}"} if key else {}
    return await Delivery.find(named).sort("_id").to_list()


async def the_mail(key: str) -> Delivery:
    (delivery,) = await mails(key)
    return delivery


async def read(delivery: Delivery) -> Any:
    """As the recipient's program reads it."""
    app = await App.get(delivery.app_id)
    message = await message_for(delivery, app)
    return message_from_bytes(message.content, policy=policy.default)


async def resolved(ticket: Ticket, actor: Actor | None = None) -> Ticket:
    change = TicketStatusChange(status=TicketStatus.RESOLVED)
    return await change_ticket_status(actor or await an_actor(Role.SUPPORT), str(ticket.id), change)


class TestOccasions:
    async def test_a_new_ticket_is_acknowledged_unless_the_app_says_otherwise(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id, language="de")
        mail = await the_mail("ticket-received")
        assert (mail.email, mail.language, mail.values["reference"]) == (CUSTOMER, "de", ticket.reference)
        assert ticket.message not in str(mail.values)
        await app.set({"support.acknowledges": False})
        await a_ticket(app.id)
        assert len(await mails()) == 1

    async def test_an_answer_is_sent_as_its_author_wrote_it(self) -> None:
        app, user = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id)
        await said(ticket, actor_for(user), "Hello <b>Ada</b>,\n\nplease reload {{ name }}.")
        mail = await read(await the_mail("ticket-reply"))
        assert mail["Subject"] == f"Re: {ticket.subject}"
        html = mail.get_body(("html",)).get_content().replace("\r\n", "\n")
        assert "Hello &lt;b&gt;Ada&lt;/b&gt;,<br>\n<br>\nplease reload {{ name }}." in html
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert "Hello <b>Ada</b>,\n\nplease reload {{ name }}." in text
        assert f"{user.name} of Banners writes:" in text
        assert mail["Auto-Submitted"] is None

    async def test_nobody_hears_of_notes_or_of_what_they_wrote_themselves(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT), "He is a nuisance", isInternal=True)
        await said(ticket, an_end_user(ticket.app_id, CUSTOMER), "Hello?")
        assert [mail.content for mail in await mails()] == ["template:ticket-received"]
        assert "nuisance" not in str([mail.values for mail in await mails()])

    async def test_a_resolution_is_told_with_a_link_to_rate(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id)
        await resolved(ticket)
        mail = await the_mail("ticket-resolved")
        assert "rating_url" not in mail.values, "what lets somebody in is sealed"
        text = (await read(mail)).get_body(("plain",)).get_content()
        token = text.partition("/tickets/rate/")[2].split()[0]
        assert (await get_ticket_rating(Actor.anonymous(), app.id, token)).ticket.id == ticket.id
        await app.set({"support.asksRating": False})
        await said(ticket, an_end_user(app.id, CUSTOMER))
        await resolved(ticket)
        assert "/tickets/rate/" not in (await read((await mails("ticket-resolved"))[1])).as_string()

    async def test_an_answer_that_resolves_says_so_in_one_mail(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT), "Done", status="resolved")
        assert [mail.content for mail in await mails()] == ["template:ticket-received", "template:ticket-reply"]
        text = (await read(await the_mail("ticket-reply"))).get_body(("plain",)).get_content()
        assert "We think that this solves it" in text
        assert "/tickets/rate/" in text

    async def test_a_note_that_resolves_is_not_read_by_the_customer_who_hears_of_it(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT), "Gave up", isInternal=True, status="resolved")
        assert [mail.content for mail in await mails()] == ["template:ticket-received", "template:ticket-resolved"]

    async def test_each_resolution_is_told_and_closing_is_not(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        await resolved(ticket, support)
        await resolved(ticket, support)
        await said(ticket, an_end_user(ticket.app_id, CUSTOMER))
        await resolved(ticket, support)
        await change_ticket_status(support, str(ticket.id), TicketStatusChange(status=TicketStatus.CLOSED))
        assert len(await mails("ticket-resolved")) == 2

    async def test_staff_who_begin_a_conversation_write_and_acknowledge_nothing(self) -> None:
        data = {"subject": "Your invoice", "message": "Here it is", "email": CUSTOMER, "isCustomer": False}
        app = await an_app()
        await create_ticket(await an_actor(Role.SUPPORT), app.id, TicketCreate.model_validate(data))
        assert [mail.content for mail in await mails()] == ["template:ticket-reply"]

    async def test_files_of_an_answer_are_links_that_work_for_a_month(self) -> None:
        app, user = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id)
        (file,) = await uploaded(actor_for(user), app.id, a_file("notes & more.txt", b"Read me"))
        await said(ticket, actor_for(user), "Look", attachmentIds=[file.key])
        mail = await the_mail("ticket-reply")
        assert file.key not in str(mail.values), "what lets somebody in is sealed"
        message = await read(mail)
        text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        url = text.partition(f"{file.filename}: ")[2].split()[0]
        assert f'<a href="{url}">notes &amp; more.txt</a>' in message.get_body(("html",)).get_content()
        token = url.rsplit("/", 1)[-1]
        with clock.shifted(timedelta(days=29)):
            assert (await get_linked_attachment(Actor.anonymous(), app.id, file.key, token)).filename == file.filename
        with clock.shifted(timedelta(days=31)), pytest.raises(Gone):
            await get_linked_attachment(Actor.anonymous(), app.id, file.key, token)

    async def test_whoever_was_erased_gets_nothing(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await ticket.set({"email": ""})
        await said(ticket, await an_actor(Role.SUPPORT))
        assert await mails("ticket-reply") == []


class TestThreads:
    async def test_all_mail_of_a_ticket_answers_the_same_first_one(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        await said(ticket, support)
        await resolved(ticket, support)
        read_mails = [await read(mail) for mail in await mails()]
        root = f"<ticket-{ticket.id}@localhost>"
        assert {mail["References"] for mail in read_mails} == {mail["In-Reply-To"] for mail in read_mails} == {root}
        assert len({mail["Message-ID"] for mail in read_mails}) == 3

    async def test_automatic_mail_says_so_and_what_a_person_wrote_does_not(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT))
        received, reply = [await read(mail) for mail in await mails()]
        assert (received["Auto-Submitted"], reply["Auto-Submitted"]) == ("auto-generated", None)

    async def test_answers_go_to_an_address_that_names_the_ticket(self, receiving: Runtime) -> None:
        app = await an_app()
        await app.set({"mail.replyTo": "help@banners.example.com"})
        ticket = await a_ticket(app.id)
        mail = await the_mail("ticket-received")
        address = (await read(mail))["Reply-To"]
        assert address == reply_address(ticket.id)
        assert answered_by(address) == answered_by(address.upper()) == Answered(ticket_id=ticket.id)
        assert len(address.partition("@")[0]) <= 64
        assert address not in str(mail.model_dump()), "whoever reads the database must not have it"
        assert "reply to this mail" in (await read(mail)).get_body(("plain",)).get_content()

    @pytest.mark.parametrize(
        "address", ["help@in.example.com", "reply+@in.example.com", "reply+abc@in.example.com", "", "reply+ä@x"]
    )
    async def test_no_other_address_names_one(self, receiving: Runtime, address: str) -> None:
        assert answered_by(address) is None

    async def test_nor_does_one_of_another_domain_or_with_a_letter_changed(self, receiving: Runtime) -> None:
        ticket = await a_ticket((await an_app()).id)
        address = reply_address(ticket.id) or ""
        assert answered_by(address.replace("in.example.com", "evil.example.com")) is None
        for place in range(6, 53):
            letter = "b" if address[place] != "b" else "c"
            assert answered_by(address[:place] + letter + address[place + 1 :]) is None

    async def test_where_no_mail_is_received_they_go_to_the_app_or_nowhere(self) -> None:
        app = await an_app()
        await a_ticket(app.id)
        nowhere = await read(await the_mail("ticket-received"))
        assert (nowhere["Reply-To"], reply_address(app.id)) == (None, None)  # type: ignore[arg-type]
        assert "Nobody reads answers" in nowhere.get_body(("plain",)).get_content()
        await app.set({"mail.replyTo": "help@banners.example.com"})
        await a_ticket(app.id)
        assert (await read((await mails())[1]))["Reply-To"] == "help@banners.example.com"


class TestADeathInBetween:
    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(6))
    async def test_an_answer_is_there_once_and_mailed_once(self, writes: int, last_arrives: bool) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        try:
            with dying(writes, last_arrives=last_arrives):
                await said(ticket, support, "Please reload")
        except Killed:
            pass
        with clock.shifted(MINUTE):
            await finish_ticket_events(SYSTEM)
            await finish_ticket_events(SYSTEM)
        after = await kept(ticket)
        was_said = after.status is TicketStatus.OPEN
        assert was_said == (writes > 0 or last_arrives)
        assert (await conversation(ticket)).count("Please reload") == int(was_said)
        assert len(await mails("ticket-reply")) == int(was_said)
        assert after.events == []

    async def test_what_fails_is_told_later_and_nobody_is_told_that_the_message_is_lost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)

        async def fail(*_: Any) -> None:
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(ticket_events, "tell_customers", fail)
            await said(ticket, support)
        assert await mails("ticket-reply") == []
        assert await finish_ticket_events(SYSTEM) == 0, "it may be on its way just now"
        with clock.shifted(MINUTE):
            assert await finish_ticket_events(SYSTEM) == 1
            assert await finish_ticket_events(SYSTEM) == 0
        assert len(await mails("ticket-reply")) == 1

    async def test_what_can_never_be_told_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ticket = await a_ticket((await an_app()).id)
        await App.find_one({"_id": ticket.app_id}).delete()
        await said(ticket, SYSTEM, isInternal=True)
        assert (await kept(ticket)).events == []
        assert ticket_mail.message_source(ticket.id).startswith("ticket-message:")
