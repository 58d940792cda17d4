"""How tickets become one, and refer to each other."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest
from beanie import PydanticObjectId

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.deliveries import Delivery
from models.ticket_messages import TicketMessage
from models.tickets import MergeClaim, Ticket, TicketChangeKind, TicketLinkKind, TicketStatus
from resolvers import ticket_moves
from resolvers.ticket_links import MOST_LINKS, TicketLinkCreate, link_ticket, unlink_ticket
from resolvers.ticket_merging import TicketMerge, merge_ticket
from resolvers.ticket_upkeep import finish_ticket_events
from resolvers.tickets import get_ticket
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, conversation, kept, said

pytestmark = pytest.mark.usefixtures("platform")
BOB = "bob@example.com"
MINUTE = timedelta(minutes=1)


async def merged(source: Ticket, target: Ticket, actor: Actor | None = None) -> Ticket:
    data = TicketMerge.model_validate({"intoId": str(target.id)})
    return await merge_ticket(actor or await an_actor(Role.SUPPORT), str(source.id), data)


async def ends_of_chains(app_id: str) -> set[PydanticObjectId]:
    """Where each ticket's conversation goes on; fails for a chain without an end."""
    tickets = {ticket.id: ticket for ticket in await Ticket.find({"appId": app_id}).to_list()}
    ends = set()
    for ticket in tickets.values():
        current, seen = ticket, set()
        while current.merged_into_id is not None:
            assert current.id not in seen, "it comes back to itself"
            seen.add(current.id)
            current = tickets[current.merged_into_id]
        ends.add(current.id)
    return ends


class TestMerging:
    async def test_messages_move_in_their_order_and_the_ticket_points_at_the_other(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target = await a_ticket(app.id, message="One")
        source = await a_ticket(app.id, message="Two")
        await said(target, support, "Three")
        await said(source, support, "Four", isInternal=True)
        into = await merged(source, target, support)
        assert into.id == target.id
        assert await conversation(target) == ["One", "Two", "Three", "Four"]
        assert await conversation(source) == []
        assert await TicketMessage.find({"originalTicketId": source.id}).count() == 2
        closed = await kept(source)
        assert (closed.status, closed.merged_into_id, closed.events) == (TicketStatus.CLOSED, target.id, [])
        assert closed.history[-1].kind is TicketChangeKind.MERGED
        assert [(entry.kind, entry.before) for entry in into.history[-1:]] == [
            (TicketChangeKind.MERGED, str(source.id))
        ]
        assert into.merge_claims == []

    async def test_whoever_asked_is_told_and_hears_of_what_comes(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target, source = await a_ticket(app.id), await a_ticket(app.id, email=BOB)
        into = await merged(source, target)
        assert [person.email for person in into.people] == [BOB]
        assert into.people_keys == [CUSTOMER, BOB]
        told = await Delivery.find_one({"content": "template:ticket-merged"})
        assert told is not None
        assert (told.email, told.values["target_reference"]) == (BOB, target.reference)
        await said(target, support, "It is back")
        answers = await Delivery.find({"content": "template:ticket-reply"}).to_list()
        assert {mail.email for mail in answers} == {CUSTOMER, BOB}
        assert (await get_ticket(an_end_user(app.id, BOB), str(target.id))).id == target.id

    async def test_who_asked_twice_is_written_to_once(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target = await a_ticket(app.id)
        into = await merged(await a_ticket(app.id), target)
        assert into.people == []
        await said(target, support)
        assert await Delivery.find({"content": "template:ticket-reply"}).count() == 1

    async def test_what_its_customer_writes_then_goes_to_the_other(self) -> None:
        app = await an_app()
        last, middle, first = [await a_ticket(app.id) for _ in range(3)]
        await merged(first, middle)
        await merged(middle, last)
        added = await said(first, an_end_user(app.id, CUSTOMER), "And now?")
        assert (added.ticket.id, added.continues and added.continues.id) == (last.id, first.id)
        assert len(await conversation(last)) == 4

    async def test_where_the_other_is_gone_a_new_one_begins(self) -> None:
        app = await an_app()
        target, source = await a_ticket(app.id), await a_ticket(app.id)
        await merged(source, target)
        await target.delete()
        added = await said(source, an_end_user(app.id, CUSTOMER), "Hello?")
        assert added.ticket.id not in (source.id, target.id)

    async def test_nobody_writes_in_it_any_more(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        source = await a_ticket(app.id)
        await merged(source, await a_ticket(app.id))
        for is_internal in (False, True):
            with pytest.raises(Conflict, match="merged into another one"):
                await said(source, support, isInternal=is_internal)


class TestRefusals:
    async def test_merging_twice_is_a_conflict(self) -> None:
        app = await an_app()
        target, other, source = [await a_ticket(app.id) for _ in range(3)]
        await merged(source, target)
        for into in (target, other):
            with pytest.raises(Conflict, match="was merged into another ticket before"):
                await merged(source, into)
        with pytest.raises(Conflict, match="was merged into another ticket before"):
            await merged(other, source)
        assert (await kept(other)).merged_into_id is None

    async def test_never_into_itself_nor_back(self) -> None:
        app = await an_app()
        one, other = await a_ticket(app.id), await a_ticket(app.id)
        with pytest.raises(InvalidInput, match="into itself"):
            await merged(one, one)
        await merged(one, other)
        with pytest.raises(Conflict):
            await merged(other, one)

    async def test_what_is_closed_takes_nothing_in(self) -> None:
        app = await an_app()
        with pytest.raises(Conflict, match="is closed: open it first"):
            await merged(await a_ticket(app.id), await a_ticket(app.id, status=TicketStatus.CLOSED))

    async def test_another_apps_ticket_is_not_there(self) -> None:
        one, other = await a_ticket((await an_app()).id), await a_ticket((await an_app()).id)
        with pytest.raises(NotFound):
            await merged(one, other)
        assert (await kept(one)).merged_into_id is None

    async def test_only_support_merges(self) -> None:
        app = await an_app()
        one, other = await a_ticket(app.id), await a_ticket(app.id)
        for actor in (await an_actor(Role.VIEWER), backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            with pytest.raises(Forbidden):
                await merged(one, other, actor)


class TestAtTheSameTime:
    async def test_into_each_other_leaves_no_circle(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        for size in (2, 3):
            tickets = [await a_ticket(app.id) for _ in range(size)]
            pairs = list(permutations(tickets, 2))
            await asyncio.gather(*(merged(*pair, support) for pair in pairs), return_exceptions=True)
            await ends_of_chains(app.id)
            assert [(await kept(ticket)).merge_claims for ticket in tickets] == [[]] * size

    async def test_one_ticket_into_many_goes_into_one(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        source, targets = await a_ticket(app.id, message="Me"), [await a_ticket(app.id) for _ in range(8)]
        outcomes = await asyncio.gather(
            *(merged(source, target, support) for target in targets), return_exceptions=True
        )
        assert sum(isinstance(outcome, Ticket) for outcome in outcomes) == 1
        assert all(isinstance(outcome, Ticket | Conflict) for outcome in outcomes)
        into = (await kept(source)).merged_into_id
        assert [await TicketMessage.find({"ticketId": target.id, "content": "Me"}).count() for target in targets] == [
            int(target.id == into) for target in targets
        ]

    async def test_many_tickets_into_one_are_all_in_it(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target = await a_ticket(app.id)
        sources = [await a_ticket(app.id, email=f"person-{number}@example.com") for number in range(10)]
        await asyncio.gather(*(merged(source, target, support) for source in sources))
        after = await kept(target)
        assert {person.email for person in after.people} == {source.email for source in sources}
        assert len(await conversation(target)) == 11
        assert after.merge_claims == []

    async def test_what_is_said_meanwhile_is_not_lost(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target, source = await a_ticket(app.id), await a_ticket(app.id)
        backend = backend_of(app.id)
        await asyncio.gather(
            *(said(source, backend, str(number)) for number in range(15)),
            merged(source, target, support),
            *(said(source, backend, str(number)) for number in range(15, 30)),
        )
        assert await conversation(source) == []
        assert len(await conversation(target)) == 32

    async def test_a_ticket_that_takes_another_in_stays_meanwhile(self) -> None:
        app = await an_app()
        one, other = await a_ticket(app.id), await a_ticket(app.id)
        claim = MergeClaim(ticket_id=PydanticObjectId(), at=clock.now()).model_dump(by_alias=True)
        await one.set({"mergeClaims": [claim]})
        with pytest.raises(Conflict, match="is being merged into this one"):
            await merged(one, other)
        assert (await kept(other)).merge_claims == []
        with clock.shifted(2 * MINUTE):
            assert (await merged(one, other)).id == other.id, "whoever claimed it is gone"


class TestADeathInBetween:
    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("writes", range(9))
    async def test_nothing_is_lost_and_nothing_is_twice(self, writes: int, last_arrives: bool) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        target, source = await a_ticket(app.id, message="One"), await a_ticket(app.id, email=BOB, message="Two")
        try:
            with dying(writes, last_arrives=last_arrives):
                await merged(source, target, support)
        except Killed:
            pass
        with clock.shifted(2 * MINUTE):
            await finish_ticket_events(SYSTEM)
            if (await kept(source)).merged_into_id is None:
                await merged(source, target, support)
        assert await conversation(target) == ["One", "Two"]
        after = await kept(target)
        assert [person.email for person in after.people] == [BOB]
        assert sum(entry.kind is TicketChangeKind.MERGED for entry in after.history) == 1
        assert await Delivery.find({"content": "template:ticket-merged"}).count() == 1
        assert (await kept(source)).events == []

    async def test_moving_again_changes_nothing(self) -> None:
        app = await an_app()
        target, source = await a_ticket(app.id), await a_ticket(app.id, email=BOB)
        await merged(source, target)
        before = await kept(target)
        await ticket_moves.move_conversation(await kept(source))
        after = await kept(target)
        assert (after.people, after.history, after.people_keys) == (before.people, before.history, before.people_keys)


class TestLinks:
    @pytest.fixture
    async def pair(self) -> tuple[Ticket, Ticket]:
        app = await an_app()
        return await a_ticket(app.id), await a_ticket(app.id)

    async def linked(self, one: Ticket, other: Ticket, kind: str = "related", actor: Actor | None = None) -> Ticket:
        data = TicketLinkCreate.model_validate({"kind": kind, "ticketId": str(other.id)})
        return await link_ticket(actor or await an_actor(Role.SUPPORT), str(one.id), data)

    async def test_one_of_each_pair_and_another_kind_replaces_it(self, pair: tuple[Ticket, Ticket]) -> None:
        one, other = pair
        await self.linked(one, other)
        after = await self.linked(one, other, "duplicate_of")
        assert [(link.kind, link.ticket_id) for link in after.links] == [(TicketLinkKind.DUPLICATE_OF, other.id)]
        support = await an_actor(Role.SUPPORT)
        assert (await unlink_ticket(support, str(one.id), str(other.id))).links == []
        with pytest.raises(NotFound):
            await unlink_ticket(support, str(one.id), str(other.id))

    async def test_what_can_t_be_linked(self, pair: tuple[Ticket, Ticket]) -> None:
        one, _ = pair
        with pytest.raises(InvalidInput, match="to itself"):
            await self.linked(one, one)
        with pytest.raises(NotFound):
            await self.linked(one, await a_ticket((await an_app()).id))
        with pytest.raises(Forbidden):
            await self.linked(*pair, actor=await an_actor(Role.VIEWER))

    async def test_there_is_a_limit(self, pair: tuple[Ticket, Ticket]) -> None:
        one, other = pair
        links = [{"kind": "related", "ticketId": PydanticObjectId()} for _ in range(MOST_LINKS)]
        await one.set({"links": links})
        with pytest.raises(Conflict, match="at most 50 links"):
            await self.linked(one, other)
