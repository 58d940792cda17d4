"""Answers that staff give often: kept per app, filled in for a ticket before they are sent."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import Handle, ObjectIdText, object_id
from core.inputs import OMITTED, Input, Name, Search, Verbatim
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from mail.templates import Template
from models.apps import App
from models.base import touched
from models.canned_replies import CannedReply
from models.shops import Shop
from models.tickets import Ticket, TicketTopic
from models.users import User
from resolvers.apps import visible_app
from resolvers.ticket_inputs import LONGEST_MESSAGE
from resolvers.ticket_people import staff_behind
from resolvers.ticket_scope import visible_ticket

Body = Annotated[Verbatim, Field(min_length=1, max_length=LONGEST_MESSAGE)]

SAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "ticket": {"reference": "#123", "subject": "The banner does not show", "topic": "bug", "priority": "medium"},
    "customer": {"name": "Ada Lovelace", "first_name": "Ada", "email": "ada@example.com"},
    "agent": {"name": "Sofia Lindqvist", "first_name": "Sofia"},
    "app": {"name": "Banners"},
    "shop": {"name": "Tea and Cakes", "domain": "tea-and-cakes.myshopify.com"},
}
"""What a reply may use: `{{ customer.first_name }}`."""


class CannedReplyCreate(Input):
    """`body` is plain text with placeholders such as `{{ customer.first_name }}`."""

    title: Name
    shortcut: Handle
    body: Body
    topic: TicketTopic | None = None
    is_active: bool = True


class CannedReplyUpdate(Input):
    title: Name = OMITTED
    shortcut: Handle = OMITTED
    body: Body = OMITTED
    topic: TicketTopic | None = OMITTED
    is_active: bool = OMITTED


class CannedReplyFilter(Input):
    topic: TicketTopic | None = None
    is_active: bool | None = None
    search: Search | None = None


class CannedReplyPreview(Input):
    """`ticketId` is whose facts are filled in, else they are samples."""

    body: Body
    ticket_id: ObjectIdText | None = None


class CannedReplySortKey(SortKey):
    TITLE = "title", "titleKey"
    SHORTCUT = "shortcut"
    CREATED_AT = "createdAt"


@allow(STAFF)
async def list_canned_replies(
    actor: Actor, app_id: str, window: Window, filters: CannedReplyFilter, sort: Sort
) -> Slice[CannedReply]:
    """The canned replies of an app."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.topic is not None:
        query["topic"] = filters.topic.value
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(CannedReply, query, sort, window)


@allow(STAFF)
async def get_canned_reply(actor: Actor, reply_id: str) -> CannedReply:
    """One canned reply."""
    identity = object_id(reply_id)
    return found(await CannedReply.get(identity) if identity else None, "Canned reply")


@allow(SUPPORT)
async def create_canned_reply(actor: Actor, app_id: str, data: CannedReplyCreate) -> CannedReply:
    """Adds a canned reply to an app. Raises `InvalidInput` with line and reason for one that can't be filled in."""
    await visible_app(actor, app_id)
    _filled(data.body, SAMPLES)
    reply = CannedReply(
        app_id=app_id,
        title_key=data.title.casefold(),
        search_text=_searched(data.title, data.shortcut, data.body),
        created_by=actor.label,
        updated_by=actor.label,
        **data.model_dump(),
    )
    try:
        return await reply.insert()
    except DuplicateKeyError:
        raise _taken(data.shortcut) from None


@allow(SUPPORT)
async def update_canned_reply(actor: Actor, reply_id: str, data: CannedReplyUpdate) -> CannedReply:
    """Changes what is sent of a canned reply."""
    reply = await get_canned_reply(actor, reply_id)
    after = reply.model_copy(update=data.sent())
    _filled(after.body, SAMPLES)
    derived = {
        "titleKey": after.title.casefold(),
        "searchText": _searched(after.title, after.shortcut, after.body),
        "updatedBy": actor.label,
    }
    try:
        return found(await CannedReply.change({"_id": reply.id}, touched(data.assignments() | derived)), "Canned reply")
    except DuplicateKeyError:
        raise _taken(after.shortcut) from None


@allow(SUPPORT)
async def delete_canned_reply(actor: Actor, reply_id: str) -> CannedReply:
    """Takes a canned reply away, and returns it as it was."""
    reply = await get_canned_reply(actor, reply_id)
    deleted = await CannedReply.find_one({"_id": reply.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Canned reply not found")
    return reply


@allow(STAFF)
async def preview_canned_reply(actor: Actor, app_id: str, data: CannedReplyPreview) -> str:
    """What a text becomes, filled in for a ticket of the app or with samples."""
    app = await visible_app(actor, app_id)
    if data.ticket_id is None:
        return _filled(data.body, SAMPLES)
    return _filled(data.body, await _facts(await visible_ticket(actor, data.ticket_id, app.id), app, actor))


@allow(STAFF)
async def render_canned_reply(actor: Actor, reply_id: str, ticket_id: str) -> str:
    """What a canned reply says in a ticket of its app: to be sent as it is, or changed before."""
    reply = await get_canned_reply(actor, reply_id)
    ticket = await visible_ticket(actor, ticket_id, reply.app_id)
    return _filled(reply.body, await _facts(ticket, await visible_app(actor, reply.app_id), actor))


async def _facts(ticket: Ticket, app: App, actor: Actor) -> Mapping[str, Mapping[str, str]]:
    """Under the same names as the samples. What is not known is an empty text."""
    agent = await staff_behind(actor)
    named = {"appId": app.id, "domain": ticket.shop_domain}
    shop = await Shop.find_one(named) if ticket.shop_domain else None
    return {
        "ticket": {
            "reference": ticket.reference,
            "subject": ticket.subject,
            "topic": ticket.topic.value,
            "priority": ticket.priority.value,
        },
        "customer": {
            "name": ticket.name,
            "first_name": ticket.name.partition(" ")[0],
            "email": ticket.email,
        },
        "agent": {"name": agent.name if agent else "", "first_name": _first_name(agent)},
        "app": {"name": app.name},
        "shop": {"name": shop.name if shop else "", "domain": ticket.shop_domain or ""},
    }


def _first_name(agent: User | None) -> str:
    return (agent.first_name or agent.name) if agent else ""


def _filled(body: str, facts: Mapping[str, Mapping[str, str]]) -> str:
    """Raises `InvalidInput` naming `body`."""
    text = Template(body, dict.fromkeys(SAMPLES), field="body").render(facts).strip()
    if len(text) > LONGEST_MESSAGE:
        raise InvalidInput(f"body: becomes more than {LONGEST_MESSAGE:,} characters", "body")
    return text


def _searched(title: str, shortcut: str, body: str) -> str:
    return f"{shortcut} {title} {body[:500]}".casefold()


def _taken(shortcut: str) -> Conflict:
    return Conflict(f"The app has a canned reply {shortcut} already", "shortcut")
