"""The same `Idempotency-Key` and the same request give the same answer for 24 hours; another request under the key
is a conflict.

The first request inserts a record and does the work; those that come meanwhile wait for its answer. A process that dies
in the middle loses its lease, and the next request does the work again.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pymongo.errors import DuplicateKeyError

from core import clock
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput
from core.runtime import runtime
from core.sealing import opened, sealed
from models.idempotency import IdempotencyRecord

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
PATIENCE_SECONDS: Final = 10.0
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.25
"""Between two looks for the answer of the first request. They double: fifty who look all the time would leave it no
room to be done."""
LONGEST_KEY: Final = 255
PURPOSE: Final = "idempotency"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str
    body: bytes


async def once(actor: Actor, key: str, request: bytes, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Does the work, or repeats the answer it once had. `request` is everything that makes up the request.

    Raises `InvalidInput` for a malformed key and `Conflict` where the key belongs to another request, or its first
    request takes longer than ten seconds. What the server failed to do (5xx) is not kept: it may be tried again.
    Strangers have no keys of their own, so theirs are not looked at.
    """
    if actor.kind is Kind.ANONYMOUS:
        return await work()
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput(f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters", "Idempotency-Key")
    identity = hashlib.sha256(f"{actor.label}\0{key}".encode()).hexdigest()
    fingerprint = hashlib.sha256(request).hexdigest()
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        lease = secrets.token_hex(8)
        if await _begin(identity, fingerprint, lease):
            return await _work(identity, lease, work)
        answer = await _answer_of_the_first(identity, fingerprint, deadline)
        if answer is not None:
            return answer
    raise Conflict("The first request with this Idempotency-Key is still under way: try again", "Idempotency-Key")


async def _begin(identity: str, fingerprint: str, lease: str) -> bool:
    """True where this call is the one to do the work: the first, or the first after a lease or an answer ran out."""
    now = clock.now()
    record = IdempotencyRecord(
        id=identity, request=fingerprint, lease=lease, lease_until=now + LEASE, expires_at=now + KEPT
    )
    try:
        await record.insert()
    except DuplicateKeyError:
        fresh = {"request": fingerprint, "lease": lease, "leaseUntil": now + LEASE, "expiresAt": now + KEPT}
        over = {"_id": identity, "$or": [{"expiresAt": {"$lte": now}}, {"answer": None, "leaseUntil": {"$lte": now}}]}
        taken = await IdempotencyRecord.change(over, {"$set": fresh | {"answer": None}})
        return taken is not None
    return True


async def _work(identity: str, lease: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
    mine = {"_id": identity, "lease": lease}
    try:
        answer = await work()
    except BaseException:
        await IdempotencyRecord.find_one(mine).delete()
        raise
    if answer.status >= 500:
        await IdempotencyRecord.find_one(mine).delete()
        return answer
    kept = {"status": answer.status, "mediaType": answer.media_type, "answer": _sealed(answer.body, identity)}
    await IdempotencyRecord.change(mine, {"$set": kept})
    return answer


async def _answer_of_the_first(identity: str, fingerprint: str, deadline: float) -> Answer | None:
    """Waits for it. None where there will be none (any more), or not in time."""
    pause = FIRST_PAUSE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        record = await IdempotencyRecord.get(identity)
        if record is None or _is_over(record):
            return None
        if record.request != fingerprint:
            raise Conflict("This Idempotency-Key was used for another request", "Idempotency-Key")
        if record.answer is not None and record.status is not None and record.media_type is not None:
            return Answer(record.status, record.media_type, _opened(record.answer, identity))
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    return None


def _is_over(record: IdempotencyRecord) -> bool:
    """Whether the answer, or the lease of who is at it, ran out."""
    now = clock.now()
    return record.expires_at <= now or (record.answer is None and record.lease_until <= now)


def _sealed(body: bytes, identity: str) -> bytes:
    return sealed(runtime().settings, PURPOSE, body, identity)


def _opened(box: bytes, identity: str) -> bytes:
    body = opened(runtime().settings, PURPOSE, box, identity)
    if body is None:
        raise Conflict("The answer kept under this Idempotency-Key can't be read any more", "Idempotency-Key")
    return body
