"""Looks after logs and their counts."""

from core.actor import Actor
from resolvers import log_deletions, log_recounts

ACTOR = Actor.system("logs")


async def settle_log_counts() -> None:
    """Completes what processes left that died while logs came in, or were deleted."""
    await log_recounts.settle_log_counts(ACTOR)


async def forget_old_logs() -> None:
    """Deletes what is older than apps keep it."""
    await log_deletions.forget_old_logs(ACTOR)
