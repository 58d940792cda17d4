"""How received mail is kept: its document, its bytes, its job, and only then the answer. What breaks off in between is
not answered, so its sender comes again, and finds it where it was left."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Final

from beanie import PydanticObjectId
from pydantic import JsonValue

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import Unauthenticated, Unavailable
from core.group_commit import GroupCommit
from core.inputs import key_of_email
from core.mongo import insert_new
from core.runtime import runtime
from mail.inbound import Mailbox, Received, TooLarge, read
from mail.inbound.reading import MAX_MAIL
from models.base import touched
from models.files import CHUNK_SIZE, File, FileChunk
from models.inbound_messages import KEPT, UNDER_WAY, InboundMessage, InboundProvider, InboundStatus
from resolvers.attachment_files import delete_files, write_file
from resolvers.job_leases import enqueue, enqueue_many

KEEPER: Final = Actor.system("inbound")
PROCESS: Final = "inbound.process"
"""The type of the jobs that work received mail off. Payload: `inboundMessageId`."""
ATTEMPTS: Final = 8
LOOK_AFTER: Final = timedelta(minutes=1)
LOOK_AGAIN_AFTER: Final = timedelta(minutes=10)
BEING_WRITTEN: Final = timedelta(minutes=1)
"""How long somebody else may still be writing the bytes of a mail that has none yet."""
GIVEN_UP_AFTER: Final = timedelta(days=7)
"""By then nobody comes again with a mail of which the bytes never arrived."""
BATCH: Final = 500
AT_ONCE: Final = 50
"""Mails that are kept with one write, at most."""
MOST_RECIPIENTS: Final = 50
HEAD: Final = 200_000
"""Bytes that are looked at before there is an answer."""
LONGEST_SUBJECT: Final = 500
LONGEST_ADDRESS: Final = 320
FILENAME: Final = "received.eml"


@dataclass(frozen=True, slots=True)
class _Stored:
    """The bytes of a mail, and the jobs of its documents: the payloads by their names."""

    raw_id: PydanticObjectId
    raw: bytes
    jobs: Mapping[str, Mapping[str, JsonValue]]


@allow()
async def keep_inbound_mail(
    actor: Actor,
    provider: InboundProvider,
    raw: bytes,
    recipients: Collection[str] = (),
    receipt: str | None = None,
) -> bool:
    """Whether the mail is new to one of its recipients. When this returns, it is stored and has a job.

    `recipients` are those of the envelope; without any the mail's header tells. Raises `TooLarge`; `Unauthenticated`
    for a `receipt` that another mail came with; `Unavailable` where the same mail is being stored just now.
    """
    if len(raw) > MAX_MAIL:
        raise TooLarge(f"A mail has at most {MAX_MAIL:,} bytes, this one has {len(raw):,}")
    head = read(raw[:HEAD])
    message_id = head.message_id or f"<{hashlib.sha256(raw).hexdigest()}@no-id.invalid>"
    await _check_receipt(receipt, message_id)
    raw_id = PydanticObjectId()
    wanted = [
        _message(provider, head, message_id, recipient, raw_id, len(raw)) for recipient in _recipients(recipients, head)
    ]
    wanted[0].receipt = receipt
    new = await _ANNOUNCING.add(wanted)
    fresh = [message for message, is_new in zip(wanted, new, strict=True) if is_new]
    known = [message for message, is_new in zip(wanted, new, strict=True) if not is_new]
    taken_over = [found for message in known if (found := await _taken_over(message)) is not None]
    if waiting := [*fresh, *taken_over]:
        jobs = {name_of_job(message): payload_of_job(message) for message in waiting}
        await _STORING.add(_Stored(raw_id, raw, jobs))
    return bool(waiting)


@allow()
async def requeue_inbound_messages(actor: Actor) -> int:
    """Gives a job to received mail that has none, because a server died before it came to that, and sees to those
    whose job ended without a word. Returns at how many it looked."""
    due = {"status": {"$in": [status.value for status in UNDER_WAY]}, "lookAt": {"$lte": clock.now()}}
    messages = await InboundMessage.find(due).sort("lookAt").limit(BATCH).to_list()
    for message in messages:
        here = {"_id": message.id, "status": message.status.value, "run": message.run}
        if await is_stored(message):
            await _see_to(actor, message, here)
        elif message.created_at < clock.now() - GIVEN_UP_AFTER:
            await delete_files([message.raw_id] if message.raw_id else [])
            await InboundMessage.find({**here, "rawId": message.raw_id}).delete()
        else:
            await InboundMessage.change(here, {"$set": {"lookAt": clock.now() + LOOK_AGAIN_AFTER}})
    return len(messages)


@allow()
async def forget_old_raw_mail(actor: Actor) -> int:
    """Deletes the bytes of mail that is older than they are kept, and returns of how many."""
    old = {"rawExpiresAt": {"$lte": clock.now(), "$type": "date"}}
    count = 0
    while messages := await InboundMessage.find(old).limit(BATCH).to_list():
        await delete_files([message.raw_id for message in messages if message.raw_id])
        named = {"_id": {"$in": [message.id for message in messages]}}
        await InboundMessage.find(named).update(touched({"rawId": None, "rawExpiresAt": None}))
        count += len(messages)
    return count


async def is_stored(message: InboundMessage) -> bool:
    """Whether all its bytes are there: the document that says so is written after them."""
    return message.raw_id is not None and await File.get(message.raw_id) is not None


def name_of_job(message: InboundMessage) -> str:
    """There is one job per run, however often it is asked for."""
    return f"inbound:{message.id}:{message.run}"


def payload_of_job(message: InboundMessage) -> Mapping[str, JsonValue]:
    return {"inboundMessageId": str(message.id)}


async def _announce(several: Sequence[Sequence[InboundMessage]]) -> Sequence[Sequence[bool]]:
    """Which documents of each mail are new. What arrives in a burst shares a write."""
    new = iter(await insert_new(InboundMessage, [message for of_mail in several for message in of_mail]))
    return [[next(new) for _ in of_mail] for of_mail in several]


async def _store(several: Sequence["_Stored"]) -> Sequence[None]:
    """The bytes of mails, and then their jobs: small ones together."""
    small = [one for one in several if len(one.raw) <= CHUNK_SIZE]
    if small:
        await FileChunk.insert_many([FileChunk(files_id=one.raw_id, n=0, data=one.raw) for one in small])
        now = clock.now()
        await File.insert_many(
            [File(id=one.raw_id, length=len(one.raw), upload_date=now, filename=FILENAME) for one in small]
        )
    for one in several:
        if len(one.raw) > CHUNK_SIZE:
            await write_file(one.raw_id, FILENAME, BytesIO(one.raw))
    jobs = {name: payload for one in several for name, payload in one.jobs.items()}
    await enqueue_many(KEEPER, PROCESS, jobs, max_attempts=ATTEMPTS)
    return [None] * len(several)


_ANNOUNCING: Final = GroupCommit(_announce, AT_ONCE)
_STORING: Final = GroupCommit(_store, AT_ONCE)


async def _see_to(actor: Actor, message: InboundMessage, here: Mapping[str, object]) -> None:
    name = name_of_job(message)
    job = await enqueue(actor, PROCESS, payload_of_job(message), dedupe_key=name, max_attempts=ATTEMPTS)
    if job.open:
        await InboundMessage.change(here, {"$set": {"lookAt": clock.now() + LOOK_AGAIN_AFTER}})
    else:
        problem = message.problem or job.last_error or "Its job ended before it was done"
        await InboundMessage.change(here, touched({"status": InboundStatus.FAILED.value, "problem": problem}))


async def _check_receipt(receipt: str | None, message_id: str) -> None:
    if receipt is None:
        return
    used = await InboundMessage.find_one({"receipt": {"$eq": receipt, "$type": "string"}})
    if used is not None and used.message_id != message_id:
        raise _used_before()


async def _taken_over(message: InboundMessage) -> InboundMessage | None:
    """The stored document of a mail whose bytes somebody did not get to write, which are ours to write now; None where
    it is complete. Raises `Unavailable` where somebody may be writing them."""
    known = await InboundMessage.find_one({"messageId": message.message_id, "recipient": message.recipient})
    if known is None:
        raise _used_before()
    if known.raw_id is None or await is_stored(known):
        return None
    now = clock.now()
    if known.updated_at > now - BEING_WRITTEN:
        raise Unavailable("This mail is being stored just now: send it again in a minute")
    here = {"_id": known.id, "rawId": known.raw_id, "updatedAt": known.updated_at}
    ours = {"rawId": message.raw_id, "size": message.size, "lookAt": now + LOOK_AFTER}
    taken = await InboundMessage.change(here, touched(ours))
    if taken is None:
        raise Unavailable("This mail is being stored just now: send it again in a minute")
    await delete_files([known.raw_id])
    return taken


def _message(
    provider: InboundProvider, head: Received, message_id: str, recipient: str, raw_id: PydanticObjectId, size: int
) -> InboundMessage:
    """As it is until its job has read it."""
    now = clock.now()
    sender = next(iter(head.sender), Mailbox(""))
    key = key_of_email(sender.email[:LONGEST_ADDRESS])
    return InboundMessage(
        provider=provider,
        message_id=message_id,
        recipient=recipient,
        sender=sender.email[:LONGEST_ADDRESS],
        sender_name=sender.name[:LONGEST_ADDRESS],
        sender_key=key,
        subject=head.subject[:LONGEST_SUBJECT],
        search_text=f"{sender.name} {sender.email} {head.subject}".casefold()[:LONGEST_SUBJECT],
        sent_at=head.date,
        size=size,
        raw_id=raw_id,
        raw_expires_at=now + timedelta(days=runtime().settings.inbound_raw_days),
        people_keys=[key] if key else [],
        look_at=now + LOOK_AFTER,
        created_at=now,
        updated_at=now,
        expires_at=now + KEPT,
    )


def _recipients(named: Collection[str], head: Received) -> Sequence[str]:
    """Each once, in lower case. Of those in a header, ours; the first where none is."""
    if not any(one.strip() for one in named):
        domain = f"@{(runtime().settings.inbound_domain or '').lower()}"
        told = [*head.delivered_to, *(mailbox.email for mailbox in (*head.to, *head.cc))]
        named = [one for one in told if one.lower().endswith(domain)] if domain != "@" else []
        named = named or told[:1] or [""]
    keys = dict.fromkeys(one.strip().strip("<>").lower()[:LONGEST_ADDRESS] for one in named)
    return [key for key in keys if key or len(keys) == 1][:MOST_RECIPIENTS]


def _used_before() -> Unauthenticated:
    return Unauthenticated("The signature was used before, for another mail")
