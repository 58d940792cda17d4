"""Alerts about an app's mail: one is opened when an hour is too bad, and resolved by a person or after a quiet day."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, found
from core.ids import object_id
from core.inputs import Input, ShortText, iso
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.apps import App
from models.base import touched
from models.email_alerts import AlertNumbers, EmailAlert, EmailAlertKind, EmailAlertStatus
from models.email_events import EmailEvent, EmailEventType
from models.slack_routing import SlackTopic
from resolvers.email_alert_rules import MailCounts, says_something, too_much
from resolvers.slack_messages import tell_slack

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
QUIET: Final = timedelta(hours=24)
"""After so long without a bad hour, an alert is over."""
CHANGED: Final = "email_alerts.changed"
"""The topic of word that an alert was opened, seen again or resolved. Message: `alertId`."""
TELLER: Final = Actor.system("email_alerts")
COUNTED: Final[Mapping[EmailEventType, Collection[str]]] = {
    EmailEventType.SENT: ("sent",),
    EmailEventType.BOUNCED: ("bounced",),
    EmailEventType.COMPLAINED: ("complained",),
    EmailEventType.FAILED: ("sent", "bounced"),
}
"""What an event counts for. What failed is counted where a server refused it at once, which is a bounce too."""
FAST_CLOCK: Final = timedelta(minutes=5)
"""How far the clock of whoever tells of an event may be ahead of ours."""


class EmailAlertFilter(Input):
    app_id: str | None = Field(None, max_length=64)
    kind: EmailAlertKind | None = None
    status: EmailAlertStatus | None = None


class EmailAlertSortKey(SortKey):
    CREATED_AT = "createdAt"
    LAST_SEEN_AT = "lastSeenAt"


class EmailAlertResolve(Input):
    """`note` is what was found, or done."""

    note: ShortText | None = None


@allow(STAFF)
async def list_email_alerts(actor: Actor, window: Window, filters: EmailAlertFilter, sort: Sort) -> Slice[EmailAlert]:
    """Alerts about the mail of all apps."""
    query: dict[str, Any] = {}
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    if filters.kind is not None:
        query["kind"] = filters.kind.value
    if filters.status is not None:
        query["status"] = filters.status.value
    return await slice_of(EmailAlert, query, sort, window)


@allow(STAFF)
async def get_email_alert(actor: Actor, alert_id: str) -> EmailAlert:
    """One alert about an app's mail."""
    identity = object_id(alert_id)
    return found(await EmailAlert.get(identity) if identity else None, "Email alert")


@allow(MARKETING)
async def resolve_email_alert(actor: Actor, alert_id: str, data: EmailAlertResolve) -> EmailAlert:
    """Settles an alert. What happened until now does not open another."""
    alert = await get_email_alert(actor, alert_id)
    here = {"_id": alert.id, "status": EmailAlertStatus.OPEN.value}
    resolved = await EmailAlert.change(here, _resolved(actor, data.note))
    if resolved is None:
        alert = await get_email_alert(actor, alert_id)
        at = f" at {iso(alert.resolved_at)}" if alert.resolved_at else ""
        raise Conflict(f"The alert was resolved already{at}, by {alert.resolved_by}", "id")
    await _announce(resolved)
    return resolved


@allow(STAFF)
async def watch_email_alerts(actor: Actor) -> AsyncIterator[EmailAlert]:
    """Each alert as it is when it was opened, seen again or resolved, from now on."""
    return _changing_alerts()


@allow()
async def check_email_alerts(actor: Actor) -> None:
    """Compares the last hour of each app's mail with what is too much and what is usual, opens and renews alerts, and
    ends those that have been quiet. Doing it again has no second effect."""
    now = clock.now()
    for app in await App.find_all().to_list():
        hour = await _counts(app.id, now - HOUR, now)
        for kind in EmailAlertKind:
            if says_something(kind, hour) and (numbers := await _too_much(app.id, kind, now)):
                await _seen(app.id, kind, numbers, now)
    await _end_quiet(actor, now)


async def _changing_alerts() -> AsyncIterator[EmailAlert]:
    async with runtime().topics.listen(CHANGED) as messages:
        async for message in messages:
            alert = await EmailAlert.get(object_id(message["alertId"]))
            if alert is not None:
                yield alert


async def _too_much(app_id: str, kind: EmailAlertKind, now: datetime) -> AlertNumbers | None:
    """Since the last alert was resolved: whoever resolved it knew of what was before."""
    begin, resolved = now - HOUR, {"appId": app_id, "kind": kind.value, "status": EmailAlertStatus.RESOLVED.value}
    last = await EmailAlert.find(resolved).sort("-resolvedAt").first_or_none()
    if last is not None and last.resolved_at is not None:
        begin = max(begin, last.resolved_at)
    week = await _counts(app_id, now - HOUR - WEEK, now - HOUR)
    return too_much(kind, await _counts(app_id, begin, now), week)


async def _counts(app_id: str, begin: datetime, end: datetime) -> MailCounts:
    within = {
        "appId": app_id,
        "createdAt": {"$gte": begin - FAST_CLOCK},  # what has happened is told afterwards, and found by index
        "at": {"$gte": begin, "$lt": end},
        "type": {"$in": [type_.value for type_ in COUNTED]},
        "isTest": None,
    }
    kinds = {"type": "$type", "bounce": "$bounce"}
    rows = await EmailEvent.aggregate([{"$match": within}, {"$group": {"_id": kinds, "events": {"$sum": 1}}}]).to_list()
    counts: Counter[str] = Counter()
    for row in rows:
        type_ = EmailEventType(row["_id"]["type"])
        if type_ is not EmailEventType.FAILED or row["_id"].get("bounce"):
            counts.update(dict.fromkeys(COUNTED[type_], row["events"]))
    return MailCounts(**counts)


async def _seen(app_id: str, kind: EmailAlertKind, numbers: AlertNumbers, now: datetime) -> None:
    """Opens an alert, or renews the one that is open."""
    named = {"appId": app_id, "kind": kind.value, "status": EmailAlertStatus.OPEN.value}
    renewed = touched({"numbers": numbers.model_dump(by_alias=True), "lastSeenAt": now})
    while (alert := await EmailAlert.change(named, renewed | {"$max": {"peakRate": numbers.rate}})) is None:
        fresh = EmailAlert(
            app_id=app_id, kind=kind, numbers=numbers, peak_rate=numbers.rate, last_seen_at=now, created_at=now
        )
        try:
            alert = await fresh.insert()
            break
        except DuplicateKeyError:
            continue
    await _announce(alert)
    # Of one that is renewed too, under the same key: whoever opened it may have died before telling.
    await tell_slack(TELLER, SlackTopic.ALERTS, app_id, alert.sentence, key=f"email_alert:{alert.id}")


async def _end_quiet(actor: Actor, now: datetime) -> None:
    quiet = {"status": EmailAlertStatus.OPEN.value, "lastSeenAt": {"$lte": now - QUIET}}
    for alert in await EmailAlert.find(quiet).to_list():
        if ended := await EmailAlert.change({"_id": alert.id, **quiet}, _resolved(actor, "No bad hour in a day")):
            await _announce(ended)


def _resolved(actor: Actor, note: str | None) -> dict[str, Any]:
    return touched(
        {
            "status": EmailAlertStatus.RESOLVED.value,
            "resolvedAt": clock.now(),
            "resolvedBy": actor.label,
            "note": note,
        }
    )


async def _announce(alert: EmailAlert) -> None:
    await runtime().topics.publish(CHANGED, {"alertId": str(alert.id)})
