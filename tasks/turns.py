"""Work that one process does at a time, while the others look whether it is still there."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError, PyMongoError

from core import clock
from core.background import stopped
from models.ticks import Turn


def this_process() -> str:
    """A name that no other process has, nor this one twice."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def take_turn(name: str, owner: str, seconds: float) -> bool:
    """Whether it is the owner's turn, which lasts so long from now on."""
    now = clock.now()
    free = {"_id": name, "$or": [{"owner": owner}, {"expiresAt": {"$lte": now}}]}
    try:
        update = {"$set": {"owner": owner, "expiresAt": now + timedelta(seconds=seconds)}}
        return await Turn.change(free, update, upsert=True) is not None
    except DuplicateKeyError:
        return False


@asynccontextmanager
async def taking_turns(name: str, follow: Callable[[str], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Within the block this process follows, by a name of its own, whenever it is its turn."""
    owner = this_process()
    following = asyncio.create_task(follow(owner))
    try:
        yield
    finally:
        await stopped(following)
        await end_turn(name, owner)


async def end_turn(name: str, owner: str) -> None:
    """Lets another process follow at once; without it, one follows when the turn is over."""
    with suppress(PyMongoError):
        await Turn.find_one({"_id": name, "owner": owner}).delete()
