"""How tickets begin: by staff, by an app's backend, and by the customer."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core import clock
from core.access import SUPPORT
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, RateLimited
from core.scopes import Scope
from models.app_events import AppEvent
from models.contacts import Contact
from models.ticket_messages import TicketMessage
from models.tickets import NEVER, Ticket, TicketNumber, TicketPriority, TicketSource, TicketStatus
from resolvers.ticket_creation import TicketCreate, create_ticket
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.shops import a_shop
from tests.factories.tickets import CUSTOMER, conversation, kept

pytestmark = pytest.mark.usefixtures("platform")
HOUR = timedelta(hours=1)


async def created(actor: Actor, app_id: str, **fields: Any) -> Ticket:
    known = {"subject": "The banner is gone", "message": "Since this morning.\nWhy?"}
    return await create_ticket(actor, app_id, TicketCreate.model_validate(known | fields))


async def by_staff(app_id: str, **fields: Any) -> Ticket:
    return await created(await an_actor(Role.SUPPORT), app_id, **{"email": CUSTOMER, **fields})


class TestWorks:
    async def test_a_ticket_begins_with_a_message_that_is_the_first_of_its_conversation(self) -> None:
        app = await an_app()
        ticket = await by_staff(app.id, email="Ada@example.com", name="Ada", topic="bug", priority="high")
        stored = await kept(ticket)
        assert (stored.status, stored.number, stored.reference) == (TicketStatus.NEW, 1, "#1")
        assert (stored.email, stored.email_key, stored.people_keys) == ("Ada@example.com", CUSTOMER, [CUSTOMER])
        (message,) = await TicketMessage.find({"ticketId": ticket.id}).to_list()
        assert (message.content, message.is_customer, message.is_internal) == (stored.message, True, False)
        assert (message.author_email, message.author_name) == ("Ada@example.com", "Ada")
        assert stored.events == []

    async def test_the_clocks_run_by_the_targets_of_its_priority(self) -> None:
        app = await an_app()
        stored = await kept(await by_staff(app.id, priority="urgent"))
        assert stored.first_response.running_since == stored.resolution.running_since == stored.created_at
        assert stored.due_at == stored.alarm_at == stored.created_at + 2 * HOUR
        await app.set({"support.targets.low": {"firstResponseMinutes": None, "resolutionMinutes": None}})
        endless = await kept(await by_staff(app.id, priority="low"))
        assert (endless.due_at, endless.next_due) == (None, NEVER)

    async def test_each_app_counts_its_own(self) -> None:
        one, other = await an_app(), await an_app()
        tickets = [await by_staff(app.id) for app in (one, one, other)]
        assert [ticket.number for ticket in tickets] == [1, 2, 1]

    async def test_no_number_is_given_twice(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        tickets = await asyncio.gather(*(created(support, app.id, email=CUSTOMER) for _ in range(30)))
        assert sorted(ticket.number for ticket in tickets) == list(range(1, 31))

    async def test_the_customer_is_a_contact_from_then_on(self) -> None:
        app = await an_app()
        ticket = await by_staff(app.id, name="Ada", language="de")
        contact = await Contact.find_one({"emailKey": CUSTOMER})
        assert contact is not None
        assert (contact.id, contact.name, contact.language) == (ticket.contact_id, "Ada", "de")
        again = await by_staff(app.id)
        assert (again.contact_id, again.name, again.language) == (contact.id, "Ada", "de")

    async def test_staff_can_begin_the_conversation_themselves(self) -> None:
        app, user = await an_app(), await a_user(Role.SUPPORT)
        ticket = await created(actor_for(user), app.id, email=CUSTOMER, isCustomer=False)
        (message,) = await TicketMessage.find({"ticketId": ticket.id}).to_list()
        assert (message.is_customer, message.author_id, message.author_name) == (False, user.id, user.name)
        stored = await kept(ticket)
        assert (stored.status, stored.first_response.stopped_at) == (TicketStatus.OPEN, stored.created_at)

    async def test_how_it_reached_us_is_who_sent_it(self) -> None:
        app = await an_app()
        backend = await created(backend_of(app.id), app.id, email=CUSTOMER)
        customer = await created(an_end_user(app.id), app.id)
        assert [one.source for one in (await by_staff(app.id), backend, customer)] == [
            TicketSource.STAFF,
            TicketSource.API,
            TicketSource.WEB,
        ]

    async def test_what_is_in_it_stays_text(self) -> None:
        content = "<script>alert(1)</script> {{ 7 * 7 }} $where \u202e"
        ticket = await by_staff((await an_app()).id, subject=content, message=content)
        assert (ticket.subject, await conversation(ticket)) == (content, [content])

    async def test_numbers_go_on_after_tickets_that_were_not_counted(self) -> None:
        app = await an_app()
        await (await by_staff(app.id)).set({"number": 40})
        await TicketNumber.find_all().delete()
        assert (await by_staff(app.id)).number == 1
        await TicketNumber.find_all().update({"$set": {"last": 39}})
        assert (await by_staff(app.id)).number == 41


class TestTheShop:
    async def test_is_named_by_its_id_or_its_domain(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id)
        for name in ({"shopId": str(shop.id)}, {"shopDomain": shop.domain.upper()}):
            ticket = await by_staff(app.id, **name)
            assert (ticket.shop_id, ticket.shop_domain) == (shop.id, shop.domain)

    async def test_is_the_customers_where_they_have_one(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, email=CUSTOMER)
        await a_shop((await an_app()).id, email=CUSTOMER)
        assert (await by_staff(app.id)).shop_domain == shop.domain
        await a_shop(app.id, email=CUSTOMER)
        assert (await by_staff(app.id)).shop_domain is None, "which of two is not known"

    async def test_may_be_one_that_has_not_been_reported_yet(self) -> None:
        ticket = await by_staff((await an_app()).id, shopDomain="new.myshopify.com")
        assert (ticket.shop_id, ticket.shop_domain) == (None, "new.myshopify.com")

    async def test_of_another_app_is_none(self) -> None:
        shop = await a_shop((await an_app()).id)
        with pytest.raises(InvalidInput, match="shopId is no shop of this app"):
            await by_staff((await an_app()).id, shopId=str(shop.id))

    async def test_of_somebody_else_is_none_for_an_end_user(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, email="somebody@else.example")
        customer = an_end_user(app.id, CUSTOMER)
        for name in ({"shopId": str(shop.id)}, {"shopDomain": shop.domain}, {"shopDomain": "no.myshopify.com"}):
            with pytest.raises(InvalidInput, match="is not a shop of yours"):
                await created(customer, app.id, **name)
        own = await a_shop(app.id, email=CUSTOMER)
        assert (await created(customer, app.id, shopDomain=own.domain)).shop_domain == own.domain
        assert await AppEvent.find({"appId": app.id}).count() == 2


class TestWhoMay:
    @pytest.mark.parametrize("role", sorted(set(Role) - SUPPORT))
    async def test_of_staff_only_support(self, role: Role) -> None:
        app = await an_app()
        with pytest.raises(Forbidden):
            await created(await an_actor(role), app.id, email=CUSTOMER)

    async def test_a_backend_with_the_scope_for_its_own_app(self) -> None:
        app, other = await an_app(), await an_app()
        with pytest.raises(Forbidden):
            await created(backend_of(app.id, Scope.TICKETS_READ), app.id, email=CUSTOMER)
        with pytest.raises(NotFound, match="Unknown app"):
            await created(backend_of(app.id), other.id, email=CUSTOMER)

    async def test_an_end_user_in_their_own_name_alone(self) -> None:
        app = await an_app()
        customer = an_end_user(app.id, CUSTOMER)
        assert (await created(customer, app.id, email=CUSTOMER.upper())).email == CUSTOMER
        with pytest.raises(InvalidInput, match="email must be your own address"):
            await created(customer, app.id, email="somebody@else.example")
        with pytest.raises(NotFound, match="Unknown app"):
            await created(customer, (await an_app()).id)

    async def test_nobody_but_staff_says_who_works_on_it(self) -> None:
        app, colleague = await an_app(), await a_user(Role.SUPPORT)
        for actor in (backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            for field in ({"assigneeId": str(colleague.id)}, {"isCustomer": False}):
                with pytest.raises(InvalidInput, match="is for staff alone"):
                    await created(actor, app.id, email=CUSTOMER, **field)
        with pytest.raises(InvalidInput, match="tags is for staff alone"):
            await created(an_end_user(app.id, CUSTOMER), app.id, tags=["vip"])

    async def test_what_staff_keep_among_themselves_is_not_in_the_answer(self) -> None:
        app = await an_app()
        ticket = await created(backend_of(app.id), app.id, email=CUSTOMER, tags=["vip"])
        assert (ticket.tags, ticket.due_at, ticket.created_by) == ([], None, "")
        assert (await kept(ticket)).tags == ["vip"]

    async def test_an_end_user_begins_twenty_an_hour(self) -> None:
        app = await an_app()
        customer = an_end_user(app.id, "busy@example.com")
        for _ in range(20):
            await created(customer, app.id)
        with pytest.raises(RateLimited):
            await created(customer, app.id)


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("subject", ""),
            ("subject", "   "),
            ("subject", "x" * 201),
            ("message", ""),
            ("message", "x" * 10_001),
            ("message", "bell \x07"),
            ("email", "nobody"),
            ("email", {"$ne": None}),
            ("name", "See https://evil.example"),
            ("topic", "nonsense"),
            ("priority", "asap"),
            ("shopId", "1"),
            ("shopDomain", "example.com"),
            ("tags", ["x" * 41]),
            ("tags", ["tag"] * 21),
            ("attachmentIds", ["1"]),
            ("status", "closed"),
            ("number", 7),
        ],
    )
    async def test_what_is_not_valid_is_refused(self, field: str, value: Any) -> None:
        with pytest.raises(ValidationError) as refused:
            TicketCreate.model_validate({"subject": "Hi", "message": "Hi", "email": CUSTOMER, field: value})
        assert refused.value.errors()[0]["loc"][0] == field

    async def test_whom_the_answers_go_to_has_to_be_said(self) -> None:
        app = await an_app()
        for actor in (await an_actor(), backend_of(app.id)):
            with pytest.raises(InvalidInput, match="email is required") as refused:
                await created(actor, app.id)
            assert refused.value.field == "email"

    async def test_tags_are_written_in_one_way(self) -> None:
        ticket = await by_staff((await an_app()).id, tags=[" Black  Friday ", "black friday", "VIP"])
        assert ticket.tags == ["black friday", "vip"]

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    async def test_whoever_works_on_it_may_work_on_tickets(self, role: Role) -> None:
        app, user = await an_app(), await a_user(role)
        gone = await a_user(Role.SUPPORT, is_active=False)
        for assignee in (str(user.id), str(gone.id), "0" * 24):
            with pytest.raises(InvalidInput, match="assigneeId"):
                await by_staff(app.id, assigneeId=assignee)

    async def test_an_unknown_app(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await by_staff("nowhere")


async def test_a_priority_that_is_left_out_is_medium() -> None:
    ticket = await by_staff((await an_app()).id)
    assert ticket.priority is TicketPriority.MEDIUM
    assert ticket.created_at <= clock.now()
