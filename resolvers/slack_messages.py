"""Telling Slack: whoever has news tells it, and the workers post it where the rules say.

A message is stored before its lane is opened, and a lane is closed before it is looked through for the last time: so
none is left lying, whoever dies in between.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import structlog
from pydantic import JsonValue
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import allow, allow_all
from core.actor import Actor
from core.mongo import insert_new
from models.email_jobs import EmailJob
from models.slack_messages import KEPT, SlackLane, SlackMessage, SlackMessageStatus
from models.slack_routing import SlackRule, SlackTopic
from resolvers.job_leases import enqueue

POSTER: Final = Actor.system("slack")
POST: Final = "slack.post"
"""The type of the jobs that post what waits for one webhook. Payload: `lane`."""
ATTEMPTS: Final = 32
"""Over about a day, which is as long as news is worth posting."""
LONGEST_TEXT: Final = 3000
LONGEST_LINK: Final = 2000

log = structlog.get_logger(__name__)


@allow_all
async def tell_slack(
    actor: Actor, topic: SlackTopic, app_id: str | None, text: str, *, key: str, link: str | None = None
) -> None:
    """Leaves news to the workers, for each rule that asks for it. Never fails: what can't be told is logged.

    `text` is plain: it is escaped when it is posted, and the app's name goes before it. `link` is one of our own
    addresses. Told again under the same `key` within a week, it is posted once.
    """
    try:
        rules = await SlackRule.find({"appId": {"$in": [app_id, None]}, "topic": topic.value, "active": True}).to_list()
        if not rules:
            return
        messages = [_message(rule, app_id, text, key, link) for rule in rules]
        new = await insert_new(SlackMessage, messages)
        await open_lanes({message.lane for message, is_new in zip(messages, new, strict=True) if is_new})
    except Exception:
        log.exception("slack.not_told", topic=topic.value, key=key)


@allow()
async def requeue_slack_lanes(actor: Actor) -> None:
    """Sees to messages whose lane was never opened, because a process died before it came to that, and to lanes whose
    job was never left, or has ended with something left to do."""
    waiting = await SlackMessage.distinct("lane", {"status": SlackMessageStatus.PENDING.value})
    for lane in await SlackLane.find({"open": True}).to_list():
        if not (await _enqueue(lane)).open:
            await close_lane(lane)
    await open_lanes(waiting)


async def open_lanes(lanes: Iterable[str]) -> None:
    """Each gets a job, unless it has one."""
    for lane_id in lanes:
        now = clock.now()
        try:
            opened = await SlackLane.change(
                {"_id": lane_id, "open": {"$ne": True}},
                {"$set": {"open": True}, "$inc": {"run": 1}, "$setOnInsert": {"freeAt": now, "heldUntil": now}},
                upsert=True,
            )
        except DuplicateKeyError:
            continue
        if opened is not None:
            await _enqueue(opened)


async def close_lane(lane: SlackLane) -> None:
    """Whoever closes a lane looks through it once more."""
    await SlackLane.change({"_id": lane.id, "run": lane.run, "open": True}, {"$set": {"open": False}})


async def has_pending(lane_id: str) -> bool:
    waiting = {"status": SlackMessageStatus.PENDING.value, "lane": lane_id}
    return await SlackMessage.find_one(waiting) is not None


async def _enqueue(lane: SlackLane) -> EmailJob:
    """There is one job per run, however often it is asked for."""
    payload: dict[str, JsonValue] = {"lane": lane.id, "run": lane.run}
    name = f"slack:{lane.id}:{lane.run}"
    return await enqueue(POSTER, POST, payload, dedupe_key=name, max_attempts=ATTEMPTS)


def _message(rule: SlackRule, app_id: str | None, text: str, key: str, link: str | None) -> SlackMessage:
    now = clock.now()
    return SlackMessage(
        id=hashlib.blake2b(f"{rule.id}\0{key}".encode(), digest_size=16).hexdigest(),
        rule_id=rule.id,
        lane=rule.lane,
        topic=rule.topic,
        app_id=app_id,
        text=text[:LONGEST_TEXT],
        link=link if link is None or len(link) <= LONGEST_LINK else None,
        created_at=now,
        expires_at=now + KEPT,
    )
