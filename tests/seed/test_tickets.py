"""The demonstration's support: believable, and each ticket stands where its history leads."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from core.actor import Actor, Role
from core.settings import Settings
from models.app_events import AppEvent
from models.canned_replies import CannedReply
from models.shops import Shop
from models.tickets import DONE, NEVER, WORKED_ON, Ticket, TicketChangeKind, TicketStatus, TicketTopic
from models.users import User
from resolvers.canned_replies import CannedReplyPreview, preview_canned_reply
from resolvers.ticket_clocks import elapsed_at
from seed.catalog import APPS
from seed.people import people
from seed.tickets import Support, support
from tests.factories.apps import an_app
from tests.factories.people import a_user
from tests.seed.conftest import NOW

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
async def year(history: tuple[list[Shop], list[AppEvent]], settings: Settings) -> Support:
    names = {app.id: app.name for app in APPS}
    for app in APPS:
        await an_app(app.id, name=app.name)
    for role in (Role.SUPPORT, Role.ADMIN):
        await a_user(role)
    known = people(Random(7), history[0], names, settings, NOW)
    return await support(Random(7), history[0], known.contacts, NOW)


async def test_a_year_of_some_hundred_tickets_of_every_kind(year: Support) -> None:
    tickets = year.tickets
    assert 250 < len(tickets) < 800
    assert {ticket.app_id for ticket in tickets} == {app.id for app in APPS}
    statuses = Counter(ticket.status for ticket in tickets)
    assert statuses.keys() == set(TicketStatus)
    assert all(ticket.is_done or ticket.updated_at > NOW - timedelta(days=60) for ticket in tickets)
    assert statuses[TicketStatus.CLOSED] > len(tickets) / 2
    assert {ticket.topic for ticket in tickets} == set(TicketTopic)
    assert 0.1 < sum(ticket.rating is not None for ticket in tickets) / len(tickets) < 0.6
    assert {link.ticket_id for ticket in tickets for link in ticket.links} == {
        ticket.id for ticket in tickets if ticket.follow_up_id
    }
    late = sum(ticket.first_response.breached_at is not None for ticket in tickets)
    assert 0.02 < late / len(tickets) < 0.4
    words = " ".join(message.content for message in year.messages)
    assert all(word in words for word in ("Guten Tag", "Bonjour", "Hola", "Olá"))
    assert "{" not in words


async def test_each_stands_where_its_history_leads(year: Support) -> None:
    said = Counter(message.ticket_id for message in year.messages)
    for ticket in year.tickets:
        steps = [entry for entry in ticket.history if entry.kind is TicketChangeKind.STATUS]
        assert all(later.before == earlier.after for earlier, later in pairwise(steps))
        assert ticket.status == (steps[-1].after if steps else TicketStatus.NEW)
        assert said[ticket.id] >= 1
        assert ticket.events == []
        moments = [ticket.created_at, *(entry.at for entry in ticket.history), ticket.updated_at]
        assert max(moments) <= NOW
        assert moments[:-1] == sorted(moments[:-1])


async def test_its_clocks_ran_while_it_was_staffs_turn(year: Support) -> None:
    for ticket in year.tickets:
        runs = ticket.status in WORKED_ON
        assert (ticket.resolution.running_since is not None) == runs
        assert (ticket.resolution.stopped_at is not None) == (ticket.status in DONE)
        assert (ticket.next_due != NEVER) == runs
        assert ticket.alarm_at > NOW, "what ran out was noticed"
        turns = [(ticket.created_at, TicketStatus.NEW)]
        turns += [
            (entry.at, TicketStatus(entry.after))
            for entry in ticket.history
            if entry.kind is TicketChangeKind.STATUS and entry.after
        ]
        spans = pairwise([*turns, (NOW, ticket.status)])
        counted = sum((later - at for (at, status), (later, _) in spans if status in WORKED_ON), timedelta())
        assert elapsed_at(ticket.resolution, NOW) == counted // timedelta(milliseconds=1)


async def test_numbers_count_each_apps_tickets(year: Support) -> None:
    last = {counted.id: counted.last for counted in year.numbers}
    for app in APPS:
        tickets = [ticket for ticket in year.tickets if ticket.app_id == app.id]
        assert [ticket.number for ticket in tickets] == list(range(1, len(tickets) + 1))
        assert last[app.id] == len(tickets)
        assert [ticket.created_at for ticket in tickets] == sorted(ticket.created_at for ticket in tickets)


async def test_it_can_be_stored(year: Support) -> None:
    await Ticket.insert_many(list(year.tickets))
    await CannedReply.insert_many(list(year.canned_replies))
    assert await Ticket.find({"appId": APPS[0].id, "number": 1}).count() == 1
    assert await User.find({"_id": year.tickets[-1].assignee_id}).count() <= 1


async def test_its_canned_replies_can_be_filled_in(year: Support) -> None:
    for reply in year.canned_replies:
        preview = CannedReplyPreview.model_validate({"body": reply.body})
        assert "Ada" in await preview_canned_reply(Actor.system("tests"), reply.app_id, preview)
