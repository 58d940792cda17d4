"""How an app's support does, in numbers that equal a recount."""

import itertools
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from beanie import PydanticObjectId
from pydantic import ValidationError

from core import clock
from core.actor import Role
from core.errors import Forbidden, NotFound
from models.apps import App
from models.tickets import Ticket, TicketPriority, TicketRating, TicketStatus, TicketTopic
from resolvers.ticket_performance import ticket_performance
from resolvers.ticket_stats import RECENT, TicketStatsPeriod, ticket_stats
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, an_actor
from tests.factories.tickets import SYSTEM, a_ticket, kept, said

pytestmark = pytest.mark.usefixtures("platform")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = 3_600_000.0
MONTH = TicketStatsPeriod()


@pytest.fixture
async def app() -> App:
    return await an_app()


async def a_busy_month(app: App, assignees: list[PydanticObjectId | None]) -> list[Ticket]:
    random = Random(3)
    tickets = []
    for number in range(25):
        with clock.shifted(-random.uniform(0, 40) * DAY):
            ticket = await a_ticket(
                app.id,
                topic=random.choice(list(TicketTopic)),
                priority=random.choice(list(TicketPriority)),
                status=random.choice(list(TicketStatus)),
                assignee_id=random.choice(assignees),
            )
            if number % 3 == 0 and ticket.status is not TicketStatus.CLOSED:
                await said(ticket, SYSTEM, isCustomer=False)
        if number % 4 == 0:
            rating = TicketRating(score=random.randint(1, 5), at=clock.now())
            await ticket.set({"rating": rating.model_dump(by_alias=True)})
        tickets.append(await kept(ticket))
    return tickets


class TestStats:
    async def test_an_app_without_tickets_has_all_the_keys_and_all_the_days(self, app: App) -> None:
        stats = await ticket_stats(await an_actor(Role.VIEWER), app.id, MONTH)
        assert (stats.total, stats.recent_activity, stats.average_resolution_time) == (0, [], None)
        assert stats.by_status == dict.fromkeys(TicketStatus, 0)
        assert stats.by_topic == dict.fromkeys(TicketTopic, 0)
        assert stats.by_priority == dict.fromkeys(TicketPriority, 0)
        days = [day.date for day in stats.volume_over_time]
        assert (len(days), days[-1]) == (30, clock.now().date())
        assert all(later - earlier == DAY for earlier, later in itertools.pairwise(days))

    async def test_they_equal_a_recount(self, app: App) -> None:
        tickets = await a_busy_month(app, [None])
        await a_ticket((await an_app()).id)
        stats = await ticket_stats(SYSTEM, app.id, MONTH)
        assert stats.total == len(tickets)
        assert {status: count for status, count in stats.by_status.items() if count} == Counter(
            ticket.status for ticket in tickets
        )
        assert {topic: count for topic, count in stats.by_topic.items() if count} == Counter(
            ticket.topic for ticket in tickets
        )
        assert sum(stats.by_priority.values()) == len(tickets)
        first = stats.volume_over_time[0].date
        began = Counter(ticket.created_at.date() for ticket in tickets if ticket.created_at.date() >= first)
        assert {day.date: day.count for day in stats.volume_over_time if day.count} == began

    async def test_what_happened_last_comes_first(self, app: App) -> None:
        tickets = [await a_ticket(app.id) for _ in range(RECENT + 2)]
        await said(tickets[0], SYSTEM, isCustomer=False)
        recent = (await ticket_stats(SYSTEM, app.id, MONTH)).recent_activity
        assert (len(recent), recent[0].id, recent[0].subject) == (RECENT, tickets[0].id, tickets[0].subject)

    async def test_only_time_in_which_it_was_staff_s_turn_counts(self, app: App) -> None:
        with clock.shifted(-10 * HOUR):
            ticket = await a_ticket(app.id)
        with clock.shifted(-8 * HOUR):
            await said(ticket, SYSTEM, isCustomer=False, status="pending")
        with clock.shifted(-2 * HOUR):
            await said(ticket, SYSTEM, isCustomer=True)
        with clock.shifted(-1 * HOUR):
            await said(ticket, SYSTEM, isCustomer=False, status="resolved")
        average = (await ticket_stats(SYSTEM, app.id, MONTH)).average_resolution_time
        assert average == pytest.approx(3 * HOURS, rel=0.01)

    async def test_what_was_merged_or_resolved_before_does_not_count(self, app: App) -> None:
        merged = await a_ticket(app.id, status=TicketStatus.CLOSED)
        await merged.set({"mergedIntoId": PydanticObjectId()})
        with clock.shifted(-40 * DAY):
            await a_ticket(app.id, status=TicketStatus.RESOLVED)
        assert (await ticket_stats(SYSTEM, app.id, MONTH)).average_resolution_time is None
        year = TicketStatsPeriod(days=366)
        assert (await ticket_stats(SYSTEM, app.id, year)).average_resolution_time is not None

    async def test_staff_alone_see_them_and_of_a_known_app(self, app: App) -> None:
        for actor in (backend_of(app.id), an_end_user(app.id)):
            with pytest.raises(Forbidden):
                await ticket_stats(actor, app.id, MONTH)
            with pytest.raises(Forbidden):
                await ticket_performance(actor, app.id, MONTH)
        with pytest.raises(NotFound, match="Unknown app"):
            await ticket_stats(SYSTEM, "nowhere", MONTH)

    @pytest.mark.parametrize("days", [0, 367, "many", {"$gt": 0}])
    def test_a_period_has_bounds(self, days: object) -> None:
        with pytest.raises(ValidationError):
            TicketStatsPeriod.model_validate({"days": days})


class TestPerformance:
    async def test_without_tickets_nothing_is_known(self, app: App) -> None:
        found = await ticket_performance(await an_actor(Role.VIEWER), app.id, MONTH)
        assert (found.total.tickets, found.total.average_rating, found.by_assignee) == (0, None, [])
        assert found.total.first_response_breach_rate is None

    async def test_it_equals_a_recount(self, app: App) -> None:
        users = [await a_user(Role.SUPPORT), await a_user(Role.SUPPORT)]
        tickets = await a_busy_month(app, [None, users[0].id, users[1].id])
        found = await ticket_performance(SYSTEM, app.id, TicketStatsPeriod(days=20))
        since = (clock.now() - 19 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        recent = [ticket for ticket in tickets if ticket.created_at >= since]
        self.compare(found.total, recent)
        assert sum(one.performance.tickets for one in found.by_assignee) == len(recent)
        for one in found.by_assignee:
            self.compare(one.performance, [ticket for ticket in recent if ticket.assignee_id == one.user_id])

    def compare(self, found: object, tickets: list[Ticket]) -> None:
        answered = [ticket.first_response.elapsed for ticket in tickets if ticket.first_response.stopped_at]
        resolved = [ticket.resolution.elapsed for ticket in tickets if ticket.resolved_at]
        scores = [ticket.rating.score for ticket in tickets if ticket.rating]
        late = sum(ticket.first_response.breached_at is not None for ticket in tickets)
        assert {name: getattr(found, name) for name in ("tickets", "answered", "resolved", "ratings")} == {
            "tickets": len(tickets),
            "answered": len(answered),
            "resolved": len(resolved),
            "ratings": len(scores),
        }
        averages = {
            "average_first_response_time": sum(answered) / len(answered) if answered else None,
            "average_resolution_time": sum(resolved) / len(resolved) if resolved else None,
            "average_rating": sum(scores) / len(scores) if scores else None,
            "first_response_breach_rate": late / len(tickets),
        }
        for name, expected in averages.items():
            assert getattr(found, name) == (None if expected is None else pytest.approx(expected)), name
