"""Shops and events out of what happened to merchants, by the functions that let shops follow events."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from pydantic.alias_generators import to_camel

from core.actor import Actor
from models.app_events import KEPT, AppEvent
from models.plans import Plan
from models.shops import Change, ChangeKind, Shop, SubscriptionStatus
from resolvers.event_effects import subscription_to
from resolvers.shop_writes import with_changes, with_facts, with_search
from seed.catalog import APPS, CatalogApp
from seed.lives import Happening, first_install, life
from seed.merchants import Merchant

BUSIEST: Final = 6
"""The most events of its own kind that a shop reports while we look."""
ACTOR: Final = Actor.system("seed")


def histories(
    random: Random, merchants: Sequence[Merchant], plans: Mapping[str, Sequence[Plan]], now: datetime
) -> tuple[list[Shop], list[AppEvent]]:
    """All shops as a year has made them, and the events of that year that are still kept, the oldest first."""
    shops: list[Shop] = []
    events: list[AppEvent] = []
    for merchant in merchants:
        met = first_install(random, now)
        for app in _apps_of(random):
            happenings = list(life(random, plans[app.id], met, now))
            shop, followed = _shop(app, merchant, happenings, plans[app.id])
            shops.append(shop)
            events += followed + _activity(random, app, shop, now)
            met += timedelta(days=random.uniform(0, 60))
            if met > now - timedelta(hours=1):
                break
    events.sort(key=lambda event: event.occurred_at)
    return shops, [event for event in events if event.occurred_at > now - KEPT]


def _apps_of(random: Random) -> list[CatalogApp]:
    """At least one; several merchants try another one later."""
    chosen = [app for app in APPS if random.random() < app.popularity]
    return chosen or [random.choice(APPS)]


def _shop(
    app: CatalogApp, merchant: Merchant, happenings: Sequence[Happening], plans: Sequence[Plan]
) -> tuple[Shop, list[AppEvent]]:
    by_handle = {plan.handle: plan for plan in plans}
    facts = merchant.facts()
    events = [_event(app, merchant.domain, happening, facts) for happening in happenings]
    changes = [_change(event, by_handle) for event in events]
    shop = with_changes(None, app.id, merchant.domain, changes)
    if shop is None:
        raise RuntimeError("a life begins with an install")
    shop = with_search(with_facts(shop, facts, are_newest=True))
    shop.created_at, shop.updated_at = events[0].occurred_at, events[-1].occurred_at
    return shop, events


def _event(app: CatalogApp, domain: str, happening: Happening, facts: dict[str, Any] | None = None) -> AppEvent:
    at = happening.at.replace(microsecond=happening.at.microsecond // 1000 * 1000)
    installs = happening.name == "app-installed"
    reported = {to_camel(name): value for name, value in (facts or {}).items()}
    return AppEvent(
        app_id=app.id,
        name=happening.name,
        shop_domain=domain,
        occurred_at=at,
        data=happening.data | (reported if installs else {}),
        sent_by=ACTOR.label,
        applied_at=at,
        created_at=at,
        updated_at=at,
        expires_at=at + KEPT,
    )


def _change(event: AppEvent, plans: dict[str, Plan]) -> Change:
    change = Change(kind=ChangeKind.INSTALLED, at=event.occurred_at, by=event.sent_by, event_id=event.id)
    match event.name:
        case "app-uninstalled":
            return change.model_copy(update={"kind": ChangeKind.UNINSTALLED, "reason": event.data["reason"]})
        case "plan-changed":
            plan, status = plans[event.data["plan"]], SubscriptionStatus(event.data["status"])
            subscription = subscription_to(plan, status, since=event.occurred_at)
            return change.model_copy(update={"kind": ChangeKind.PLAN_CHANGED, "subscription": subscription})
        case _:
            return change


def _activity(random: Random, app: CatalogApp, shop: Shop, now: datetime) -> list[AppEvent]:
    """What the shop did in the app lately, while it had it."""
    begin, end = max(shop.installed_at, now - KEPT), shop.uninstalled_at or now
    if begin >= end:
        return []
    moments = (begin + (end - begin) * random.random() for _ in range(random.randint(0, BUSIEST)))
    return [_event(app, shop.domain, Happening(moment, app.activity)) for moment in moments]
