"""The Shopify apps that the company publishes."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field
from pymongo.errors import DuplicateKeyError

from core.access import ADMINS, MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound
from core.group_reads import GroupReads
from core.ids import AppId, Handle
from core.inputs import (
    OMITTED,
    Input,
    Locale,
    LongText,
    Name,
    Origin,
    Search,
    Text,
    WebAddress,
    each_once,
)
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from mail.headers import address, one_line
from models.apps import App, AppMail
from models.base import touched
from resolvers.shopify_secrets import ShopifySecret, secret_update

MOST_MINUTES: Final = 366 * 24 * 60

RESERVED: Final = frozenset(
    {
        "admin", "api-keys", "apps", "assets", "auth", "data-export", "docs", "feedback", "graphiql", "graphql",
        "health", "mcp", "metrics", "openapi.json", "reference", "t", "tickets", "users", "webhooks",
    }
)  # fmt: skip
"""First segments of the server's own paths: none of them can be an app."""


def _is_free(app_id: str) -> str:
    if app_id in RESERVED:
        raise ValueError(f"{app_id} is a path of this server: choose another id")
    return app_id


def _can_be_written_to(value: str) -> str:
    """Of addresses that a header can have (RFC 5322): with an international domain in its encoded form."""
    try:
        return address(value).email
    except InvalidInput as error:
        raise ValueError(error.message) from None


Origins = Annotated[list[Origin], Field(max_length=50)]
LogDays = Annotated[int, Field(ge=1, le=365)]
MailAddress = Annotated[str, Field(max_length=254), AfterValidator(_can_be_written_to)]
MailName = Annotated[Text, Field(max_length=120), AfterValidator(one_line)]
PostalAddress = Annotated[Text, Field(max_length=500)]


class AppMailUpdate(Input):
    """How the app writes. Without `senderEmail` its mail comes from the platform's address; `postalAddress` stands
    below newsletters; with `doubleOptIn` newcomers confirm that they want them; with `holdsOnErrors` marketing mail
    waits while the app has far more errors than usual."""

    sender_name: MailName = OMITTED
    sender_email: MailAddress | None = OMITTED
    reply_to: MailAddress | None = OMITTED
    postal_address: PostalAddress = OMITTED
    default_language: Locale = OMITTED
    double_opt_in: bool = OMITTED
    holds_on_errors: bool = OMITTED


Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]


class TicketTargetsUpdate(Input):
    """In minutes in which it is staff's turn; null for as long as it takes."""

    first_response_minutes: Minutes | None = OMITTED
    resolution_minutes: Minutes | None = OMITTED


class TicketTargetsByPriorityUpdate(Input):
    low: TicketTargetsUpdate = OMITTED
    medium: TicketTargetsUpdate = OMITTED
    high: TicketTargetsUpdate = OMITTED
    urgent: TicketTargetsUpdate = OMITTED


class AppSupportUpdate(Input):
    """How tickets are handled. New targets count for new tickets, and for those whose priority changes. Resolved
    tickets are closed after `autoCloseDays`, null for never. `email` is where customers write to: with
    `beginsTicketsByMail`, received mail to it begins a ticket where it answers nothing."""

    targets: TicketTargetsByPriorityUpdate = OMITTED
    acknowledges: bool = OMITTED
    asks_rating: bool = OMITTED
    auto_close_days: Annotated[int, Field(ge=1, le=365)] | None = OMITTED
    email: MailAddress | None = OMITTED
    begins_tickets_by_mail: bool = OMITTED


class AppWantBoardUpdate(Input):
    """How the app takes wishes. With `autoPublish` everybody sees them at once, else only what staff have looked at.
    Without `categories` any slug is one. `pageUrl` is where people read them: mail leads there, and `{id}` in it stands
    for the want's."""

    auto_publish: bool = OMITTED
    categories: Annotated[list[Handle], Field(max_length=50), AfterValidator(each_once)] = OMITTED
    page_url: WebAddress | None = OMITTED


class AppCreate(Input):
    id: Annotated[AppId, AfterValidator(_is_free)]
    name: Name
    description: LongText = ""
    allowed_origins: Origins = Field(default_factory=list)
    mail: AppMailUpdate = Field(default_factory=AppMailUpdate)
    log_days: LogDays = 30


class AppUpdate(Input):
    """`shopifySecret` is the app's client secret at Shopify, and never shown. The one before it counts on, until the
    next or until null, which takes both away. `logDays` is how long logs are kept that come in from now on; what is
    older is deleted within the hour."""

    name: Name = OMITTED
    description: LongText = OMITTED
    allowed_origins: Origins = OMITTED
    is_active: bool = OMITTED
    mail: AppMailUpdate = OMITTED
    support: AppSupportUpdate = OMITTED
    want_board: AppWantBoardUpdate = OMITTED
    log_days: LogDays = OMITTED
    shopify_secret: ShopifySecret | None = OMITTED


class AppFilter(Input):
    search: Search | None = None
    is_active: bool | None = None


class AppSortKey(SortKey):
    NAME = "name", "nameKey"
    CREATED_AT = "createdAt"


@dataclass(frozen=True, slots=True)
class Features:
    """What the caller's role lets it do in an app."""

    can_edit_templates: bool
    can_edit_users: bool
    can_view_metrics: bool


@allow(STAFF)
async def list_apps(actor: Actor, window: Window, filters: AppFilter, sort: Sort) -> Slice[App]:
    """The apps that the company publishes."""
    query: dict[str, Any] = {}
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["nameKey"] = containing(filters.search)
    return await slice_of(App, query, sort, window)


@allow(STAFF)
async def get_app(actor: Actor, app_id: str) -> App:
    """One app."""
    return await visible_app(actor, app_id)


@allow(ADMINS)
async def create_app(actor: Actor, data: AppCreate) -> App:
    """Add an app. Its id is part of its paths and never changes."""
    mail = AppMail(**data.mail.sent())
    app = App(name_key=data.name.casefold(), mail=mail, **data.model_dump(exclude={"mail"}))
    try:
        return await app.insert()
    except DuplicateKeyError:
        raise Conflict(f"There is an app {data.id} already", "id") from None


@allow(ADMINS)
async def update_app(actor: Actor, app_id: str, data: AppUpdate) -> App:
    """Change what is sent of an app, leave the rest."""
    changes = data.assignments()
    if "name" in changes:
        changes["nameKey"] = data.name.casefold()
    changes.pop("shopifySecret", None)
    is_sent = "shopify_secret" in data.model_fields_set
    secret = await secret_update(app_id, data.shopify_secret) if is_sent else {}
    app = await App.change({"_id": app_id}, {**touched(changes), **secret})
    if app is None:
        raise unknown_app()
    return app


async def _read_apps(app_ids: Sequence[str]) -> dict[str, App]:
    return {app.id: app for app in await App.find({"_id": {"$in": app_ids}}).to_list()}


_APPS: Final = GroupReads(_read_apps)


async def visible_app(actor: Actor, app_id: str) -> App:
    """The one way to an app: for a key or an end user of another one it does not exist."""
    app = await _APPS.get(app_id) if actor.sees_app(app_id) else None
    if app is None:
        raise unknown_app()
    return app


async def apps_by_id(app_ids: Collection[str]) -> list[App | None]:
    """In the order of the ids. For what is visible already, and belongs to these apps."""
    return await asyncio.gather(*(_APPS.get(app_id) for app_id in app_ids))


async def apps_holding_mail() -> set[str]:
    """Whose marketing mail waits until their errors are over."""
    return set(await App.distinct("_id", {"mailHold": {"$ne": None}, "mailHold.endedBy": None}))


def unknown_app() -> NotFound:
    return NotFound("Unknown app", "appId")


def features_of(actor: Actor) -> Features:
    return Features(
        can_edit_templates=actor.role in MARKETING,
        can_edit_users=actor.role in ADMINS,
        can_view_metrics=actor.role in STAFF,
    )
