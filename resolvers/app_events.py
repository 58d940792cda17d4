"""What the apps' backends report. An event is kept before anything follows from it, so that nothing is lost."""

import re
from datetime import timedelta
from typing import Any, Final

import structlog
from pydantic import Field
from pymongo.errors import DuplicateKeyError, PyMongoError

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, DomainError, InvalidInput, found
from core.ids import object_id
from core.inputs import Input, JsonObject, Moment, ShopDomain, Text
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.scopes import Scope
from models.app_events import KEPT, AppEvent
from resolvers.apps import visible_app
from resolvers.automation_news import Happening, announce, listened_to
from resolvers.event_effects import KNOWN, canonical, read_data, take_effect

NAME: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
LONGEST_NAME: Final = 64
FAST_CLOCK: Final = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""
DEDUPED: Final = timedelta(hours=24)
STILL_AT_WORK: Final = timedelta(seconds=10)
"""An event this young may be on its way to its shop just now."""
BATCH: Final = 500

log = structlog.get_logger(__name__)


class AppEventCreate(Input):
    """`occurredAt` is now where it is left out. The same `idempotencyKey` within 24 hours is the same event."""

    shop_domain: ShopDomain | None = None
    occurred_at: Moment | None = None
    data: JsonObject = Field(
        default_factory=dict,
        description="Anything. Of app-installed what is known of the shop: name, email, owner, country, currency, "
        "locale, shopifyPlan, isTest, and the handle of its plan; of plan-changed plan, status and isTest; of "
        "app-uninstalled reason.",
    )
    idempotency_key: Text | None = Field(None, min_length=1, max_length=200)


class AppEventFilter(Input):
    name: str | None = Field(None, max_length=LONGEST_NAME)
    shop_domain: ShopDomain | None = None
    occurred_from: Moment | None = None
    occurred_to: Moment | None = None
    has_problem: bool | None = None


class AppEventSortKey(SortKey):
    OCCURRED_AT = "occurredAt"


@allow(ADMINS, api_key=Scope.EVENTS_WRITE)
async def create_app_event(actor: Actor, app_id: str, event_name: str, data: AppEventCreate) -> AppEvent:
    """Reports what happened in an app. Shops follow `app-installed`, `app-uninstalled` and `plan-changed`, and
    automations all of them; other events are kept. An event that a shop can't follow is kept with the problem."""
    await visible_app(actor, app_id)
    event = _event(actor, app_id, canonical(_checked(event_name)), data)
    if event.name not in KNOWN and not await _is_waited_for(event):
        event.applied_at = event.created_at
    kept = await _insert_once(event)
    return kept if kept.applied_at is not None else await _apply(kept)


@allow(STAFF)
async def list_app_events(
    actor: Actor, app_id: str, window: Window, filters: AppEventFilter, sort: Sort
) -> Slice[AppEvent]:
    """What an app's backend reported in the last 90 days."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.name is not None:
        query["name"] = canonical(filters.name)
    if filters.shop_domain is not None:
        query["shopDomain"] = filters.shop_domain
    if filters.has_problem is not None:
        query["problem"] = {"$type": "string"} if filters.has_problem else None
    occurred = {"$gte": filters.occurred_from, "$lt": filters.occurred_to}
    if bounds := {operator: moment for operator, moment in occurred.items() if moment is not None}:
        query["occurredAt"] = bounds
    return await slice_of(AppEvent, query, sort, window)


@allow(STAFF)
async def list_merchant_events(actor: Actor, domain: str, window: Window) -> Slice[AppEvent]:
    """What all the apps' backends reported of a merchant in the last 90 days, the newest first."""
    newest = AppEventSortKey.OCCURRED_AT.order(descending=True)
    return await slice_of(AppEvent, {"shopDomain": domain}, newest, window)


@allow(STAFF)
async def get_app_event(actor: Actor, app_id: str, event_id: str) -> AppEvent:
    """One event that an app's backend reported."""
    await visible_app(actor, app_id)
    identity = object_id(event_id)
    return found(await AppEvent.find_one({"appId": app_id, "_id": identity}) if identity else None, "Event")


@allow()
async def apply_pending_events(actor: Actor) -> int:
    """Lets shops follow the events whose sender's request was cut off, in the order in which they happened. Returns how
    many; one that fails is tried again the next time, and does not hold up the others."""
    due = {"appliedAt": None, "createdAt": {"$lt": clock.now() - STILL_AT_WORK}}
    pending = AppEvent.find(due).sort("occurredAt").limit(BATCH)
    applied = 0
    for event in await pending.to_list():
        try:
            await _apply(event)
            applied += 1
        except PyMongoError:
            log.exception("app_events.not_applied", event_id=str(event.id))
    return applied


def _checked(event_name: str) -> str:
    if len(event_name) > LONGEST_NAME or not NAME.fullmatch(event_name):
        raise InvalidInput(
            f"eventName must be in snake or kebab case, such as plan-changed, of at most {LONGEST_NAME} characters",
            "eventName",
        )
    return event_name


def _event(actor: Actor, app_id: str, name: str, data: AppEventCreate) -> AppEvent:
    """What the sender can correct is refused before anything is kept."""
    now = clock.now()
    occurred_at = data.occurred_at or now
    if occurred_at > now + FAST_CLOCK:
        raise InvalidInput("occurredAt must not be in the future", "occurredAt")
    read_data(name, data.data)
    if name in KNOWN and data.shop_domain is None:
        raise InvalidInput(f"shopDomain is required for {name}", "shopDomain")
    return AppEvent(
        app_id=app_id,
        name=name,
        shop_domain=data.shop_domain,
        occurred_at=occurred_at,
        data=data.data,
        dedupe_key=data.idempotency_key,
        sent_by=actor.label,
        created_at=now,
        expires_at=now + KEPT,
    )


async def _is_waited_for(event: AppEvent) -> bool:
    """Whether an automation begins or goes on by it: then it is not done with by being kept."""
    return event.shop_domain is not None and await listened_to(event.app_id, event.shop_domain, event.name)


def _happening(event: AppEvent, domain: str) -> Happening:
    return Happening(f"app_event:{event.id}", event.app_id, domain, event.name, event.occurred_at, event.data)


async def _insert_once(event: AppEvent) -> AppEvent:
    """The event, or the one that came before it with the same idempotency key.

    Raises `Conflict` where that one is about something else.
    """
    while True:
        try:
            return await event.insert()
        except DuplicateKeyError:
            if event.dedupe_key is None:
                raise
            held = {"appId": event.app_id, "dedupeKey": event.dedupe_key}
            earlier = await AppEvent.find_one(held)
        if earlier is None:
            continue
        if earlier.created_at <= event.created_at - DEDUPED:
            await AppEvent.change({"_id": earlier.id, **held}, {"$set": {"dedupeKey": None}})
        elif (earlier.name, earlier.shop_domain) == (event.name, event.shop_domain):
            return earlier
        else:
            raise Conflict("The idempotencyKey was used for another event within the last 24 hours", "idempotencyKey")


async def _apply(event: AppEvent) -> AppEvent:
    try:
        problem = await take_effect(event)
    except DomainError as error:
        problem = error.message
    if event.shop_domain is not None:
        await announce([_happening(event, event.shop_domain)])
    done = {"appliedAt": clock.now(), "problem": problem}
    return await AppEvent.change({"_id": event.id}, {"$set": done}) or event
