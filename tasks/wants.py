"""Looks after what people want of the apps."""

from collections.abc import Mapping

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers import want_announcements, want_upkeep

ACTOR = Actor.system("wants")


async def announce_change(job: EmailJob) -> Mapping[str, JsonValue]:
    """Tells those who voted for a want what became of it."""
    want_id, change_id = (PydanticObjectId(job.payload[name]) for name in ("wantId", "changeId"))
    return {"people": await want_announcements.announce_change(ACTOR, want_id, change_id)}


async def settle_changed_wants() -> None:
    """Counts the votes and the revenue of what was voted for lately."""
    await want_upkeep.settle_changed_wants(ACTOR)


async def recount_wants() -> None:
    """Counts the votes and the revenue of every want."""
    await want_upkeep.recount_wants(ACTOR)
