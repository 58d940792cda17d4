"""How people are taken out of tickets, and what they get to see of them."""

from typing import Any

import pytest

from core import clock
from core.actor import Role
from models.contacts import Contact
from models.deliveries import Delivery
from models.shops import ShopStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketRating, TicketStatus
from resolvers.gdpr import erase_contact, export_contact
from resolvers.shops import ShopStatusChange, change_shop_status
from resolvers.ticket_merging import TicketMerge, merge_ticket
from resolvers.tickets import TicketStatusChange, change_ticket_status
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.shops import a_shop
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, conversation, kept, said

pytestmark = pytest.mark.usefixtures("platform")
BOB = "bob@example.com"


async def contact_at(email: str) -> Contact:
    contact = await Contact.find_one({"emailKey": email})
    assert contact is not None
    return contact


async def exported(email: str) -> dict[str, list[dict[str, Any]]]:
    data = await (await export_contact(SYSTEM, str((await contact_at(email)).id))).collected()
    return {name: list(rows) for name, rows in data.items()}


async def erased(email: str) -> None:
    await erase_contact(SYSTEM, str((await contact_at(email)).id))


async def a_merged_pair(app_id: str) -> Ticket:
    """Ada's ticket, into which Bob's was merged."""
    ada, bob = await a_ticket(app_id, message="Ada asks"), await a_ticket(app_id, email=BOB, message="Bob asks")
    return await merge_ticket(SYSTEM, str(bob.id), TicketMerge.model_validate({"intoId": str(ada.id)}))


class TestErasing:
    async def test_nothing_that_was_written_to_or_by_or_about_them_stays(self) -> None:
        app, sofia = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id, subject="Ada's banner", message="I am Ada")
        await said(ticket, actor_for(sofia), "Hello Ada")
        await said(ticket, actor_for(sofia), "Ada called", isInternal=True)
        reason = TicketStatusChange(status=TicketStatus.RESOLVED, reason="Ada is content")
        await change_ticket_status(SYSTEM, str(ticket.id), reason)
        rating = TicketRating(score=5, comment="Ada says thanks", at=clock.now())
        await ticket.set({"rating": rating.model_dump(by_alias=True)})
        await erased(CUSTOMER)
        after = await kept(ticket)
        stored = [after, *await TicketMessage.find_all().to_list(), *await Delivery.find_all().to_list()]
        assert "ada" not in str([one.model_dump() for one in stored]).casefold()
        assert await conversation(ticket) == ["", "", ""]
        assert (after.number, after.status, after.rating and after.rating.score) == (1, TicketStatus.RESOLVED, 5)
        assert {message.author_name for message in await TicketMessage.find_all().to_list()} == {"", sofia.name}
        assert after.people_keys == [after.email_key]

    async def test_of_somebody_elses_ticket_only_what_is_theirs_goes(self) -> None:
        app = await an_app()
        ticket = await a_merged_pair(app.id)
        await erased(BOB)
        after = await kept(ticket)
        assert (after.people, after.people_keys, after.email) == ([], [CUSTOMER], CUSTOMER)
        assert await conversation(ticket) == ["Ada asks", ""]
        assert BOB not in str([one.model_dump() for one in await TicketMessage.find_all().to_list()])

    async def test_others_who_are_kept_informed_stay(self) -> None:
        ticket = await a_merged_pair((await an_app()).id)
        await erased(CUSTOMER)
        after = await kept(ticket)
        assert ([person.email for person in after.people], after.email) == ([BOB], "")
        assert await conversation(ticket) == ["", "Bob asks"]

    async def test_what_has_not_been_added_to_the_conversation_yet_goes_too(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        (opening,) = await TicketMessage.find_all().to_list()
        event = {
            "id": opening.id,
            "kind": "created",
            "at": clock.now(),
            "message": opening.model_dump(by_alias=True) | {"content": "Ada's secret"},
            "number": 0,
            "clock": None,
        }
        await TicketMessage.find_all().delete()
        await ticket.set({"events": [event]})
        await erased(CUSTOMER)
        assert await conversation(ticket) == [""]
        assert (await kept(ticket)).events == []


class TestExporting:
    async def test_they_see_what_was_said_to_them_and_no_notes(self) -> None:
        ticket = await a_ticket((await an_app()).id, message="My question", tags=["nuisance"])
        await said(ticket, await an_actor(Role.SUPPORT), "Our answer")
        await said(ticket, await an_actor(Role.SUPPORT), "He is a nuisance", isInternal=True)
        data = await exported(CUSTOMER)
        assert [row["subject"] for row in data["tickets"]] == [ticket.subject]
        assert sorted(row["content"] for row in data["ticket_messages"]) == ["My question", "Our answer"]
        assert "nuisance" not in str(data)

    async def test_of_somebody_elses_ticket_they_see_their_own_words(self) -> None:
        ticket = await a_merged_pair((await an_app()).id)
        await said(ticket, an_end_user(ticket.app_id, CUSTOMER), "Ada's secret")
        data = await exported(BOB)
        assert [row["content"] for row in data["ticket_messages"]] == ["Bob asks"]
        assert CUSTOMER not in str(data["tickets"])

    async def test_an_excerpt_counts_what_they_see(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        for _ in range(3):
            await said(ticket, await an_actor(Role.SUPPORT), isInternal=True)
        data = await export_contact(SYSTEM, str((await contact_at(CUSTOMER)).id))
        excerpts = {one.name: one for one in await data.excerpts(2)}
        assert (len(excerpts["ticket_messages"].rows), excerpts["ticket_messages"].total) == (1, 1)


class TestRedactingAShop:
    async def test_its_tickets_are_emptied_and_those_of_other_shops_and_apps_are_not(self) -> None:
        app, other = await an_app(), await an_app()
        shop = await a_shop(app.id, email=CUSTOMER)
        its = await a_ticket(app.id, shop_domain=shop.domain)
        await said(its, await an_actor(Role.SUPPORT), "Hello Ada")
        others = [await a_ticket(app.id), await a_ticket(other.id, shop_domain=shop.domain)]
        await change_shop_status(SYSTEM, app.id, shop.domain, ShopStatusChange(status=ShopStatus.REDACTED))
        after = await kept(its)
        assert (after.subject, after.message, after.email, after.shop_domain) == ("", "", "", shop.domain)
        assert await conversation(its) == ["", ""]
        assert [await conversation(ticket) for ticket in others] == [[ticket.message] for ticket in others]
        assert await Ticket.find({"email": CUSTOMER}).count() == 2
