"""The app events that shops follow: what they must hold, and what they do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ConfigDict, Field, ValidationError

from core.errors import InvalidInput
from core.inputs import Country, Currency, Email, Input, Locale, ShortText, problems_of
from models.app_events import AppEvent
from models.plans import Plan
from models.shops import Change, ChangeKind, Shop, Subscription, SubscriptionStatus
from resolvers.contact_shops import contact_from_shop
from resolvers.prospect_moves import convert_prospects
from resolvers.shop_news import tell_of_event
from resolvers.shop_writes import newest_install, with_changes, with_facts, write_shop
from resolvers.uninstall_feedback import keep_uninstall_reason


class KnownData(Input):
    """The keys of `data` that mean something; others are kept with the event."""

    model_config = ConfigDict(extra="ignore")


class InstallData(KnownData):
    """What the app knows of the shop, and the handle of the plan that it begins with."""

    name: ShortText | None = None
    email: Email | None = None
    owner: ShortText | None = None
    country: Country | None = None
    currency: Currency | None = None
    locale: Locale | None = None
    shopify_plan: ShortText | None = None
    is_test: bool | None = None
    plan: str | None = Field(None, min_length=1, max_length=64)


class UninstallData(KnownData):
    reason: ShortText | None = None


class PlanChangeData(KnownData):
    """`isTest` is a subscription that Shopify does not bill."""

    plan: str = Field(min_length=1, max_length=64)
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    is_test: bool = False


KNOWN: Final[Mapping[str, type[KnownData]]] = {
    "app-installed": InstallData,
    "app-uninstalled": UninstallData,
    "plan-changed": PlanChangeData,
}


def canonical(name: str) -> str:
    """The events that shops follow go by one name each: `app_installed` is `app-installed`. Others stay as they are."""
    kebab = name.replace("_", "-")
    return kebab if kebab in KNOWN else name


def read_data(name: str, data: Mapping[str, Any]) -> KnownData | None:
    """What the data of an event means; None for an event that shops do not follow.

    Raises `InvalidInput` naming what is wrong, such as `data.email`.
    """
    try:
        return KNOWN[name].model_validate(data) if name in KNOWN else None
    except ValidationError as error:
        problem = problems_of(error.errors(include_url=False))[0]
        raise InvalidInput(f"data.{problem.field}: {problem.message}", f"data.{problem.field}") from None


async def take_effect(event: AppEvent) -> str | None:
    """Lets the shop follow the event. Doing it again has no second effect.

    Returns what stands in the way of a part of it. Raises `InvalidInput` where the data is not valid.
    """
    data, domain = read_data(event.name, event.data), event.shop_domain
    if data is None or domain is None:
        return None
    changes, problem = await _changes(event, data)
    facts = data.sent() if isinstance(data, InstallData) else {}

    def decide(shop: Shop | None) -> Shop | None:
        after = with_changes(shop, event.app_id, domain, changes)
        if after is None or not facts:
            return after
        install = newest_install(after)
        return with_facts(after, facts, are_newest=install is not None and install.event_id == event.id)

    if changes and (shop := await write_shop(event.app_id, domain, decide)):
        await contact_from_shop(shop)
        await convert_prospects(shop)
        await keep_uninstall_reason(event, shop)
        await tell_of_event(event, shop)
    return problem


async def _changes(event: AppEvent, data: KnownData) -> tuple[list[Change], str | None]:
    match data:
        case InstallData(plan=None):
            return [_change(event, ChangeKind.INSTALLED)], None
        case InstallData(plan=str(handle)):
            planned, problem = await _plan_change(event, handle, SubscriptionStatus.ACTIVE, is_test=False)
            return [_change(event, ChangeKind.INSTALLED), *planned], problem
        case PlanChangeData(plan=handle, status=status, is_test=is_test):
            return await _plan_change(event, handle, status, is_test=is_test)
        case UninstallData(reason=reason):
            return [_change(event, ChangeKind.UNINSTALLED, reason=reason)], None
        case _:
            raise TypeError(type(data))


async def _plan_change(
    event: AppEvent, handle: str, status: SubscriptionStatus, *, is_test: bool
) -> tuple[list[Change], str | None]:
    """Nothing, and why, where the app has no such plan."""
    plan = await Plan.find_one({"appId": event.app_id, "handle": handle})
    if plan is None:
        return [], f"The app has no plan {handle}"
    subscription = subscription_to(plan, status, since=event.occurred_at, is_test=is_test)
    return [_change(event, ChangeKind.PLAN_CHANGED, subscription=subscription)], None


def subscription_to(plan: Plan, status: SubscriptionStatus, *, since: datetime, is_test: bool = False) -> Subscription:
    """With the plan as it is now: what it costs later does not reach those who have subscribed."""
    return Subscription(
        plan_id=plan.id,
        plan_handle=plan.handle,
        plan_name=plan.name,
        price=plan.price,
        currency=plan.currency,
        interval=plan.interval,
        trial_days=plan.trial_days,
        status=status,
        is_test=is_test,
        since=since,
    )


def _change(
    event: AppEvent, kind: ChangeKind, *, reason: str | None = None, subscription: Subscription | None = None
) -> Change:
    return Change(
        kind=kind,
        at=event.occurred_at,
        by=event.sent_by,
        reason=reason or None,
        event_id=event.id,
        subscription=subscription,
    )
