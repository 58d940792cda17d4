"""Shops, as backends and staff make them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from core.inputs import iso
from models.app_events import AppEvent
from models.plans import Interval
from models.shops import Change, ChangeKind, Shop, Subscription, SubscriptionStatus
from resolvers.app_events import AppEventCreate, create_app_event
from resolvers.shops import get_shop

BACKEND = Actor.system("tests")

_numbers = count(1)


def a_domain() -> str:
    return f"shop-{next(_numbers)}.myshopify.com"


async def an_event(
    app_id: str,
    event_name: str,
    domain: str | None = None,
    /,
    *,
    at: datetime | None = None,
    key: str | None = None,
    **data: Any,
) -> AppEvent:
    """Reported by the app's backend; `data` as it is on the wire."""
    sent = {"shopDomain": domain, "occurredAt": iso(at) if at else None, "idempotencyKey": key, "data": data}
    return await create_app_event(BACKEND, app_id, event_name, AppEventCreate.model_validate(sent))


async def a_shop(app_id: str, domain: str | None = None, *, at: datetime | None = None, **data: Any) -> Shop:
    """One that installed the app; `data` is what its backend knows of the shop."""
    domain = domain or a_domain()
    await an_event(app_id, "app-installed", domain, at=at, **data)
    return await get_shop(BACKEND, app_id, domain)


def days_ago(days: float) -> datetime:
    return clock.now() - timedelta(days=days)


def a_change(kind: ChangeKind, at: datetime, subscription: Subscription | None = None, after: str = "") -> Change:
    return Change(
        kind=kind, at=at, by="tests", after=after or None, event_id=PydanticObjectId(), subscription=subscription
    )


def terms(
    handle: str = "pro",
    *,
    price: str = "40",
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
    trial_days: int = 0,
    since: datetime,
) -> Subscription:
    """What a change of plan reports. The same handle is the same plan."""
    return Subscription(
        plan_id=PydanticObjectId(handle.encode().ljust(12)[:12]),
        plan_handle=handle,
        plan_name=handle.title(),
        price=price,
        currency="USD",
        interval=Interval.EVERY_30_DAYS,
        trial_days=trial_days,
        status=status,
        since=since,
    )
