"""The company's automations: the same six in each app, and the shops that went through them lately."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from conditions.evaluation import Facts
from models.automation_trackers import AutomationTracker, TimelineEntry, TimelineKind, TrackerStatus
from models.automations import AutomationConfig, AutomationStep, AutomationStepType
from models.feedback import Feedback
from models.shops import ChangeKind, Shop
from resolvers.automation_facts import shop_values
from resolvers.automation_simulation import Simulated, simulate
from resolvers.automations import AutomationCreate, create_automation
from seed.catalog import APPS
from seed.histories import ACTOR

LATELY: Final = timedelta(days=45)
MOST: Final = 40
"""Trackers of one automation."""
LOW: Final = 2
PAUSED, EXITED, FAILED = 0.06, 0.12, 0.04
BILLING: Final = "https://admin.shopify.com/"
AUTOMATIONS: Final[tuple[dict[str, Any], ...]] = (
    {
        "slug": "onboarding",
        "name": "Onboarding",
        "description": "Welcomes a new shop, and helps it if nothing has happened after three days.",
        "trigger": "app-installed",
        "exitOn": ["app-uninstalled"],
        "reentry": "after_cooldown",
        "cooldown": "90d",
        "steps": [
            {"id": "welcome", "type": "send_email", "templateKey": "welcome"},
            {"id": "three-days", "type": "wait", "duration": "3d"},
            {
                "id": "is-idle",
                "type": "condition",
                "condition": {"field": "shop.lastSeenAt", "op": "before", "value": "now-2d"},
                "onFalse": "end",
            },
            {"id": "tag", "type": "add_tag", "tag": "needs-help"},
            {"id": "tell", "type": "notify_slack", "topic": "installs", "text": "{shop.name} has not begun yet"},
        ],
    },
    {
        "slug": "trial-ending",
        "name": "The trial ends soon",
        "description": "Reminds shops whose trial ends within three days.",
        "trigger": "schedule",
        "schedule": {"rhythm": "daily", "hour": 9},
        "condition": {
            "all": [
                {"field": "shop.status", "op": "eq", "value": "active"},
                {"field": "shop.trialEndsAt", "op": "after", "value": "now"},
                {"field": "shop.trialEndsAt", "op": "before", "value": "now+3d"},
            ]
        },
        "steps": [
            {
                "id": "remind",
                "type": "send_email",
                "templateKey": "trial-ending",
                "values": {"days": 3, "price": "{plan.price} {plan.currency}", "billing_url": BILLING},
            }
        ],
    },
    {
        "slug": "win-back",
        "name": "Win back",
        "description": "Says goodbye, and tags the shop for a call where it was a customer.",
        "trigger": "app-uninstalled",
        "exitOn": ["app-installed"],
        "reentry": "always",
        "steps": [
            {"id": "goodbye", "type": "send_email", "templateKey": "goodbye", "category": "transactional"},
            {"id": "two-weeks", "type": "wait", "duration": "2w"},
            {
                "id": "paid",
                "type": "condition",
                "condition": {"field": "plan.price", "op": "gt", "value": 0},
                "onFalse": "end",
            },
            {"id": "tag", "type": "add_tag", "tag": "win-back"},
        ],
    },
    {
        "slug": "low-rating",
        "name": "Low rating",
        "description": "Tells the team of whoever is not content.",
        "trigger": "feedback.received",
        "condition": {"field": "event.rating", "op": "lte", "value": LOW},
        "reentry": "after_cooldown",
        "cooldown": "7d",
        "steps": [
            {"id": "tell", "type": "notify_slack", "topic": "feedback", "text": "{shop.name} is not content"},
            {"id": "tag", "type": "add_tag", "tag": "at-risk"},
        ],
    },
    {
        "slug": "payment-failed",
        "name": "Payment failed",
        "description": "Asks for another way to pay, and tells the team if nothing changes in a week.",
        "trigger": "plan-changed",
        "condition": {"field": "subscription.status", "op": "eq", "value": "FROZEN"},
        "exitOn": ["app-uninstalled"],
        "reentry": "after_cooldown",
        "cooldown": "30d",
        "steps": [
            {
                "id": "ask",
                "type": "send_email",
                "templateKey": "payment-failed",
                "category": "transactional",
                "values": {"billing_url": BILLING},
            },
            {"id": "paid", "type": "wait_for_event", "event": "plan-changed", "timeout": "7d"},
            {
                "id": "still",
                "type": "condition",
                "condition": {"field": "subscription.status", "op": "eq", "value": "FROZEN"},
            },
            {"id": "tell", "type": "notify_slack", "topic": "billing", "text": "{shop.name} still does not pay"},
        ],
    },
    {
        "slug": "happy-customers",
        "name": "Happy customers",
        "description": "Marks whom to ask for a review. Switched off until the wording is agreed.",
        "trigger": "ticket.rated",
        "enabled": False,
        "condition": {"field": "event.score", "op": "gte", "value": 5},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "promoter"}],
    },
)  # fmt: skip


async def write_automations(random: Random, shops: Sequence[Shop], opinions: Sequence[Feedback], now: datetime) -> None:
    """Those of all apps, as if they had been there for months."""
    for app in APPS:
        here = [shop for shop in shops if shop.app_id == app.id]
        for written in AUTOMATIONS:
            data = AutomationCreate.model_validate({"enabled": True, **written})
            config = await create_automation(ACTOR, app.id, data)
            begun = now - timedelta(days=random.randint(120, 300))
            await config.set({"createdAt": begun, "updatedAt": begun})
            entries = sorted(_entries(config, here, opinions, now), key=lambda one: one[1])[-MOST:]
            trackers = [_tracker(random, config, shop, at, now) for shop, at in entries]
            if trackers:
                await AutomationTracker.insert_many(trackers)


def _entries(
    config: AutomationConfig, shops: Iterable[Shop], opinions: Iterable[Feedback], now: datetime
) -> Iterable[tuple[Shop, datetime]]:
    """Who entered lately, and when: each shop once, the last time."""
    low = {
        one.shop_domain: one.created_at for one in opinions if one.app_id == config.app_id and 0 < one.rating_key <= LOW
    }
    for shop in shops:
        at = low.get(shop.domain) if config.slug == "low-rating" else _last(config, shop)
        if at is not None and now - LATELY < at < now:
            yield shop, at


def _last(config: AutomationConfig, shop: Shop) -> datetime | None:
    match config.slug:
        case "onboarding":
            return shop.installed_at
        case "win-back":
            return shop.uninstalled_at
        case "trial-ending" if shop.trial_ends_at is not None:
            return (shop.trial_ends_at - timedelta(days=3)).replace(hour=9, minute=0, second=4)
        case "payment-failed":
            frozen = [one.at for one in shop.history if one.kind is ChangeKind.PLAN_CHANGED and _is_frozen(one)]
            return frozen[-1] if frozen else None
        case _:
            return None


def _is_frozen(change: Any) -> bool:
    return change.subscription is not None and change.subscription.status == "FROZEN"


def _tracker(random: Random, config: AutomationConfig, shop: Shop, at: datetime, now: datetime) -> AutomationTracker:
    """As far as it came until now."""
    happened = list(simulate(config.steps, Facts(at, shop_values(shop)), events_come=False))
    past, ahead = [one for one in happened if one.at <= now], [one for one in happened if one.at > now]
    tracker = AutomationTracker(
        app_id=config.app_id,
        config_id=config.id,
        shop_id=shop.id,
        shop_domain=shop.domain,
        version=config.version,
        exit_on=config.exit_on,
        seen=[f"seed:{shop.id}"],
        chain=[config.id],
        event={"key": f"seed:{shop.id}", "name": config.trigger, "data": {}},
        entered_at=at,
        timeline=[_entry(at, TimelineKind.ENTERED, f"Entered by {config.trigger}"), *_told(config.steps, past)],
        created_at=at,
        updated_at=past[-1].at if past else at,
    )
    if not ahead:
        return _ended(tracker, TrackerStatus.COMPLETED, "Came to its end", past[-1].at)
    return _under_way(random, tracker, config, ahead[0], now)


def _under_way(
    random: Random, tracker: AutomationTracker, config: AutomationConfig, ahead: Simulated, now: datetime
) -> AutomationTracker:
    """Most wait; somebody paused a few, some left, some failed."""
    step = next((one for one in config.steps if one.id == ahead.step_id), config.steps[-1])
    chance, at = random.random(), max(tracker.updated_at, now - timedelta(hours=random.randint(1, 30)))
    if chance < FAILED:
        tracker.step_id = step.id
        return _ended(tracker, TrackerStatus.FAILED, "The shop has 50 tags already", at, TimelineKind.FAILED)
    if chance < FAILED + EXITED:
        return _ended(tracker, TrackerStatus.EXITED, "Ended by app-uninstalled", at, TimelineKind.EXITED)
    tracker.step_id, tracker.listens_to = step.id, [*config.exit_on]
    if step.type is AutomationStepType.WAIT_FOR_EVENT:
        tracker.waiting_for, tracker.waiting_since = step.event, tracker.updated_at
        tracker.listens_to.append(step.event or "")
    if chance < FAILED + EXITED + PAUSED:
        tracker.status, tracker.rest_until = TrackerStatus.PAUSED, ahead.at
        tracker.timeline.append(_entry(at, TimelineKind.PAUSED, "Paused: they asked us to wait until after the sale"))
        return tracker
    tracker.due_at = ahead.at
    return tracker


def _ended(
    tracker: AutomationTracker,
    status: TrackerStatus,
    sentence: str,
    at: datetime,
    kind: TimelineKind = TimelineKind.COMPLETED,
) -> AutomationTracker:
    tracker.status, tracker.ended_at, tracker.updated_at, tracker.listens_to = status, at, at, []
    tracker.timeline.append(_entry(at, kind, sentence))
    return tracker


def _told(steps: Sequence[AutomationStep], past: Iterable[Simulated]) -> Iterable[TimelineEntry]:
    for one in past:
        if one.step is not None:
            yield _entry(one.at, TimelineKind.DONE, DONE[one.step.type].format(step=one.step), one.step_id)
        elif one.step_id is not None:
            branches = any(step.id == one.step_id and step.condition is not None for step in steps)
            kind = TimelineKind.BRANCHED if branches else TimelineKind.WAITING
            entry = _entry(one.at, kind, one.sentence, one.step_id)
            yield entry.model_copy(update={"reasons": list(one.reasons)})


DONE: Final = {
    AutomationStepType.SEND_EMAIL: "The mail {step.template_key} is left to the workers",
    AutomationStepType.ADD_TAG: "Tagged the shop {step.tag}",
    AutomationStepType.NOTIFY_SLACK: "Told Slack, topic {step.topic}",
}


def _entry(at: datetime, kind: TimelineKind, sentence: str, step_id: str | None = None) -> TimelineEntry:
    return TimelineEntry(at=at, run=1, kind=kind, sentence=sentence, step_id=step_id)
