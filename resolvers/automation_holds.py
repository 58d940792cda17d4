"""Marketing mail of automations waits while its app holds such mail: a step that is not done yet stays, and a mail that
is queued already is put off right before it would go out. Both go on by themselves.

Whoever is held stands still, its clock too: what it waits for, or until when, is as far away afterwards as before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId
from pymongo import UpdateOne

from core import clock
from core.actor import Actor
from core.inputs import iso
from models.apps import App, MailHold
from models.automation_trackers import AutomationTracker, TimelineEntry, TimelineKind, TrackerStatus
from models.automations import AutomationConfig, AutomationStep, AutomationStepType
from models.base import touched
from models.deliveries import Delivery, DeliveryStatus
from resolvers.apps import apps_holding_mail
from resolvers.automation_mail import SOURCE, Origin, is_marketing
from resolvers.automation_writes import announce_tracker, announce_trackers, told, wake
from resolvers.job_leases import enqueue_many
from resolvers.sending import TRANSACTIONAL
from resolvers.transactional import ATTEMPTS, DELIVER

SYSTEM: Final = Actor.system("automations")
BATCH: Final = 500
GOES_ON: Final = "The app's mail goes out again"


@dataclass(frozen=True, slots=True)
class Hold:
    """Where a tracker comes to that is about to send such a mail."""

    step: AutomationStep
    sentence: str


def hold_on(app: App, step: AutomationStep) -> MailHold | None:
    """What a step has to wait for; None where it may be done."""
    return app.holding if step.type is AutomationStepType.SEND_EMAIL and is_marketing(step) else None


def hold_of(app: App | None, config: AutomationConfig) -> MailHold | None:
    """What some of the mail of an automation waits for; None where all of it goes out."""
    return next((hold for step in config.steps if app is not None and (hold := hold_on(app, step))), None)


def waiting_words(template_key: str | None, hold: MailHold) -> str:
    """For the timeline."""
    return f"The mail {template_key} is held. {hold.sentence}"


async def held_among(deliveries: Sequence[Delivery]) -> set[PydanticObjectId]:
    """Which of the deliveries may not go out now since their app holds the marketing mail of automations."""
    mails = [one for one in deliveries if one.source.startswith(SOURCE) and one.category is not TRANSACTIONAL]
    holding = await apps_holding_mail() if mails else set()
    return {one.id for one in mails if one.app_id in holding}


async def put_off(delivery: Delivery) -> None:
    """Lets a queued mail wait until its app holds none, and its tracker with it. Doing it again says nothing twice."""
    app = await App.get(delivery.app_id) if delivery.app_id else None
    if app is not None and app.mail_hold is not None:
        await _hold_tracker_of(delivery, app.mail_hold)
    queued = {"_id": delivery.id, "status": DeliveryStatus.QUEUED.value}
    await Delivery.change(queued, touched({"heldSince": clock.now()}))


async def let_automations_go_on(app_id: str) -> None:
    """All that was held of an app that holds nothing any more. Whoever does it again, or after somebody who died in
    between, sends nothing twice."""
    await _release_mails(app_id)
    if await _release_trackers(app_id):
        await announce_trackers(app_id)
        await wake()


async def _hold_tracker_of(delivery: Delivery, hold: MailHold) -> None:
    origin, words = Origin.of(delivery.source), waiting_words(delivery.content.partition(":")[2], hold)
    while tracker := await AutomationTracker.get(origin.tracker_id):
        if tracker.run != origin.run or _was_told(tracker, delivery, hold):
            return
        stands = {"heldSince": tracker.held_since or clock.now()} if tracker.is_running and not tracker.frozen else {}
        entry = TimelineEntry(
            at=clock.now(),
            run=tracker.run,
            kind=TimelineKind.HELD,
            sentence=words,
            step_id=origin.step_id,
            delivery_id=delivery.id,
        )
        stood = {"status": tracker.status.value, "frozen": tracker.frozen, "heldSince": tracker.held_since}
        if changed := await AutomationTracker.change(
            {"_id": tracker.id, "run": tracker.run, **stood}, told(stands, entry)
        ):
            await announce_tracker(changed)
            return


def _was_told(tracker: AutomationTracker, delivery: Delivery, hold: MailHold) -> bool:
    return any(
        entry.kind is TimelineKind.HELD and entry.delivery_id == delivery.id and entry.at >= hold.since
        for entry in tracker.timeline
    )


async def _release_mails(app_id: str) -> None:
    """Each gets a job named for the moment since which it was held, before it is held no more: a mail that is put off
    again meanwhile has another moment, and stays held. What a shop was taken out of meanwhile sends it nothing."""
    held = {"appId": app_id, "heldSince": {"$type": "date", "$lte": clock.now()}}
    while mails := await Delivery.find(held).limit(BATCH).to_list():
        over = await _over(mails)
        jobs = {_job_key(one): {"deliveryId": str(one.id)} for one in mails if one.id not in over}
        await enqueue_many(SYSTEM, DELIVER, jobs, max_attempts=ATTEMPTS)
        updates = [UpdateOne(*_release_mail(one, is_over=one.id in over)) for one in mails]
        await Delivery.get_pymongo_collection().bulk_write(updates, ordered=False)


async def _over(mails: Sequence[Delivery]) -> set[PydanticObjectId]:
    """Which of them are queued, of runs that were ended."""
    origins = {one.id: Origin.of(one.source) for one in mails if one.status is DeliveryStatus.QUEUED}
    named = {"_id": {"$in": [*{origin.tracker_id for origin in origins.values()}]}}
    exited = {**named, "status": TrackerStatus.EXITED.value}
    runs = {(one.id, one.run) for one in await AutomationTracker.find(exited).to_list()}
    return {mail_id for mail_id, origin in origins.items() if (origin.tracker_id, origin.run) in runs}


def _release_mail(mail: Delivery, *, is_over: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which it has to be still, and what it becomes."""
    here = {"_id": mail.id, "heldSince": mail.held_since, "status": mail.status.value}
    status = DeliveryStatus.CANCELLED if is_over else mail.status
    return here, touched({"heldSince": None, "status": status.value})


def _job_key(mail: Delivery) -> str:
    return f"deliver:{mail.id}:{iso(mail.held_since) if mail.held_since else ''}"


async def _release_trackers(app_id: str) -> int:
    trackers, released = AutomationTracker.get_pymongo_collection(), 0
    held = {"appId": app_id, "heldSince": {"$lte": clock.now()}}
    while rows := await trackers.find(held, dict.fromkeys(RELEASED_BY, 1)).limit(BATCH).to_list():
        await trackers.bulk_write([UpdateOne(*_release(row)) for row in rows], ordered=False)
        released += len(rows)
    return released


RELEASED_BY: Final = ("heldSince", "dueAt", "restUntil", "run", "stepId")
"""What has to be known of a tracker; its timeline is long."""


def _release(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which it has to be still, and how it goes on."""
    now = clock.now()
    moments = {name: row[name] for name in ("dueAt", "restUntil")}
    later = {name: at + (now - row["heldSince"]) for name, at in moments.items() if at is not None}
    entry = TimelineEntry(at=now, run=row["run"], kind=TimelineKind.WENT_ON, sentence=GOES_ON, step_id=row["stepId"])
    here = {"_id": row["_id"], "heldSince": row["heldSince"], **moments}
    return here, told({**later, "heldSince": None}, entry)
