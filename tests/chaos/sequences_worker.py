"""A worker that also looks who is due in sequences: `python -m tests.chaos.sequences_worker`, configured by the
environment. Prints `ready` when it takes jobs."""

import asyncio

from core import event_loop
from core.settings import load
from resolvers.sequence_advancing import advance_sequences
from tasks.sequences import ACTOR
from tests.chaos.sending_worker import PACE, work

PAUSE_SECONDS = 0.3


async def advance() -> None:
    """Until cancelled: far more often than the schedule does."""
    while True:
        await advance_sequences(ACTOR)
        await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    event_loop.run(work(load(), PACE, advance))
