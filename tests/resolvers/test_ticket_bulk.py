"""What is done to many tickets at once."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core import clock
from core.access import SUPPORT
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from models.apps import App
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketPriority, TicketStatus, TicketTopic
from resolvers import ticket_bulk
from resolvers.ticket_bulk import TicketsChanged, TicketsDelete, TicketsUpdate, delete_tickets, update_tickets
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, an_actor
from tests.factories.tickets import CUSTOMER, a_ticket, kept

pytestmark = pytest.mark.usefixtures("platform")
DAY = timedelta(days=1)


@pytest.fixture
async def app() -> App:
    return await an_app()


async def deleted(app_id: str, actor: Actor | None = None, **chosen: Any) -> int:
    data = TicketsDelete.model_validate(chosen)
    return await delete_tickets(actor or await an_actor(Role.SUPPORT), app_id, data)


async def updated(app_id: str, *tickets: Ticket, actor: Actor | None = None, **fields: Any) -> TicketsChanged:
    data = TicketsUpdate.model_validate({"ids": [str(ticket.id) for ticket in tickets], **fields})
    return await update_tickets(actor or await an_actor(Role.SUPPORT), app_id, data)


class TestDeleting:
    async def test_those_that_are_named(self, app: App) -> None:
        gone, stays = [await a_ticket(app.id) for _ in range(3)], await a_ticket(app.id)
        assert await deleted(app.id, ids=",".join(str(ticket.id) for ticket in gone)) == 3
        assert [ticket.id for ticket in await Ticket.find_all().to_list()] == [stays.id]
        assert await TicketMessage.find_all().count() == 1
        assert await deleted(app.id, ids=[str(gone[0].id)]) == 0

    async def test_those_that_have_all_that_is_asked_for(self, app: App) -> None:
        with clock.shifted(-10 * DAY):
            await a_ticket(app.id, topic=TicketTopic.BUG, status=TicketStatus.CLOSED, tags=["spam"])
            await a_ticket(app.id, topic=TicketTopic.BUG, priority=TicketPriority.LOW)
        await a_ticket(app.id, topic=TicketTopic.BUG, status=TicketStatus.CLOSED)
        assert await deleted(app.id, topic="bug", status="closed", tag="SPAM", createdTo=clock.now() - DAY) == 1
        assert await deleted(app.id, priority="low", topic="setup") == 0
        assert await deleted(app.id, status="new,closed", topic="bug") == 2

    async def test_never_all_by_accident(self, app: App) -> None:
        await a_ticket(app.id)
        with pytest.raises(InvalidInput, match="Say which tickets to delete") as refused:
            await deleted(app.id)
        assert refused.value.field == "ids"
        assert await Ticket.find_all().count() == 1

    async def test_never_those_of_another_app(self, app: App) -> None:
        other = await a_ticket((await an_app()).id)
        assert await deleted(app.id, ids=[str(other.id)]) == await deleted(app.id, status="new") == 0
        assert await kept(other)
        with pytest.raises(NotFound, match="Unknown app"):
            await deleted("nowhere", status="new")

    async def test_however_many_they_are(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ticket_bulk, "CHUNK", 3)
        for _ in range(8):
            await a_ticket(app.id)
        assert await deleted(app.id, status="new") == 8

    async def test_only_support_deletes(self, app: App) -> None:
        others = [await an_actor(role) for role in set(Role) - SUPPORT]
        for actor in (*others, backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            with pytest.raises(Forbidden):
                await deleted(app.id, actor, status="new")

    @pytest.mark.parametrize(
        "chosen",
        [
            {"ids": []},
            {"ids": ""},
            {"ids": "all"},
            {"ids": {"$exists": True}},
            {"ids": ["0" * 24] * 501},
            {"status": ""},
            {"status": "open,$ne"},
            {"status": []},
            {"tag": {"$ne": None}},
            {"createdTo": "yesterday"},
            {"search": "x"},
        ],
    )
    def test_what_is_not_valid_is_refused(self, chosen: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            TicketsDelete.model_validate(chosen)


class TestUpdating:
    async def test_each_as_if_it_were_changed_alone(self, app: App) -> None:
        tickets, sofia = [await a_ticket(app.id) for _ in range(3)], await a_user(Role.SUPPORT)
        outcome = await updated(app.id, *tickets, status="resolved", priority="high", assigneeId=str(sofia.id))
        assert [ticket.id for ticket in outcome.tickets] == [ticket.id for ticket in tickets]
        assert {(one.status, one.priority, one.assignee_id) for one in outcome.tickets} == {
            ("resolved", "high", sofia.id)
        }
        assert all(len(ticket.history) == 3 for ticket in outcome.tickets)

    async def test_tags_are_added_and_taken_away(self, app: App) -> None:
        one, other = await a_ticket(app.id, tags=["old", "vip"]), await a_ticket(app.id)
        outcome = await updated(app.id, one, other, addTags=["New"], removeTags=["old"])
        assert [ticket.tags for ticket in outcome.tickets] == [["vip", "new"], ["new"]]
        replaced = await updated(app.id, one, tags=["a"], addTags=["b"])
        assert replaced.tickets[0].tags == ["a", "b"]

    async def test_one_with_too_many_tags_stays_as_it_was(self, app: App) -> None:
        full = await a_ticket(app.id, tags=[f"tag {number}" for number in range(20)])
        outcome = await updated(app.id, full, await a_ticket(app.id), addTags=["one more"])
        assert [refused.message for refused in outcome.refused] == ["A ticket has at most 20 tags"]
        assert [ticket.tags for ticket in outcome.tickets] == [["one more"]]

    async def test_one_that_can_t_be_changed_keeps_no_other_from_it(self, app: App) -> None:
        fine, worked_on = await a_ticket(app.id), await a_ticket(app.id, status=TicketStatus.OPEN)
        stranger = await a_ticket((await an_app()).id)
        outcome = await updated(app.id, stranger, worked_on, fine, status="new", priority="low")
        assert [ticket.id for ticket in outcome.tickets] == [fine.id]
        assert [(one.ticket_id, one.message.partition(":")[0]) for one in outcome.refused] == [
            (str(stranger.id), "Ticket not found"),
            (str(worked_on.id), "A ticket that was worked on can't become new again"),
        ]
        assert (await kept(stranger)).priority is TicketPriority.MEDIUM

    async def test_only_support_changes(self, app: App) -> None:
        ticket = await a_ticket(app.id)
        for actor in (await an_actor(Role.VIEWER), backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            with pytest.raises(Forbidden):
                await updated(app.id, ticket, actor=actor, priority="low")
