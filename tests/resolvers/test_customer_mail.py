"""What customers write by mail goes on with their ticket, or begins one; each mail counts once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, NotFound
from models.deliveries import Delivery
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketSource, TicketStatus
from resolvers.customer_mail import NO_SUBJECT, NO_TEXT, CustomerMail, add_customer_mail, find_answered_ticket
from resolvers.mail_contents import message_for
from resolvers.ticket_continuation import Said
from resolvers.ticket_upkeep import finish_ticket_events
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, conversation, kept, said

pytestmark = pytest.mark.usefixtures("platform")


def a_mail(app_id: str, **fields: Any) -> CustomerMail:
    known = {
        "message_id": "<1@mail.example>",
        "email": CUSTOMER,
        "name": "Ada",
        "subject": "The banner",
        "text": "is gone",
    }
    return CustomerMail(app_id=app_id, **{**known, **fields})


async def added(app_id: str, **fields: Any) -> Said:
    return await add_customer_mail(SYSTEM, a_mail(app_id, **fields))


class TestBeginning:
    async def test_a_mail_that_answers_nothing_begins_a_ticket(self) -> None:
        app = await an_app()
        begun = await added(app.id, language="de", subject=" The \n banner ")
        ticket = await kept(begun.ticket)
        assert (ticket.subject, ticket.message, ticket.source) == ("The banner", "is gone", TicketSource.EMAIL)
        assert (ticket.email, ticket.name, ticket.language, ticket.status) == (CUSTOMER, "Ada", "de", TicketStatus.NEW)
        assert (begun.message.ticket_id, begun.message.mail_id) == (ticket.id, "<1@mail.example>")
        assert await conversation(ticket) == ["is gone"]

    async def test_its_acknowledgement_answers_it(self) -> None:
        app = await an_app()
        begun = await added(app.id)
        (mail,) = await Delivery.find_all().to_list()
        message = await message_for(mail, app)
        assert message.headers["In-Reply-To"] == "<1@mail.example>"
        assert message.headers["References"] == f"<ticket-{begun.ticket.id}@localhost> <1@mail.example>"

    async def test_what_is_missing_is_named_and_what_is_too_much_cut_off(self) -> None:
        app = await an_app()
        empty = (await added(app.id, subject=" ", text="\n")).ticket
        assert (empty.subject, empty.message) == (NO_SUBJECT, NO_TEXT)
        long = (await added(app.id, message_id="<2@x>", subject="s" * 999, text="t" * 99_999)).ticket
        assert (len(long.subject), len(long.message)) == (200, 50_000)

    async def test_where_the_ticket_is_gone_or_its_person_erased_a_new_one_begins(self) -> None:
        app = await an_app()
        erased = await a_ticket(app.id)
        await erased.set({"email": ""})
        for number, ticket_id in enumerate((erased.id, app.id.encode().ljust(12)[:12])):
            begun = await added(app.id, message_id=f"<{number}@x>", ticket_id=ticket_id)
            assert begun.ticket.id != ticket_id
        assert await Ticket.find({"appId": app.id}).count() == 3


class TestGoingOn:
    async def test_an_answer_is_added_and_opens_the_ticket(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=TicketStatus.PENDING)
        answer = await added(ticket.app_id, ticket_id=ticket.id, text="It works", email="Bob@example.com", name="Bob")
        assert (answer.ticket.id, answer.ticket.status) == (ticket.id, TicketStatus.OPEN)
        assert (answer.message.author_email, answer.message.is_customer) == ("Bob@example.com", True)
        assert await conversation(ticket) == [ticket.message, "It works"]

    async def test_to_what_ended_long_ago_it_begins_another(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=TicketStatus.CLOSED)
        answer = await added(ticket.app_id, ticket_id=ticket.id)
        assert answer.continues is not None
        assert answer.continues.id == ticket.id
        again = await added(ticket.app_id, ticket_id=ticket.id)
        assert (again.ticket.id, again.message.id) == (answer.ticket.id, answer.message.id)
        assert await Ticket.find({"appId": ticket.app_id}).count() == 2

    async def test_another_apps_ticket_takes_nothing(self) -> None:
        app, ticket = await an_app(), await a_ticket((await an_app()).id)
        assert (await added(app.id, ticket_id=ticket.id)).ticket.app_id == app.id
        assert await conversation(ticket) == [ticket.message]


class TestOnce:
    @pytest.mark.parametrize("answers", [False, True])
    async def test_many_workers_with_the_same_mail_add_one_message(self, answers: bool) -> None:
        ticket = await a_ticket((await an_app()).id, status=TicketStatus.PENDING)
        known = {"ticket_id": ticket.id} if answers else {}
        all_said = await asyncio.gather(*(added(ticket.app_id, **known) for _ in range(15)))
        assert len({(one.ticket.id, one.message.id) for one in all_said}) == 1
        assert await TicketMessage.find({"mailId": "<1@mail.example>"}).count() == 1
        assert await Ticket.find({"appId": ticket.app_id}).count() == (1 if answers else 2)

    async def test_the_same_mail_to_two_apps_is_two(self) -> None:
        one, other = await an_app(), await an_app()
        assert (await added(one.id)).message.id != (await added(other.id)).message.id

    @pytest.mark.parametrize("answers", [False, True])
    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(8))
    async def test_a_death_in_between_is_healed_by_doing_it_again(
        self, writes: int, last_arrives: bool, answers: bool
    ) -> None:
        ticket = await a_ticket((await an_app()).id, status=TicketStatus.PENDING)
        known = {"ticket_id": ticket.id} if answers else {}
        try:
            with dying(writes, last_arrives=last_arrives):
                await added(ticket.app_id, **known)
        except Killed:
            pass
        done = await added(ticket.app_id, **known)
        with clock.shifted(timedelta(minutes=1)):
            await finish_ticket_events(SYSTEM)
        assert (await conversation(done.ticket)).count("is gone") == 1
        assert await TicketMessage.find({"mailId": "<1@mail.example>"}).count() == 1
        assert await Ticket.find({"appId": ticket.app_id}).count() == (1 if answers else 2)
        acknowledged = await Delivery.find({"content": "template:ticket-received"}).count()
        assert acknowledged == (1 if answers else 2)


class TestFindingTheTicket:
    async def test_by_what_our_mail_is_called(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT))
        for mail in await Delivery.find_all().to_list():
            references = ["<first@mail.example>", f"<{mail.id}@localhost>"]
            assert await self.found(ticket.app_id, references) == ticket.id
        assert await self.found(ticket.app_id, [f"<ticket-{ticket.id}@localhost>", "<1@mail.example>"]) == ticket.id

    async def test_nothing_else_leads_to_one(self) -> None:
        ticket, other = await a_ticket((await an_app()).id), await an_app()
        ours = f"<ticket-{ticket.id}@localhost>"
        for app_id, references in (
            (other.id, [ours]),
            (ticket.app_id, []),
            (ticket.app_id, ["", "<>", "nonsense", f"<{'0' * 24}@localhost>", f"<ticket-{'0' * 24}@localhost>"]),
            (ticket.app_id, [f"ticket-{ticket.id}"]),
        ):
            assert await self.found(app_id, references) is None

    async def found(self, app_id: str, references: list[str]) -> Any:
        ticket = await find_answered_ticket(SYSTEM, app_id, references)
        return ticket.id if ticket else None


async def test_nobody_but_the_system_brings_mail() -> None:
    app = await an_app()
    for actor in (await an_actor(Role.OWNER), Actor.anonymous()):
        with pytest.raises((Forbidden, Exception)):
            await add_customer_mail(actor, a_mail(app.id))
    with pytest.raises(NotFound):
        await added("nowhere")
