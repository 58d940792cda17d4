"""What the clock does about tickets."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Role
from core.errors import Forbidden
from models.apps import App
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from models.tickets import NEVER, Ticket, TicketChangeKind, TicketPriority, TicketStatus
from resolvers import ticket_upkeep
from resolvers.ticket_upkeep import close_resolved_tickets, finish_ticket_events, notice_breaches
from resolvers.tickets import TicketUpdate, update_ticket
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.slack import a_rule
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, kept, said

pytestmark = pytest.mark.usefixtures("platform")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def texts() -> list[str | None]:
    """What Slack is told."""
    return [message.text for message in await SlackMessage.find_all().sort("createdAt").to_list()]


class TestBreaches:
    async def test_each_clock_that_runs_out_is_noticed_once(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        assert await notice_breaches(SYSTEM) == 0
        first, both = ["first_response"], ["first_response", "resolution"]
        for hours, noticed in ((25, first), (26, first), (121, both)):
            with clock.shifted(hours * HOUR):
                await notice_breaches(SYSTEM)
                await notice_breaches(SYSTEM)
                after = await kept(ticket)
                assert [entry.after for entry in after.history] == noticed
        assert after.first_response.breached_at == ticket.created_at + 24 * HOUR
        assert (after.alarm_at, after.next_due) == (NEVER, ticket.created_at + 24 * HOUR)

    async def test_what_waits_for_the_customer_or_is_done_is_never_late(self) -> None:
        app = await an_app()
        for status in (TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.RESOLVED, TicketStatus.CLOSED):
            await a_ticket(app.id, status=status)
        with clock.shifted(1000 * HOUR):
            assert await notice_breaches(SYSTEM) == 0

    async def test_whoever_answers_too_late_was_late_without_anybody_looking(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        with clock.shifted(30 * HOUR):
            after = (await said(ticket, await an_actor(Role.SUPPORT))).ticket
            assert after.first_response.breached_at == ticket.created_at + 24 * HOUR
            assert await notice_breaches(SYSTEM) == 0

    async def test_of_very_many_all_are_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ticket_upkeep, "BATCH", 3)
        app = await an_app()
        for _ in range(8):
            await a_ticket(app.id)
        with clock.shifted(25 * HOUR):
            assert await notice_breaches(SYSTEM) == 8
            assert await notice_breaches(SYSTEM) == 0


class TestNews:
    async def test_slack_hears_of_what_staff_have_to_know(self, slack_rule: App) -> None:
        ticket = await a_ticket(slack_rule.id, subject="The banner", priority=TicketPriority.HIGH)
        await said(ticket, await an_actor(Role.SUPPORT), "Please reload")
        await said(ticket, await an_actor(Role.SUPPORT), "Note", isInternal=True)
        await said(ticket, an_end_user(ticket.app_id, CUSTOMER), "Secret")
        urgent: dict[str, Any] = {"priority": "urgent"}
        await update_ticket(await an_actor(), str(ticket.id), TicketUpdate.model_validate(urgent))
        with clock.shifted(25 * HOUR):
            await notice_breaches(SYSTEM)
        assert await texts() == [
            f"{ticket.reference} “The banner” is new: other, high, from Ada",
            f"{ticket.reference} “The banner” has an answer of Ada",
            f"{ticket.reference} “The banner” is urgent",
            f"{ticket.reference} “The banner” is not resolved in time",
        ]

    @pytest.fixture
    async def slack_rule(self) -> App:
        app = await an_app()
        await a_rule(topic=SlackTopic.TICKETS, appId=app.id)
        return app


class TestClosing:
    async def test_what_was_resolved_long_enough_ago_is_closed(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id, status=TicketStatus.RESOLVED)
        with clock.shifted(14 * DAY - HOUR):
            assert await close_resolved_tickets(SYSTEM) == 0
        with clock.shifted(14 * DAY + HOUR):
            assert await close_resolved_tickets(SYSTEM) == 1
            assert await close_resolved_tickets(SYSTEM) == 0
        after = await kept(ticket)
        assert (after.status, after.resolved_at, after.history[-1].by) == (
            TicketStatus.CLOSED,
            ticket.resolved_at,
            "system:tests",
        )

    @pytest.mark.parametrize(("days", "closed"), [(1, 1), (None, 0)])
    async def test_by_the_apps_own_settings(self, days: int | None, closed: int) -> None:
        app = await an_app()
        await app.set({"support.autoCloseDays": days})
        await a_ticket(app.id, status=TicketStatus.RESOLVED)
        with clock.shifted(30 * DAY):
            assert await close_resolved_tickets(SYSTEM) == closed

    async def test_what_somebody_opened_meanwhile_stays_open(self) -> None:
        ticket = await a_ticket((await an_app()).id, status=TicketStatus.RESOLVED)
        resolved = await kept(ticket)
        await said(ticket, an_end_user(ticket.app_id, CUSTOMER))
        late = ticket_upkeep._closed(await kept(ticket), clock.now() + DAY, "system:tests")
        assert late.status is TicketStatus.OPEN
        assert ticket_upkeep._closed(resolved, clock.now() + DAY, "system:tests").status is TicketStatus.CLOSED


async def test_nobody_but_the_system_does_any_of_that() -> None:
    owner = await an_actor(Role.OWNER)
    for operation in (notice_breaches, close_resolved_tickets, finish_ticket_events):
        with pytest.raises(Forbidden):
            await operation(owner)
    assert await Ticket.find_all().count() == 0
    assert TicketChangeKind.BREACHED in TicketChangeKind
