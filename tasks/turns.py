"""Work that one process does at a time, while the others look whether it is still there."""

import os
import secrets
import socket
from contextlib import suppress
from datetime import timedelta

from pymongo.errors import DuplicateKeyError, PyMongoError

from core import clock
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


async def end_turn(name: str, owner: str) -> None:
    """Lets another process follow at once; without it, one follows when the turn is over."""
    with suppress(PyMongoError):
        await Turn.find_one({"_id": name, "owner": owner}).delete()
