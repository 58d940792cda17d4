"""Lets everything follow from the events of mail, within seconds: by one process at a time, while the others look
whether it is still there."""

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
from core.background import heard
from core.ids import object_id
from core.runtime import runtime
from models.email_jobs import EmailJob
from resolvers import email_effects, email_rollups, rollup_rebuilds
from resolvers.email_events import PENDING
from resolvers.outbox import is_sending
from tasks.turns import take_turn, taking_turns

ROLLUPS: Final = Actor.system("rollups")
TURN: Final = "email_events"
LEFT_TO_OTHERS, LEFT_TO_MAIL = 1, 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds: how long a turn lasts unless it is renewed, how often a process looks without having been told, and
    the pause after each round, in which more events gather."""

    turn: float = 30.0
    look: float = 5.0
    pause: float = 0.5


async def apply_all(pace: Pace = Pace(), owner: str = "") -> None:
    """One round: all that is pending, then the rollups that are due; those of contacts once no more than a batch is
    pending, since each of the next batches may be about the same people. As long as a step took is left to others; mail
    that is being sent goes before, and has three times as long."""
    after = None
    while not owner or await _take_turn(owner, pace):
        started = asyncio.get_running_loop().time()
        applied = await email_effects.apply_pending_email_events(ROLLUPS, after)
        counted = await email_rollups.recount_due(ROLLUPS, days_alone=len(applied) == email_effects.BATCH)
        if not applied and not counted:
            return
        after = applied[-1].id if applied else after
        rest = LEFT_TO_MAIL if is_sending() else LEFT_TO_OTHERS
        await asyncio.sleep(rest * (asyncio.get_running_loop().time() - started))


def following_events(pace: Pace = Pace()) -> AbstractAsyncContextManager[None]:
    """Within the block this process takes its turns."""
    return taking_turns(TURN, partial(_follow, pace))


async def _follow(pace: Pace, owner: str) -> None:
    async with runtime().topics.signal(PENDING) as word:
        while True:
            word.clear()
            try:
                await apply_all(pace, owner)
            except PyMongoError as error:
                log.warning("email_events.postponed", error=repr(error))
            except Exception:
                log.exception("email_events.failed")
            await asyncio.sleep(pace.pause)
            await heard(word, pace.look)


async def _take_turn(owner: str, pace: Pace) -> bool:
    """Whether it is this process's turn, which is renewed then."""
    return await take_turn(TURN, owner, pace.turn)


async def rebuild(job: EmailJob) -> Mapping[str, JsonValue]:
    """Of all mail, or of the campaign in the job's payload."""
    campaign_id = job.payload.get("campaignId")
    rebuilt = await rollup_rebuilds.rebuild_rollups(ROLLUPS, object_id(campaign_id) if campaign_id else None)
    return {"days": rebuilt.days, "contacts": rebuilt.contacts}
