"""How somebody asks for help: staff on behalf of a customer, an app's backend, or the customer."""

from collections.abc import Sequence
from typing import Final

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from pydantic import Field

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor, Kind
from core.errors import InvalidInput
from core.ids import ObjectIdText
from core.inputs import Email, Input, Locale, ShopDomain, key_of_email
from core.runtime import runtime
from core.scopes import Scope
from models.apps import App
from models.tickets import Ticket, TicketPriority, TicketSource, TicketTopic
from resolvers.apps import visible_app
from resolvers.attachments import NewFile
from resolvers.ticket_attachments import attached
from resolvers.ticket_authors import author_by
from resolvers.ticket_inputs import AttachmentIds, MessageText, PersonName, Subject, TicketTags
from resolvers.ticket_opening import open_ticket
from resolvers.ticket_people import assignable, requester, shop_of
from resolvers.ticket_scope import only_staff, shown_to

PER_PERSON: Final = RateLimitItemPerHour(20, namespace="tickets_person")
PER_BACKEND: Final = RateLimitItemPerMinute(300, namespace="tickets_backend")
SOURCES: Final = {Kind.STAFF: TicketSource.STAFF, Kind.API_KEY: TicketSource.API, Kind.END_USER: TicketSource.WEB}


class TicketCreate(Input):
    """`email` is the customer's; an end user is the customer. With `isCustomer` false the message is staff's own to the
    customer, who gets it by mail. `shopId` or `shopDomain` names the shop that it is about."""

    subject: Subject
    message: MessageText
    email: Email | None = None
    name: PersonName = ""
    language: Locale | None = None
    topic: TicketTopic = TicketTopic.OTHER
    priority: TicketPriority = TicketPriority.MEDIUM
    shop_id: ObjectIdText | None = None
    shop_domain: ShopDomain | None = None
    assignee_id: ObjectIdText | None = None
    tags: TicketTags = Field(default_factory=list)
    is_customer: bool = True
    attachment_ids: AttachmentIds = Field(default_factory=list)


@allow(SUPPORT, api_key=Scope.TICKETS_WRITE, end_user=True)
async def create_ticket(actor: Actor, app_id: str, data: TicketCreate, files: Sequence[NewFile] = ()) -> Ticket:
    """Begins a ticket. The customer hears by mail that it arrived, unless the app's settings say otherwise. Files may
    come along, besides those that were uploaded before.

    Raises `RateLimited` where an end user begins more than 20 in an hour.
    """
    app = await visible_app(actor, app_id)
    email = _address(actor, data)
    only_staff(actor, assigneeId=data.assignee_id, isCustomer=not data.is_customer)
    if actor.kind is Kind.END_USER:
        only_staff(actor, tags=data.tags)
        await runtime().limits.count(PER_PERSON, app_id, key_of_email(email))
    elif actor.kind is Kind.API_KEY:
        await runtime().limits.count(PER_BACKEND, actor.label)
    return shown_to(actor, await _opened(actor, app, email, data, files))


async def _opened(actor: Actor, app: App, email: str, data: TicketCreate, files: Sequence[NewFile]) -> Ticket:
    person = await requester(email, data.name, data.language)
    fields = {
        **person,
        **await shop_of(app.id, person["contact_id"], data.shop_id, data.shop_domain, actor),
        "subject": data.subject,
        "message": data.message,
        "topic": data.topic,
        "priority": data.priority,
        "tags": data.tags,
        "source": SOURCES.get(actor.kind, TicketSource.API),
        "assignee_id": await assignable(data.assignee_id) if data.assignee_id else None,
    }
    author = await author_by(actor, (email, person["name"]), is_customer=data.is_customer, email=None, name=None)
    keys = {key_of_email(email), *([key_of_email(author.email)] if author.is_customer else [])}
    async with attached(actor, app.id, data.attachment_ids, files, people_keys=keys) as brought:
        opened = await open_ticket(
            app, author, clock.now(), fields, message_id=brought.message_id, attachments=brought.files
        )
    if opened is None:
        raise RuntimeError("a fresh id was taken")
    return opened


def _address(actor: Actor, data: TicketCreate) -> str:
    """Whose ticket it is. Raises `InvalidInput` naming `email`."""
    if actor.kind is not Kind.END_USER:
        if data.email is None:
            raise InvalidInput("email is required: it is whom the answers go to", "email")
        return data.email
    own = actor.email or ""
    if data.email is not None and key_of_email(data.email) != key_of_email(own):
        raise InvalidInput("email must be your own address", "email")
    return own
