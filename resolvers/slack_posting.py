"""Posting to Slack: at most one message a second to a webhook, over all processes; what gathers meanwhile is one
digest.

Who posts holds the lane: nobody else posts to the webhook then. Messages are marked after Slack took
them. A process that dies between the two leaves them to be posted a second time: HTTP knows no way around that.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.errors import DomainError, InvalidInput, RateLimited, Unavailable
from core.outgoing import Answer, post
from core.runtime import runtime
from models.apps import App
from models.base import touched
from models.slack_messages import STALE_AFTER, SlackLane, SlackMessage, SlackMessageStatus
from models.slack_routing import SlackRule
from resolvers.slack_messages import close_lane, has_pending, open_lanes
from resolvers.slack_routing import get_slack_rule, webhook_of
from resolvers.slack_texts import MOST_LINES, Message, News, digest_of, message_of

PACE: Final = timedelta(seconds=1)
HOLD: Final = timedelta(seconds=30)
"""How long a lane belongs to who posts, at most: longer than a request may take."""
WAIT_SECONDS: Final = 5.0
"""How long a lane is waited for that somebody else has just now."""
LOOK_AGAIN_SECONDS: Final = 0.1
POSTS_AT_A_TIME: Final = 30
"""Then a job makes room for those of other webhooks."""
LONGEST_PAUSE: Final = 3600
USUAL_PAUSE: Final = 30
"""Seconds, after a 429 that does not say how long."""
SAYING: Final = re.compile(r"[a-z_]{2,60}")
GONE: Final = frozenset({403, 404, 410})
GONE_BY_NAME: Final = frozenset({"invalid_token", "no_service", "no_service_id", "no_team", "user_not_found"})
"""No such webhook, channel or workspace, or none that may be posted to (any more):
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""
REFUSED: Final = frozenset({400, 405, 413, 415, 422})
"""The message is not to Slack's liking: it would not be the next time either."""
CONTENT: Final = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "all-over-apps"}

log = structlog.get_logger(__name__)


class WebhookGone(InvalidInput):
    """Slack will never take a message there again."""


class MessageRefused(InvalidInput):
    """Slack does not take this message."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What a job did: requests, and the messages that were in them."""

    posts: int = 0
    messages: int = 0
    dropped: int = 0

    def and_then(self, more: "Posted") -> "Posted":
        return Posted(self.posts + more.posts, self.messages + more.messages, self.dropped + more.dropped)


@dataclass(slots=True)
class Hold:
    """The lane is the caller's; when it is given back, nobody posts for the time of `pause`."""

    lane_id: str
    pause: timedelta = timedelta()


@allow()
async def post_lane(actor: Actor, lane_id: str, run: int) -> Posted:
    """Posts what waits for one webhook: the first alone, what gathered meanwhile as a digest, and so on until nothing
    is left. Doing it again has no second effect, but for what is said above.

    Raises `RateLimited` and `Unavailable`: then the rest waits for another attempt.
    """
    done = Posted()
    while (lane := await SlackLane.get(lane_id)) is not None and lane.open and lane.run == run:
        if done.posts >= POSTS_AT_A_TIME or not await has_pending(lane_id):
            await close_lane(lane)
            if await has_pending(lane_id):
                await open_lanes([lane_id])
            break
        async with _holding(lane_id) as hold:
            done = done.and_then(await _post_next(hold, MOST_LINES if done.posts else 1))
    return done


@allow(ADMINS)
async def try_slack_rule(actor: Actor, rule_id: str) -> SlackRule:
    """Posts a test message at once, by a rule that is switched off, too.

    Raises `InvalidInput` with what Slack says, `Unavailable` and `RateLimited`.
    """
    rule = await get_slack_rule(actor, rule_id)
    news = News(f"A test of the rule for {rule.topic.value} in {rule.channel}: it works.", await _name_of(rule.app_id))
    async with _holding(rule.lane) as hold:
        await _to_slack(hold, [rule], message_of(news))
    await _note([rule], _worked())
    return await get_slack_rule(actor, rule_id)


async def _due(lane_id: str, most: int) -> tuple[list[SlackRule], list[SlackMessage], int]:
    """The lane's rules, the oldest messages by one of them, and how many were left out: those of rules that are gone
    or switched off, and those that are no news any more. Those whose rule got another webhook go to its lane."""
    rules = await SlackRule.find({"lane": lane_id, "active": True}).to_list()
    here, dropped = {rule.id for rule in rules}, 0
    while True:
        pending = {"status": SlackMessageStatus.PENDING.value, "lane": lane_id}
        found = await SlackMessage.find(pending).sort("place").limit(most).to_list()
        stale = clock.now() - STALE_AFTER
        strays = [one for one in found if one.rule_id not in here or one.created_at < stale]
        if not strays:
            return rules, found, dropped
        dropped += await _put_away(lane_id, strays, stale)


async def _put_away(lane_id: str, strays: Sequence[SlackMessage], stale: datetime) -> int:
    """Returns how many are not posted at all."""
    rules = await SlackRule.find({"_id": {"$in": [one.rule_id for one in strays]}, "active": True}).to_list()
    elsewhere = {rule.id: rule.lane for rule in rules if rule.lane != lane_id}
    dropped = 0
    for one in strays:
        lane = elsewhere.get(one.rule_id)
        if one.created_at < stale:
            dropped += await _settle([one], SlackMessageStatus.DROPPED, "It could not be posted for a day")
        elif lane is None:
            dropped += await _settle([one], SlackMessageStatus.DROPPED, "Its rule was switched off or deleted")
        else:
            await SlackMessage.change({"_id": one.id, "lane": lane_id}, {"$set": {"lane": lane}})
            await open_lanes([lane])
    return dropped


async def _post_next(hold: Hold, most: int) -> Posted:
    rules, waiting, dropped = await _due(hold.lane_id, most)
    if not waiting:
        return Posted(dropped=dropped)
    names = {app_id: await _name_of(app_id) for app_id in {one.app_id for one in waiting}}
    news = [News(one.text or "", names[one.app_id], one.link) for one in waiting]
    try:
        await _to_slack(hold, rules, message_of(news[0]) if len(news) == 1 else digest_of(news))
    except WebhookGone:
        return Posted(posts=1, dropped=dropped)  # The rules are off now: what waits is put away with the next look.
    except MessageRefused as error:
        return Posted(posts=1, dropped=dropped + await _settle(waiting, SlackMessageStatus.DROPPED, error.message))
    posted = await _settle(waiting, SlackMessageStatus.POSTED, None)
    await _note([rule for rule in rules if rule.id in {one.rule_id for one in waiting}], _worked())
    return Posted(posts=1, messages=posted, dropped=dropped)


async def _to_slack(hold: Hold, rules: Sequence[SlackRule], message: Message) -> None:
    """What goes wrong is noted on the rules, for staff to see."""
    hold.pause = PACE
    try:
        await _ask(rules[0], message)
    except RateLimited as error:
        hold.pause = timedelta(seconds=error.retry_after)
        raise
    except WebhookGone as error:
        log.warning("slack.webhook_gone", lane=hold.lane_id, error=error.message)
        await _note(rules, {"active": False, **_trouble(error)})
        raise
    except (MessageRefused, Unavailable) as error:
        log.warning("slack.not_posted", lane=hold.lane_id, error=error.message)
        await _note(rules, _trouble(error))
        raise


@asynccontextmanager
async def _holding(lane_id: str) -> AsyncIterator[Hold]:
    """Within the block, nobody else looks through the lane or posts to its webhook."""
    until, hold = await _take(lane_id), Hold(lane_id)
    try:
        yield hold
    finally:
        now = clock.now()
        freed = {"$set": {"heldUntil": now, "freeAt": now + hold.pause}}
        await SlackLane.change({"_id": lane_id, "heldUntil": until}, freed)


async def _take(lane_id: str) -> datetime:
    """The moment until which the lane is the caller's. Raises `RateLimited` where it has to be waited for too long."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        now = clock.now()
        free = {"_id": lane_id, "freeAt": {"$lte": now}, "heldUntil": {"$lte": now}}
        taken = {"$set": {"heldUntil": now + HOLD}, "$setOnInsert": {"freeAt": now, "open": False, "run": 0}}
        with suppress(DuplicateKeyError):
            await SlackLane.change(free, taken, upsert=True)
            return now + HOLD
        lane = await SlackLane.get(lane_id)
        pause = (lane.free_at - now).total_seconds() if lane else 0.0
        if pause > WAIT_SECONDS:
            raise RateLimited("Slack asked for a pause", math.ceil(pause))
        if asyncio.get_running_loop().time() > deadline:
            raise RateLimited("Somebody else is posting to this webhook", math.ceil(WAIT_SECONDS))
        await asyncio.sleep(pause if pause > 0 else LOOK_AGAIN_SECONDS)


async def _ask(rule: SlackRule, message: Message) -> None:
    url = webhook_of(rule)
    if url is None:
        raise WebhookGone("The webhook can't be read any more, since SECRET_KEY was changed: enter its URL again")
    trusted = runtime().settings.trusted_slack_origins
    try:
        answer = await post(url, orjson.dumps(message), CONTENT, trusted=trusted)
    except InvalidInput as error:
        raise Unavailable(error.message) from None
    said = f"Slack answers {answer.status} {_saying(answer)}".rstrip()
    if 200 <= answer.status < 300:
        return
    if answer.status == 429:
        raise RateLimited(said, _pause_of(answer))
    if answer.status in GONE or _saying(answer) in GONE_BY_NAME:
        raise WebhookGone(f"{said}: the webhook does not work any more")
    if answer.status in REFUSED:
        raise MessageRefused(said)
    raise Unavailable(said)


def _saying(answer: Answer) -> str:
    """A word such as `no_service`; a page is none."""
    return answer.text.strip() if SAYING.fullmatch(answer.text.strip()) else ""


def _pause_of(answer: Answer) -> int:
    asked = answer.headers.get("retry-after", "")
    return min(int(asked), LONGEST_PAUSE) if asked.isascii() and asked.isdigit() else USUAL_PAUSE


async def _settle(messages: Sequence[SlackMessage], status: SlackMessageStatus, outcome: str | None) -> int:
    """Says what became of them, and forgets what they said. Returns how many there were."""
    here = {"_id": {"$in": [one.id for one in messages]}, "status": SlackMessageStatus.PENDING.value}
    known = {"status": status.value, "outcome": outcome, "text": None, "link": None, "settledAt": clock.now()}
    await SlackMessage.get_pymongo_collection().update_many(here, {"$set": known})
    return len(messages)


async def _note(rules: Sequence[SlackRule], fields: Mapping[str, Any]) -> None:
    """Unless a rule has got another webhook meanwhile."""
    here = {"_id": {"$in": [rule.id for rule in rules]}, "lane": {"$in": [rule.lane for rule in rules]}}
    await SlackRule.get_pymongo_collection().update_many(here, touched(dict(fields)))


def _worked() -> dict[str, Any]:
    return {"lastPostedAt": clock.now(), "problem": None, "problemAt": None}


def _trouble(error: DomainError) -> dict[str, Any]:
    return {"problem": error.message, "problemAt": clock.now()}


async def _name_of(app_id: str | None) -> str | None:
    """As people know the app."""
    if app_id is None:
        return None
    app = await App.get(app_id)
    return app.name if app else app_id
