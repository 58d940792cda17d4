"""Opened mails and clicked links. Whoever asks is answered when the event is stored; many at once share a write.

A token names a delivery and a link by number. The address comes from the campaign as it was when sending began, or
from the template whose links a sequence's mail has.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bson import ObjectId
from pymongo.errors import PyMongoError

from core import clock
from core.access import allow_all
from core.actor import Actor
from core.errors import InvalidInput, Unavailable
from core.group_commit import GroupCommit
from core.runtime import Runtime, runtime
from mail.links import OPENED, Hit, TrackingTokens
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEventType
from resolvers.email_events import insert_events, without_address
from resolvers.tracking_targets import Targets, target_of
from resolvers.tracking_visits import Visit

SOURCE: Final = "tracking"
AT_ONCE: Final = 256
"""Hits that share a write."""
BESIDE: Final = 20
"""So many wait before a second write begins beside one: two commands cost as much as reading and storing forty hits."""
PER_MINUTE: Final = 300
"""Hits of one link of one mail that are recorded in a minute, by each server process: no person comes near."""
AT_DELIVERY: Final = timedelta(seconds=1)
"""A click that soon after a mail has arrived is the receiving server's."""
SHOWN: Final = dict.fromkeys(
    ("appId", "campaignId", "contactId", "content", "deliveredAt", "email", "kind", "outreach", "sentAt"), 1
)

Row = dict[str, Any]


class Outcome(StrEnum):
    """`recorded` is a promise: the event is stored. `ignored`: a trial, or nothing that we sent. `too_many`: the same
    was asked for over and over. `unavailable`: the database did not answer."""

    RECORDED = "recorded"
    IGNORED = "ignored"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a link leads to, and what became of the event."""

    url: str
    outcome: Outcome


@allow_all
async def record_open(actor: Actor, token: str, visit: Visit) -> Outcome:
    """Records that the mail was opened whose pixel was asked for. Says what became of it, and never fails."""
    tracker = _tracker()
    hit = tracker.tokens.read(token)
    if hit is None or hit.link != OPENED:
        return Outcome.IGNORED
    if not tracker.admits(token):
        return Outcome.TOO_MANY
    try:
        return (await tracker.hits.add(_Asked(hit, visit, clock.now()))).outcome
    except PyMongoError:
        return Outcome.UNAVAILABLE


@allow_all
async def record_click(actor: Actor, token: str, visit: Visit) -> Followed:
    """Records that a link was clicked, and says where it leads to.

    Raises `InvalidInput` for what is no link of ours, `Unavailable` when the database does not answer.
    """
    tracker = _tracker()
    hit = tracker.tokens.read(token)
    if hit is None or hit.link == OPENED:
        raise _no_link()
    asked = _Asked(hit, visit, clock.now(), is_recorded=tracker.admits(token))
    try:
        followed = await tracker.hits.add(asked)
    except PyMongoError:
        raise Unavailable("The link can't be followed now: try again in a moment") from None
    if not followed.url:
        raise _no_link()
    return followed


def links_for(delivery_id: ObjectId, count: int) -> tuple[list[str], str]:
    """The addresses of a mail's tracked links, numbered from 1, and of its pixel."""
    return numbered_links_for(delivery_id, range(1, count + 1))


def numbered_links_for(delivery_id: ObjectId, numbers: Iterable[int]) -> tuple[list[str], str]:
    """The addresses of a mail's tracked links of these numbers, and of its pixel."""
    tracker = _tracker()
    issue, clicks = tracker.tokens.issue, tracker.clicks
    return [clicks + issue(delivery_id, number) for number in numbers], tracker.opens + issue(delivery_id, OPENED)


@dataclass(frozen=True, slots=True)
class _Asked:
    hit: Hit
    visit: Visit
    at: datetime
    is_recorded: bool = True


class _Tracker:
    """What a process keeps in memory for it."""

    def __init__(self, current: Runtime) -> None:
        address = current.settings.public_url.rstrip("/")
        self.runtime = current
        self.tokens = TrackingTokens(current.settings.keys("tracking"))
        self.clicks, self.opens = f"{address}/t/c/", f"{address}/t/o/"
        self.hits = GroupCommit(self._write, AT_ONCE, at_once=2, beside=BESIDE)
        self._targets = Targets()
        self._minute = 0.0
        self._asked: dict[str, int] = {}

    def admits(self, token: str) -> bool:
        """Whether it was asked for so seldom in this minute that it is recorded."""
        minute = time.monotonic() // 60
        if minute != self._minute:
            self._minute, self._asked = minute, {}
        asked = self._asked[token] = self._asked.get(token, 0) + 1
        return asked <= PER_MINUTE

    async def _write(self, group: Sequence[_Asked]) -> Sequence[Followed]:
        ids = {asked.hit.delivery for asked in group}
        found = Delivery.get_pymongo_collection().find({"_id": {"$in": [*ids]}}, SHOWN)
        deliveries = {row["_id"]: row for row in await found.to_list()}
        hits = [(asked.hit, deliveries[asked.hit.delivery]) for asked in group if asked.hit.delivery in deliveries]
        links = await self._targets.links_of(hits)
        answers, events = [], []
        for asked in group:
            delivery = deliveries.get(asked.hit.delivery)
            url = target_of(asked.hit, delivery, links)
            answers.append(Followed(url, _outcome(asked, delivery, url)))
            if delivery is not None and answers[-1].outcome is Outcome.RECORDED:
                events.append(_event(asked, delivery, url))
        await insert_events(events)
        return answers


_current: _Tracker | None = None


def _tracker() -> _Tracker:
    """That of the running platform."""
    global _current  # noqa: PLW0603 - as the runtime is
    if _current is None or _current.runtime is not runtime():
        _current = _Tracker(runtime())
    return _current


def _outcome(asked: _Asked, delivery: Row | None, url: str) -> Outcome:
    if delivery is None or delivery["kind"] == DeliveryKind.TEST or (asked.hit.link != OPENED and not url):
        return Outcome.IGNORED
    return Outcome.RECORDED if asked.is_recorded else Outcome.TOO_MANY


def _event(asked: _Asked, delivery: Row, url: str) -> Row:
    """As `EmailEvent` is stored."""
    visit, at, link = asked.visit, asked.at, asked.hit.link
    event = {
        "_id": ObjectId(),
        "createdAt": at,
        "updatedAt": at,
        "type": (EmailEventType.CLICKED if link else EmailEventType.OPENED).value,
        "at": at,
        "source": SOURCE,
        "appId": delivery.get("appId"),
        "deliveryId": delivery["_id"],
        "campaignId": delivery.get("campaignId"),
        "contactId": delivery.get("contactId"),
        "isMachine": visit.is_machine or (link != OPENED and _is_just_delivered(delivery, at)),
    }
    if delivery["email"]:
        event |= {"ip": visit.ip, "userAgent": visit.user_agent}
    elif url:
        # The person was erased.
        url = without_address(url)
    return event | {"link": link, "url": url} if link else event


def _is_just_delivered(delivery: Row, at: datetime) -> bool:
    arrived = delivery.get("deliveredAt") or delivery.get("sentAt")
    return arrived is not None and at - arrived < AT_DELIVERY


def _no_link() -> InvalidInput:
    return InvalidInput("This link is not valid (any more)")
