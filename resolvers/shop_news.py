"""What Slack is told of shops: that they come, go, and change their plan."""

from datetime import timedelta
from typing import Final

from core import clock
from core.actor import Actor
from models.app_events import AppEvent
from models.plans import Interval
from models.shops import Shop, Subscription, SubscriptionStatus
from models.slack_routing import SlackTopic
from resolvers.slack_messages import tell_slack

TELLER: Final = Actor.system("app_events")
NEWS_FOR: Final = timedelta(days=1)
"""What happened earlier was reported late, or for the record."""
TOPICS: Final = {
    "app-installed": SlackTopic.INSTALLS,
    "app-uninstalled": SlackTopic.UNINSTALLS,
    "plan-changed": SlackTopic.BILLING,
}
PER: Final = {Interval.EVERY_30_DAYS: " every 30 days", Interval.ANNUAL: " a year", Interval.ONE_TIME: " once"}
BECAME: Final = {
    SubscriptionStatus.PENDING: "was offered",
    SubscriptionStatus.ACTIVE: "is now on",
    SubscriptionStatus.FROZEN: "does not pay: frozen is",
    SubscriptionStatus.DECLINED: "declined",
    SubscriptionStatus.EXPIRED: "let expire",
    SubscriptionStatus.CANCELLED: "cancelled",
}


async def tell_of_event(event: AppEvent, shop: Shop) -> None:
    """Once per event, however often it is told."""
    if event.name in TOPICS and event.occurred_at > clock.now() - NEWS_FOR:
        text = f"{_name_of(shop)} {_happened(event, shop)}"
        await tell_slack(TELLER, TOPICS[event.name], event.app_id, text, key=f"app_event:{event.id}")


def _happened(event: AppEvent, shop: Shop) -> str:
    match event.name:
        case "app-installed":
            plan = shop.subscription.plan_name if shop.subscription and event.data.get("plan") else None
            return "installed the app" + (f", with the plan {plan}" if plan else "")
        case "app-uninstalled":
            days = (event.occurred_at - shop.installed_at).days
            reason = event.data.get("reason")
            return f"uninstalled the app after {_days(days)}" + (f": {reason}" if reason else "")
        case _:
            status = SubscriptionStatus(event.data.get("status", SubscriptionStatus.ACTIVE.value))
            known = shop.subscription
            is_its = known is not None and known.plan_handle == event.data.get("plan")
            return f"{BECAME[status]} {_price_of(known) if known and is_its else event.data.get('plan')}"


def _name_of(shop: Shop) -> str:
    where = ", ".join(filter(None, [shop.domain if shop.name else "", shop.country, "a test" if shop.is_test else ""]))
    return (shop.name or shop.domain) + (f" ({where})" if where else "")


def _price_of(subscription: Subscription) -> str:
    return f"{subscription.plan_name}, {subscription.price} {subscription.currency}{PER[subscription.interval]}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{max(days, 0)} days"
