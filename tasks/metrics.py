"""Lets metrics follow the shops and the events of the apps' backends, within seconds: by one process at a time."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from pydantic import JsonValue
from pymongo.errors import PyMongoError

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers.event_counting import count_events
from resolvers.metric_counting import BEFORE_ALL, count_changed_shops, notice_ended_trials
from resolvers.metric_rebuilds import rebuild_metrics
from resolvers.metric_rollups import sum_due_rollups
from tasks.turns import take_turn, taking_turns

METRICS: Final = Actor.system("metrics")
TURN: Final = "metrics"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: how long a turn lasts unless it is renewed, and the pause after each round."""

    turn: float = 30.0
    pause: float = 2.0


async def count_all(pace: Pace = Pace(), owner: str = "") -> None:
    """One round: all that happened until now. As long as a step took is left to others."""
    await notice_ended_trials(METRICS)
    after = BEFORE_ALL
    while not owner or await take_turn(TURN, owner, pace.turn):
        started = asyncio.get_running_loop().time()
        last = await count_changed_shops(METRICS, after)
        events = await count_events(METRICS)
        summed = await sum_due_rollups(METRICS)
        if last is None and not events and not summed:
            return
        after = last or after
        await asyncio.sleep(asyncio.get_running_loop().time() - started)


def following_shops(pace: Pace = Pace()) -> AbstractAsyncContextManager[None]:
    """Within the block this process takes its turns."""
    return taking_turns(TURN, partial(_follow, pace))


async def rebuild(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `metrics.rebuild`."""
    rebuilt = await rebuild_metrics(METRICS)
    return {"shops": rebuilt.shops, "rollups": rebuilt.rollups, "events": rebuilt.events}


async def _follow(pace: Pace, owner: str) -> None:
    while True:
        try:
            await count_all(pace, owner)
        except PyMongoError as error:
            log.warning("metrics.postponed", error=repr(error))
        except Exception:
            log.exception("metrics.failed")
        await asyncio.sleep(pace.pause)
