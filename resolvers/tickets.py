"""What customers ask an app's support for: found, shown, changed and deleted."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, found
from core.ids import ObjectIdText, object_id
from core.inputs import OMITTED, Email, Input, Locale, Moment, Search, ShopDomain, ShortText, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.scopes import Scope
from models.apps import App
from models.tickets import (
    Ticket,
    TicketChangeKind,
    TicketPriority,
    TicketSource,
    TicketStatus,
    TicketTopic,
)
from resolvers.ticket_events import topic_of
from resolvers.ticket_inputs import MOST_TAGS, PersonName, Subject, Tag, TicketTags, split
from resolvers.ticket_people import assignable
from resolvers.ticket_removal import remove_tickets
from resolvers.ticket_scope import all_shown_to, only_staff, shown_to, visible_ticket, visible_tickets
from resolvers.ticket_states import changed, recorded, with_priority, with_status
from resolvers.ticket_writes import write_ticket

Statuses = Annotated[
    list[TicketStatus],
    BeforeValidator(split),
    Field(min_length=1, max_length=len(TicketStatus)),
    WithJsonSchema(
        {"type": "string", "description": "One or several, separated by commas", "examples": ["open", "new,open"]}
    ),
]


class TicketFilter(Input):
    """`status` is one or several. `email` is the requester's address; `isOverdue` are those one of whose clocks has run
    out, `dueBefore` those where it will have by then."""

    app_id: str | None = Field(None, max_length=64)
    status: Statuses | None = None
    priority: TicketPriority | None = None
    topic: TicketTopic | None = None
    source: TicketSource | None = None
    assignee_id: ObjectIdText | None = None
    is_unassigned: bool | None = None
    tag: Tag | None = None
    shop_domain: ShopDomain | None = None
    email: Email | None = None
    is_overdue: bool | None = None
    due_before: Moment | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None
    search: Search | None = None


class TicketSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    LAST_MESSAGE_AT = "lastMessageAt"
    DUE_AT = "dueAt", "nextDue"


NEWEST_TICKETS: Final = TicketSortKey.CREATED_AT.order(descending=True)


class TicketUpdate(Input):
    subject: Subject = OMITTED
    name: PersonName = OMITTED
    language: Locale | None = OMITTED
    status: TicketStatus = OMITTED
    priority: TicketPriority = OMITTED
    topic: TicketTopic = OMITTED
    assignee_id: ObjectIdText | None = OMITTED
    tags: TicketTags = OMITTED


class TicketTagging(TicketUpdate):
    """`tags` replaces a ticket's tags; `addTags` and `removeTags` leave the others."""

    add_tags: TicketTags = OMITTED
    remove_tags: TicketTags = OMITTED


class TicketStatusChange(Input):
    status: TicketStatus
    reason: ShortText | None = None


PLAIN: Final = ("subject", "name", "language")
"""What is changed without anything following from it."""


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def list_tickets(
    actor: Actor, window: Window, filters: TicketFilter, sort: Sort, app_id: str | None = None
) -> Slice[Ticket]:
    """Tickets of all apps, or of one: all of them for staff, the app's for its backend, their own for an end user."""
    if app_id and filters.app_id:
        raise InvalidInput("appId: the path names the app", "appId")
    only_staff(
        actor,
        assigneeId=filters.assignee_id,
        isUnassigned=filters.is_unassigned is not None,
        tag=filters.tag,
        isOverdue=filters.is_overdue is not None,
        dueBefore=filters.due_before,
        sortKey=sort.field == TicketSortKey.DUE_AT.stored,
    )
    visible = await visible_tickets(actor, app_id or filters.app_id)
    return all_shown_to(actor, await slice_of(Ticket, {**visible, **matching(filters)}, sort, window))


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def get_ticket(actor: Actor, ticket_id: str, app_id: str | None = None) -> Ticket:
    """One ticket."""
    return shown_to(actor, await visible_ticket(actor, ticket_id, app_id))


@allow(SUPPORT)
async def update_ticket(actor: Actor, ticket_id: str, data: TicketUpdate, app_id: str | None = None) -> Ticket:
    """Changes what is sent of a ticket."""
    ticket = await visible_ticket(actor, ticket_id, app_id)
    return await change_ticket(ticket, data, actor)


@allow(SUPPORT)
async def change_ticket_status(
    actor: Actor, ticket_id: str, data: TicketStatusChange, app_id: str | None = None
) -> Ticket:
    """Moves a ticket to another status. Its customer hears by mail when it is resolved."""
    ticket = await visible_ticket(actor, ticket_id, app_id)

    def decide(current: Ticket) -> Ticket:
        check_step(current, data.status)
        return with_status(current, data.status, actor.label, clock.now(), reason=data.reason or None)

    return found(await write_ticket({"_id": ticket.id}, decide), "Ticket")


@allow(SUPPORT)
async def delete_ticket(actor: Actor, ticket_id: str, app_id: str | None = None) -> Ticket:
    """Deletes a ticket with all that was said in it. Returns it as it was."""
    ticket = await visible_ticket(actor, ticket_id, app_id)
    await remove_tickets([ticket])
    return ticket


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def watch_tickets(actor: Actor, app_id: str) -> AsyncIterator[Ticket]:
    """Each ticket of an app as it is after something happened to it, from now on."""
    return _changing_tickets(actor, app_id, await visible_tickets(actor, app_id))


async def change_ticket(ticket: Ticket, data: TicketUpdate, by: Actor) -> Ticket:
    """The ticket with what is sent, and what follows from it."""
    sent = data.sent()
    app = found(await App.get(ticket.app_id), "App")
    if sent.get("assignee_id"):
        sent["assignee_id"] = await assignable(sent["assignee_id"])

    def decide(current: Ticket) -> Ticket:
        return _changed_as_sent(current, sent, app, by.label)

    return found(await write_ticket({"_id": ticket.id}, decide), "Ticket")


def matching(filters: TicketFilter) -> dict[str, Any]:
    """But for the app."""
    query: dict[str, Any] = {
        name: value.value for name in ("priority", "topic", "source") if (value := getattr(filters, name)) is not None
    }
    if filters.status is not None:
        statuses = [status.value for status in filters.status]
        query["status"] = statuses[0] if len(statuses) == 1 else {"$in": statuses}
    if filters.assignee_id is not None and filters.is_unassigned:
        raise InvalidInput("Give either assigneeId or isUnassigned", "assigneeId")
    if filters.assignee_id is not None:
        query["assigneeId"] = object_id(filters.assignee_id)
    elif filters.is_unassigned is not None:
        query["assigneeId"] = None if filters.is_unassigned else {"$ne": None}
    if filters.tag is not None:
        query["tags"] = filters.tag
    if filters.shop_domain is not None:
        query["shopDomain"] = filters.shop_domain
    if filters.email is not None:
        query["emailKey"] = key_of_email(filters.email)
    if filters.search:
        query["searchText"] = containing(filters.search)
    return query | _within_time(filters)


def check_step(ticket: Ticket, status: TicketStatus) -> None:
    """Raises `InvalidInput` or `Conflict` where staff can't move it there."""
    if status is TicketStatus.NEW and ticket.status is not TicketStatus.NEW:
        raise InvalidInput("A ticket that was worked on can't become new again: open it", "status")
    if ticket.merged_into_id is not None and status is not ticket.status:
        raise Conflict("The ticket was merged into another one, and stays closed", "status")


def _within_time(filters: TicketFilter) -> dict[str, Any]:
    query: dict[str, Any] = {}
    created = {"$gte": filters.created_from, "$lt": filters.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        query["createdAt"] = bounds
    now, due = clock.now(), {}
    if filters.due_before is not None:
        due["$lt"] = filters.due_before
    if filters.is_overdue is not None:
        due["$lte" if filters.is_overdue else "$gt"] = now
    return query | ({"nextDue": due} if due else {})


def _changed_as_sent(current: Ticket, sent: dict[str, Any], app: App, by: str) -> Ticket:
    now = clock.now()
    plain = {name: value for name, value in sent.items() if name in PLAIN}
    after = changed(current, **plain, tags=_tags(current, sent))
    if "assignee_id" in sent and sent["assignee_id"] != current.assignee_id:
        after = recorded(
            changed(after, assignee_id=sent["assignee_id"]),
            TicketChangeKind.ASSIGNEE,
            by,
            now,
            before=_text(current.assignee_id),
            after=_text(sent["assignee_id"]),
        )
    if (topic := sent.get("topic", current.topic)) is not current.topic:
        after = recorded(
            changed(after, topic=topic), TicketChangeKind.TOPIC, by, now, before=current.topic, after=topic
        )
    if "priority" in sent:
        after = with_priority(after, sent["priority"], app, by, now)
    if "status" in sent:
        check_step(current, sent["status"])
        after = with_status(after, sent["status"], by, now)
    return after


def _tags(current: Ticket, sent: dict[str, Any]) -> list[str]:
    """Raises `InvalidInput` where there would be too many."""
    removed, added = sent.get("remove_tags", ()), sent.get("add_tags", ())
    stay = [tag for tag in sent.get("tags", current.tags) if tag not in removed]
    tags = list(dict.fromkeys([*stay, *added]))
    if added and len(tags) > MOST_TAGS:
        raise InvalidInput(f"A ticket has at most {MOST_TAGS} tags", "addTags")
    return tags


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


async def _changing_tickets(actor: Actor, app_id: str, visible: dict[str, Any]) -> AsyncIterator[Ticket]:
    async with runtime().topics.listen(topic_of(app_id)) as messages:
        async for message in messages:
            ticket = await Ticket.find_one({**visible, "_id": object_id(message["ticketId"])})
            if ticket is not None:
                yield shown_to(actor, ticket)
