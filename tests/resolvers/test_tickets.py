"""Tickets: found, shown, changed and deleted."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.access import SUPPORT
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from core.pages import Page, Range
from core.scopes import Scope
from models.deliveries import Delivery, DeliveryStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketChangeKind, TicketPriority, TicketStatus, TicketTopic
from resolvers.ticket_links import TicketLinkCreate, link_ticket
from resolvers.tickets import (
    TicketFilter,
    TicketSortKey,
    TicketStatusChange,
    TicketUpdate,
    change_ticket_status,
    delete_ticket,
    get_ticket,
    list_tickets,
    update_ticket,
    watch_tickets,
)
from resolvers.users import UserUpdate, deactivate_user, update_user
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.tickets import CUSTOMER, a_ticket, kept, said

pytestmark = pytest.mark.usefixtures("platform")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OTHER = "bob@example.com"


async def listed(actor: Actor, app_id: str | None = None, **filters: Any) -> list[str]:
    """Subjects, the oldest first."""
    chosen = TicketFilter.model_validate(filters)
    found = await list_tickets(actor, Page(), chosen, TicketSortKey.CREATED_AT.order(), app_id)
    return [ticket.subject for ticket in found.items]


async def changed(ticket: Ticket, actor: Actor | None = None, **fields: Any) -> Ticket:
    return await update_ticket(
        actor or await an_actor(Role.SUPPORT), str(ticket.id), TicketUpdate.model_validate(fields)
    )


async def moved(ticket: Ticket, status: str, reason: str | None = None) -> Ticket:
    data = TicketStatusChange.model_validate({"status": status, "reason": reason})
    return await change_ticket_status(await an_actor(Role.SUPPORT), str(ticket.id), data)


class TestListing:
    async def test_staff_see_the_tickets_of_one_app_or_of_all(self) -> None:
        one, other = await an_app(), await an_app()
        await a_ticket(one.id, subject="One")
        await a_ticket(other.id, subject="Other")
        viewer = await an_actor(Role.VIEWER)
        assert await listed(viewer) == ["One", "Other"]
        assert await listed(viewer, one.id) == await listed(viewer, appId=one.id) == ["One"]

    async def test_each_filter_leaves_what_it_says(self) -> None:
        app, viewer, sofia = await an_app(), await an_actor(Role.VIEWER), await a_user(Role.SUPPORT)
        await a_ticket(app.id, subject="Plain")
        await a_ticket(
            app.id,
            email=OTHER,
            subject="Special",
            status=TicketStatus.PENDING,
            priority=TicketPriority.URGENT,
            topic=TicketTopic.BILLING,
            assignee_id=sofia.id,
            tags=["vip"],
            shop_domain="tea.myshopify.com",
        )
        for filters in (
            {"status": "pending"},
            {"status": "pending,closed"},
            {"status": ["pending"]},
            {"priority": "urgent"},
            {"topic": "billing"},
            {"assigneeId": str(sofia.id)},
            {"isUnassigned": False},
            {"tag": " VIP"},
            {"shopDomain": "tea.myshopify.com"},
            {"email": OTHER.upper()},
            {"search": "speci"},
            {"search": "bob@"},
            {"search": "#2"},
        ):
            assert await listed(viewer, app.id, **filters) == ["Special"], filters
        for filters in ({"isUnassigned": True}, {"source": "web", "email": CUSTOMER}, {"isOverdue": False}):
            assert "Plain" in await listed(viewer, app.id, **filters), filters

    async def test_what_is_overdue_is_what_has_a_clock_that_ran_out(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        with clock.shifted(-25 * HOUR):
            await a_ticket(app.id, subject="Late")
            waiting = await a_ticket(app.id, subject="Waits for the customer")
            await said(waiting, await an_actor(Role.SUPPORT), status="pending")
        await a_ticket(app.id, subject="In time")
        assert await listed(viewer, app.id, isOverdue=True) == ["Late"]
        assert await listed(viewer, app.id, isOverdue=False) == ["Waits for the customer", "In time"]
        soon = clock.now() + 2 * DAY
        assert await listed(viewer, app.id, dueBefore=soon, isOverdue=False) == ["In time"]

    async def test_what_is_due_first_comes_first_and_what_never_is_last(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        for priority in ("low", "urgent", "high"):
            await a_ticket(app.id, subject=priority, priority=TicketPriority(priority))
        await a_ticket(app.id, subject="done", status=TicketStatus.CLOSED)
        sort, subjects, after = TicketSortKey.DUE_AT.order(), [], None
        while True:
            found = await list_tickets(viewer, Range(1, after=after), TicketFilter(), sort, app.id)
            subjects += [ticket.subject for ticket in found.items]
            if not found.has_next:
                break
            after = found.cursor_of(found.items[-1])
        assert subjects == ["urgent", "high", "low", "done"]

    async def test_periods_begin_with_and_end_before(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        ticket = await a_ticket(app.id, subject="Now")
        assert await listed(viewer, app.id, createdFrom=ticket.created_at) == ["Now"]
        assert await listed(viewer, app.id, createdTo=ticket.created_at) == []

    async def test_a_search_takes_everything_literally(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        await a_ticket(app.id, subject="100% (really)")
        assert await listed(viewer, app.id, search="100% (R") == ["100% (really)"]
        assert await listed(viewer, app.id, search=".*") == []

    async def test_contradictions_are_refused(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        with pytest.raises(InvalidInput, match="the path names the app"):
            await listed(viewer, app.id, appId=app.id)
        with pytest.raises(InvalidInput, match="either assigneeId or isUnassigned"):
            await listed(viewer, app.id, assigneeId="0" * 24, isUnassigned=True)
        with pytest.raises(NotFound, match="Unknown app"):
            await listed(viewer, appId="nowhere")


class TestWhoSeesWhat:
    async def test_a_backend_sees_its_own_app(self) -> None:
        app, other = await an_app(), await an_app()
        mine, theirs = await a_ticket(app.id, subject="Mine"), await a_ticket(other.id, subject="Theirs")
        backend = backend_of(app.id, Scope.TICKETS_READ)
        assert await listed(backend) == await listed(backend, app.id) == ["Mine"]
        with pytest.raises(NotFound, match="Unknown app"):
            await listed(backend, other.id)
        with pytest.raises(NotFound, match="Ticket not found"):
            await get_ticket(backend, str(theirs.id))
        assert (await get_ticket(backend, str(mine.id))).subject == "Mine"
        with pytest.raises(Forbidden):
            await listed(backend_of(app.id, Scope.TICKETS_WRITE))

    async def test_an_end_user_sees_their_own(self) -> None:
        app = await an_app()
        mine, theirs = await a_ticket(app.id, subject="Mine"), await a_ticket(app.id, email=OTHER, subject="Theirs")
        await a_ticket((await an_app()).id, subject="In another app")
        ada = an_end_user(app.id, CUSTOMER.upper())
        assert await listed(ada) == await listed(ada, app.id) == await listed(ada, email=CUSTOMER) == ["Mine"]
        assert await listed(ada, email=OTHER) == []
        assert (await get_ticket(ada, str(mine.id))).subject == "Mine"
        with pytest.raises(NotFound, match="Ticket not found"):
            await get_ticket(ada, str(theirs.id))

    async def test_an_app_in_the_path_confines_staff_too(self) -> None:
        app, other = await an_app(), await an_app()
        ticket = await a_ticket(app.id)
        with pytest.raises(NotFound, match="Ticket not found"):
            await get_ticket(await an_actor(), str(ticket.id), other.id)

    async def test_what_staff_keep_among_themselves_is_hidden_from_others(self) -> None:
        app, sofia = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id, tags=["vip"], assignee_id=sofia.id)
        await moved(ticket, "on_hold", "He is a nuisance")
        for actor in (backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            shown = await get_ticket(actor, str(ticket.id))
            assert (shown.tags, shown.assignee_id, shown.history, shown.people_keys) == ([], None, [], [])
            assert (shown.due_at, shown.first_response.target, shown.created_by) == (None, None, "")
        assert (await get_ticket(await an_actor(Role.VIEWER), str(ticket.id))).tags == ["vip"]

    @pytest.mark.parametrize(
        "filters",
        [
            {"tag": "vip"},
            {"assigneeId": "0" * 24},
            {"isUnassigned": True},
            {"isOverdue": True},
            {"dueBefore": "2026-01-31"},
        ],
    )
    async def test_nor_can_it_be_asked_for(self, filters: dict[str, Any]) -> None:
        app = await an_app()
        for actor in (backend_of(app.id), an_end_user(app.id, CUSTOMER)):
            with pytest.raises(InvalidInput, match="is for staff alone"):
                await listed(actor, **filters)
            with pytest.raises(InvalidInput, match="sortKey is for staff alone"):
                await list_tickets(actor, Page(), TicketFilter(), TicketSortKey.DUE_AT.order())

    @pytest.mark.parametrize("ticket_id", ["0" * 24, "1", "", "#1", '{"$ne": null}'])
    async def test_what_is_not_there_is_not_found(self, ticket_id: str) -> None:
        with pytest.raises(NotFound, match="Ticket not found"):
            await get_ticket(await an_actor(), ticket_id)


class TestChanging:
    async def test_what_is_sent_and_nothing_else(self) -> None:
        ticket = await a_ticket((await an_app()).id, tags=["old"])
        after = await changed(ticket, subject="Another", tags=["New"], language="de", name="Ada L.")
        assert (after.subject, after.tags, after.language, after.name) == ("Another", ["new"], "de", "Ada L.")
        assert (after.priority, after.message, after.version) == (ticket.priority, ticket.message, ticket.version + 1)
        assert "another" in after.search_text
        assert after.updated_at > ticket.updated_at

    async def test_who_did_what_is_kept(self) -> None:
        ticket, user, sofia = await a_ticket((await an_app()).id), await a_user(Role.ADMIN), await a_user(Role.SUPPORT)
        after = await changed(
            ticket, actor_for(user), priority="high", topic="bug", assigneeId=str(sofia.id), status="open"
        )
        assert [(one.kind, one.before, one.after) for one in after.history] == [
            (TicketChangeKind.ASSIGNEE, None, str(sofia.id)),
            (TicketChangeKind.TOPIC, "other", "bug"),
            (TicketChangeKind.PRIORITY, "medium", "high"),
            (TicketChangeKind.STATUS, "new", "open"),
        ]
        assert {one.by for one in after.history} == {f"staff:{user.id}"}

    async def test_what_it_is_already_changes_nothing(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        after = await changed(ticket, priority="medium", status="new", topic="other", assigneeId=None, tags=[])
        assert (after.history, after.version, after.updated_at) == ([], ticket.version, ticket.updated_at)

    async def test_another_priority_has_other_targets(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        assert (await changed(ticket, priority="urgent")).due_at == ticket.created_at + 2 * HOUR
        assert (await changed(ticket, priority="low")).due_at == ticket.created_at + 48 * HOUR

    async def test_an_assignee_can_be_taken_away(self) -> None:
        sofia = await a_user(Role.SUPPORT)
        ticket = await a_ticket((await an_app()).id, assignee_id=sofia.id)
        assert (await changed(ticket, assigneeId=None)).assignee_id is None

    async def test_many_at_once_lose_nothing(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        each: list[dict[str, Any]] = [
            {"subject": "Another"}, {"priority": "high"}, {"topic": "bug"}, {"tags": ["vip"]}, {"status": "open"},
        ]  # fmt: skip
        await asyncio.gather(*(changed(ticket, support, **fields) for fields in each))
        after = await kept(ticket)
        assert (after.subject, after.priority, after.topic, after.tags, after.status) == (
            "Another",
            "high",
            "bug",
            ["vip"],
            "open",
        )
        assert len(after.history) == 3

    @pytest.mark.parametrize("role", sorted(set(Role) - SUPPORT))
    async def test_only_support_changes(self, role: Role) -> None:
        ticket = await a_ticket((await an_app()).id)
        with pytest.raises(Forbidden):
            await changed(ticket, await an_actor(role), subject="Mine")

    async def test_neither_backends_nor_customers_change(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        for actor in (backend_of(ticket.app_id), an_end_user(ticket.app_id, CUSTOMER)):
            with pytest.raises(Forbidden):
                await changed(ticket, actor, subject="Mine")


class TestStatus:
    async def test_each_step_is_kept_with_who_and_why(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        after = await moved(ticket, "on_hold", "Shopify has to look at it")
        (entry,) = after.history
        assert (entry.before, entry.after, entry.reason) == ("new", "on_hold", "Shopify has to look at it")

    async def test_clocks_stand_while_it_waits_for_somebody_else(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        with clock.shifted(HOUR):
            waiting = await moved(ticket, "pending")
        assert (waiting.due_at, waiting.resolution.running_since) == (None, None)
        counted = waiting.resolution.elapsed
        assert HOUR <= timedelta(milliseconds=counted) < 2 * HOUR
        with clock.shifted(100 * HOUR):
            going_on = await moved(ticket, "open")
        assert going_on.resolution.elapsed == counted
        assert going_on.due_at is not None
        assert going_on.due_at > clock.now() + 110 * HOUR

    async def test_resolving_stops_the_clock_and_says_when(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        resolved = await moved(ticket, "resolved")
        assert resolved.resolved_at == resolved.resolution.stopped_at
        assert (resolved.resolutions, resolved.closed_at, resolved.due_at) == (1, None, None)
        closed = await moved(ticket, "closed")
        assert (closed.resolved_at, closed.resolutions) == (resolved.resolved_at, 1)
        assert closed.closed_at is not None
        opened = await moved(ticket, "open")
        assert (opened.resolved_at, opened.closed_at) == (None, None)
        assert opened.due_at is not None

    async def test_closing_at_once_counts_as_the_end_too(self) -> None:
        closed = await moved(await a_ticket((await an_app()).id), "closed")
        assert (closed.resolved_at, closed.resolutions) == (closed.closed_at, 0)

    async def test_nothing_that_was_worked_on_is_new_again(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        await moved(ticket, "open")
        with pytest.raises(InvalidInput, match="can't become new again") as refused:
            await moved(ticket, "new")
        assert refused.value.field == "status"
        with pytest.raises(InvalidInput):
            await changed(ticket, status="new")

    async def test_what_was_merged_stays_closed(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id)
        target = await a_ticket(app.id)
        await ticket.set({"mergedIntoId": target.id, "status": "closed"})
        with pytest.raises(Conflict):
            await moved(ticket, "open")


class TestDeleting:
    async def test_everything_that_was_said_goes_too(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        ticket, other = await a_ticket(app.id), await a_ticket(app.id)
        await said(ticket, support, "An answer")
        await link_ticket(
            support, str(other.id), TicketLinkCreate.model_validate({"kind": "related", "ticketId": str(ticket.id)})
        )
        await delete_ticket(support, str(ticket.id))
        assert await TicketMessage.find({"ticketId": ticket.id}).count() == 0
        assert await TicketMessage.find({"ticketId": other.id}).count() == 1
        assert (await kept(other)).links == []
        mails = await Delivery.find_all().to_list()
        assert {mail.source.split(":")[0] for mail in mails} == {"ticket", "ticket-message"}
        gone = [mail for mail in mails if str(ticket.id) in mail.source or mail.source.startswith("ticket-message")]
        assert {(mail.status, str(mail.values)) for mail in gone} == {(DeliveryStatus.CANCELLED, "{}")}

    async def test_deleting_twice_is_not_found(self) -> None:
        ticket, support = await a_ticket((await an_app()).id), await an_actor(Role.SUPPORT)
        await delete_ticket(support, str(ticket.id))
        with pytest.raises(NotFound):
            await delete_ticket(support, str(ticket.id))

    async def test_only_support_deletes_and_only_here(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        for actor in (await an_actor(Role.VIEWER), backend_of(ticket.app_id), an_end_user(ticket.app_id, CUSTOMER)):
            with pytest.raises(Forbidden):
                await delete_ticket(actor, str(ticket.id))
        with pytest.raises(NotFound):
            await delete_ticket(await an_actor(), str(ticket.id), (await an_app()).id)
        assert await kept(ticket)


class TestSomebodyLeaves:
    async def test_what_they_work_on_is_given_back_and_what_they_did_stays_theirs(self) -> None:
        app, sofia, owner = await an_app(), await a_user(Role.SUPPORT), await an_actor(Role.OWNER)
        going_on = await a_ticket(app.id, assignee_id=sofia.id)
        done = await a_ticket(app.id, assignee_id=sofia.id, status=TicketStatus.RESOLVED)
        await deactivate_user(owner, str(sofia.id))
        assert (await kept(going_on)).assignee_id is None
        assert (await kept(done)).assignee_id == sofia.id
        (entry,) = (await kept(going_on)).history
        assert (entry.kind, entry.before, entry.by) == (TicketChangeKind.ASSIGNEE, str(sofia.id), owner.label)

    async def test_by_an_update_too(self) -> None:
        app, sofia = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id, assignee_id=sofia.id)
        await update_user(await an_actor(Role.OWNER), str(sofia.id), UserUpdate.model_validate({"isActive": False}))
        assert (await kept(ticket)).assignee_id is None


class TestWatching:
    async def test_whoever_watches_gets_each_ticket_as_it_is_then(self) -> None:
        app, other = await an_app(), await an_app()
        ticket = await a_ticket(app.id)
        changes = await watch_tickets(await an_actor(Role.VIEWER), app.id)
        told = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await a_ticket(other.id)
        await moved(ticket, "open")
        async with asyncio.timeout(10):
            assert (await told).status is TicketStatus.OPEN

    async def test_a_customer_is_told_of_their_own_alone_and_without_what_is_hidden(self) -> None:
        app = await an_app()
        changes = await watch_tickets(an_end_user(app.id, CUSTOMER), app.id)
        told = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await a_ticket(app.id, email=OTHER)
        await a_ticket(app.id, subject="Mine", tags=["vip"])
        async with asyncio.timeout(10):
            shown = await told
        assert (shown.subject, shown.tags) == ("Mine", [])
