"""What is said in tickets, and what a message makes of them."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, RateLimited
from core.pages import Page
from core.scopes import Scope
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketLinkKind, TicketStatus
from resolvers.ticket_messages import TicketMessageCreate, list_ticket_messages
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.tickets import CUSTOMER, a_ticket, conversation, kept, said

pytestmark = pytest.mark.usefixtures("platform")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW, OPEN, PENDING, ON_HOLD, RESOLVED, CLOSED = TicketStatus
OTHER = "bob@example.com"


async def heard(actor: Actor, ticket: Ticket) -> list[str]:
    """What an actor gets to read."""
    found = await list_ticket_messages(actor, str(ticket.id), Page(limit=100))
    return [message.content for message in found.items]


class TestStaff:
    async def test_their_first_answer_opens_the_ticket_and_stops_the_clock(self) -> None:
        ticket, user = await a_ticket((await an_app()).id), await a_user(Role.SUPPORT)
        added = await said(ticket, actor_for(user), "Please reload")
        after = await kept(ticket)
        assert (added.message.is_customer, added.message.author_id, added.message.author_name) == (
            False,
            user.id,
            user.name,
        )
        assert (added.ticket.status, after.status) == (OPEN, OPEN)
        assert after.first_response.stopped_at == after.last_staff_message_at == after.last_message_at
        assert after.due_at == after.created_at + 120 * HOUR, "the other clock goes on"

    async def test_another_answer_changes_nothing_of_that(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        first = (await said(ticket, support)).ticket
        again = (await said(ticket, support)).ticket
        assert again.first_response == first.first_response
        assert again.version == first.version

    async def test_an_answer_can_move_the_ticket_by_the_same_step(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        assert (await said(ticket, support, status="pending")).ticket.status is PENDING
        resolved = (await said(ticket, support, status="resolved")).ticket
        assert (resolved.status, resolved.resolutions) == (RESOLVED, 1)
        assert (await said(ticket, support)).ticket.status is RESOLVED, "an answer alone opens nothing"

    async def test_a_note_moves_nothing_by_itself_and_answers_nobody(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        added = await said(ticket, support, "Looks like the theme", isInternal=True)
        assert (added.message.is_internal, added.ticket.status) == (True, NEW)
        assert added.ticket.first_response.stopped_at is None
        assert added.ticket.last_message_at == ticket.last_message_at
        assert (await said(ticket, support, isInternal=True, status="on_hold")).ticket.status is ON_HOLD

    async def test_they_write_down_what_a_customer_said_elsewhere(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        await said(ticket, support, status="pending")
        added = await said(ticket, support, "It works now", isCustomer=True, authorEmail=OTHER, authorName="Bob")
        assert (added.message.is_customer, added.message.author_email, added.message.author) == (
            True,
            OTHER,
            support.label,
        )
        assert added.ticket.status is OPEN

    async def test_in_a_closed_ticket_they_leave_notes_alone(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=CLOSED)
        support = await an_actor(Role.SUPPORT)
        with pytest.raises(Conflict, match="closed"):
            await said(ticket, support)
        assert (await said(ticket, support, isInternal=True)).ticket.status is CLOSED

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    async def test_other_staff_read_and_do_not_write(self, role: Role) -> None:
        ticket, actor = await a_ticket((await an_app()).id), await an_actor(role)
        await said(ticket, await an_actor(Role.SUPPORT), "A note", isInternal=True)
        assert await heard(actor, ticket) == [ticket.message, "A note"]
        with pytest.raises(Forbidden):
            await said(ticket, actor)


class TestCustomers:
    @pytest.mark.parametrize("status", [PENDING, ON_HOLD, RESOLVED])
    async def test_what_they_write_opens_what_was_not(self, status: TicketStatus) -> None:
        ticket = await a_ticket((await an_app()).id, status=status)
        after = (await said(ticket, an_end_user(ticket.app_id, CUSTOMER))).ticket
        assert (after.id, after.status) == (ticket.id, OPEN)
        stored = await kept(ticket)
        assert (stored.resolved_at, stored.resolution.stopped_at) == (None, None)
        assert stored.resolution.running_since == stored.last_customer_message_at

    async def test_what_is_new_stays_new(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        assert (await said(ticket, an_end_user(ticket.app_id, CUSTOMER))).ticket.status is NEW

    async def test_a_backend_speaks_for_the_customer(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        backend = backend_of(ticket.app_id, Scope.TICKETS_WRITE)
        assert (await said(ticket, backend)).message.author_email == CUSTOMER
        colleague = (await said(ticket, backend, authorEmail=OTHER, authorName="Bob")).message
        assert (colleague.author_email, colleague.author_name, colleague.is_customer) == (OTHER, "Bob", True)
        assert colleague.people_keys == [CUSTOMER, OTHER]
        with pytest.raises(InvalidInput, match="isCustomer"):
            await said(ticket, backend, isCustomer=False)
        with pytest.raises(Forbidden):
            await said(ticket, backend_of(ticket.app_id, Scope.TICKETS_READ))

    async def test_notes_are_for_nobody_but_staff(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await said(ticket, await an_actor(Role.SUPPORT), "He is a nuisance", isInternal=True)
        for actor in (an_end_user(ticket.app_id, CUSTOMER), backend_of(ticket.app_id)):
            assert await heard(actor, ticket) == [ticket.message]
            for fields in ({"isInternal": True}, {"status": "closed"}):
                with pytest.raises(InvalidInput, match="is for staff alone"):
                    await said(ticket, actor, **fields)
        with pytest.raises(InvalidInput, match="not a customer's"):
            await said(ticket, await an_actor(Role.SUPPORT), isInternal=True, isCustomer=True)

    async def test_they_know_who_answered_and_not_at_which_address(self) -> None:
        ticket, sofia = await a_ticket((await an_app()).id), await a_user(Role.SUPPORT)
        await said(ticket, actor_for(sofia))
        for actor, address in ((an_end_user(ticket.app_id, CUSTOMER), ""), (await an_actor(), sofia.email)):
            answer = (await list_ticket_messages(actor, str(ticket.id), Page())).items[1]
            assert (answer.author_name, answer.author_email) == (sofia.name, address)

    async def test_nobody_writes_in_the_name_of_another(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        with pytest.raises(InvalidInput, match="authorEmail must be your own address"):
            await said(ticket, an_end_user(ticket.app_id, CUSTOMER), authorEmail=OTHER)
        with pytest.raises(InvalidInput, match="for messages of customers"):
            await said(ticket, await an_actor(Role.SUPPORT), authorName="The boss")

    async def test_somebody_else_s_ticket_is_not_there(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id)
        for actor in (an_end_user(app.id, OTHER), an_end_user((await an_app()).id), backend_of((await an_app()).id)):
            with pytest.raises(NotFound):
                await said(ticket, actor)
            with pytest.raises(NotFound):
                await heard(actor, ticket)

    async def test_there_is_a_limit_to_what_one_person_writes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ticket = await a_ticket((await an_app()).id, email="busy@example.com")
        customer = an_end_user(ticket.app_id, "busy@example.com")
        with pytest.raises(RateLimited):
            for _ in range(121):
                await said(ticket, customer)


class TestGoingOnElsewhere:
    async def test_within_fourteen_days_the_ticket_goes_on(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=RESOLVED)
        with clock.shifted(14 * DAY - HOUR):
            added = await said(ticket, an_end_user(ticket.app_id, CUSTOMER))
        assert (added.ticket.id, added.continues, added.sentence) == (ticket.id, None, "Message added")

    @pytest.mark.parametrize(("status", "days"), [(RESOLVED, 15), (CLOSED, 0)])
    async def test_later_a_new_one_begins_that_is_linked_to_the_old(self, status: TicketStatus, days: int) -> None:
        ticket = await a_ticket((await an_app()).id, status=status, tags=["vip"], shop_domain="tea.myshopify.com")
        with clock.shifted(days * DAY):
            added = await said(ticket, an_end_user(ticket.app_id, CUSTOMER), "It is back")
            follow_up = await kept(added.ticket)
        assert added.sentence == f"{ticket.reference} has ended: the message went to {follow_up.reference}"
        assert (follow_up.status, follow_up.subject, follow_up.message) == (NEW, ticket.subject, "It is back")
        assert (follow_up.email, follow_up.tags, follow_up.shop_domain) == (CUSTOMER, ["vip"], "tea.myshopify.com")
        assert [(link.kind, link.ticket_id) for link in follow_up.links] == [(TicketLinkKind.FOLLOW_UP, ticket.id)]
        assert await conversation(follow_up) == ["It is back"]
        assert (await kept(ticket)).status is status
        assert await conversation(ticket) == [ticket.message]

    async def test_what_they_write_next_goes_to_the_same_new_one(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=CLOSED)
        customer = an_end_user(ticket.app_id, CUSTOMER)
        first = await said(ticket, customer, "One")
        assert (await said(ticket, customer, "Two")).ticket.id == first.ticket.id
        assert await conversation(first.ticket) == ["One", "Two"]

    async def test_many_at_once_begin_one(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=CLOSED)
        backend = backend_of(ticket.app_id)
        added = await asyncio.gather(*(said(ticket, backend, str(number)) for number in range(20)))
        assert len({one.ticket.id for one in added}) == 1
        assert sorted(await conversation(added[0].ticket), key=int) == [str(number) for number in range(20)]
        assert await Ticket.find({"appId": ticket.app_id}).count() == 2

    async def test_a_follow_up_that_was_deleted_begins_anew(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=CLOSED)
        customer = an_end_user(ticket.app_id, CUSTOMER)
        first = await said(ticket, customer, "One")
        await first.ticket.delete()
        second = await said(ticket, customer, "Two")
        assert (await kept(second.ticket)).message == "Two"


class TestManyAtOnce:
    async def test_a_hundred_messages_are_all_there_and_open_the_ticket_once(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=RESOLVED)
        backend = backend_of(ticket.app_id)
        await asyncio.gather(*(said(ticket, backend, f"{number}") for number in range(100)))
        assert len(await conversation(ticket)) == 101
        after = await kept(ticket)
        assert (after.status, after.events) == (OPEN, [])
        assert [entry.after for entry in after.history] == ["resolved", "open"]
        assert after.last_message_at == max(
            message.created_at for message in await TicketMessage.find({"ticketId": ticket.id}).to_list()
        )

    async def test_answers_and_resolutions_do_not_get_in_each_others_way(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        customer = backend_of(ticket.app_id)
        each: list[tuple[Actor, dict[str, Any]]] = [(support, {"status": "resolved"}), (customer, {}), (support, {})]
        await asyncio.gather(*(said(ticket, actor, **fields) for actor, fields in each * 5))
        after = await kept(ticket)
        assert len(await conversation(ticket)) == 16
        assert after.first_response.stopped_at is not None
        assert (after.status is OPEN) == (after.resolution.running_since is not None)
        steps = [(entry.before, entry.after) for entry in after.history]
        assert all(before == previous for (_, previous), (before, _) in itertools.pairwise(steps))
        assert after.resolutions == sum(entry.after == "resolved" for entry in after.history)


class TestReading:
    async def test_from_the_beginning_or_from_the_end(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        for number in range(3):
            await said(ticket, support, str(number))
        assert await heard(support, ticket) == [ticket.message, "0", "1", "2"]
        newest = await list_ticket_messages(support, str(ticket.id), Page(limit=2), newest_first=True)
        assert ([message.content for message in newest.items], await newest.count()) == (["2", "1"], 4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", ""),
        ("content", "x" * 10_001),
        ("content", {"$gt": ""}),
        ("authorEmail", "nobody"),
        ("authorName", "www.evil.example"),
        ("status", "done"),
        ("attachmentIds", ["0" * 24] * 3 + ["1" * 24, "2" * 24, "3" * 24, "4" * 24, "5" * 24]),
        ("mailId", "<1@example.com>"),
    ],
)
async def test_what_is_not_valid_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        TicketMessageCreate.model_validate({"content": "Hi", field: value})
