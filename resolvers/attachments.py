"""Files that people attach to what they write: uploaded first, then claimed by what is written."""

import asyncio
import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from typing import Annotated, BinaryIO, Final

from limits import RateLimitItemPerHour
from pydantic import Field

from core import clock
from core.access import STAFF, SUPPORT, allow, allow_all
from core.actor import Actor, Kind
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import Input, ShortText, key_of_email
from core.runtime import runtime
from core.scopes import Scope
from core.timed_links import check_timed_token
from models.apps import App
from models.attachments import LINK, SHOWN, Attachment, AttachmentOwner, AttachmentStatus
from models.base import touched
from models.ticket_messages import TicketMessage
from resolvers.apps import visible_app
from resolvers.attachment_files import write_file
from resolvers.attachment_names import file_name, plain_name, suffix_of
from resolvers.attachment_removal import remove_attachments
from resolvers.attachment_types import FileType, type_of
from resolvers.ticket_scope import sees_all, visible_ticket

FIELD: Final = "attachments"
LARGEST: Final = 10 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 5
"""Files of one message."""
PER_END_USER: Final = RateLimitItemPerHour(60, namespace="attachments")
PER_UPLOADER: Final = RateLimitItemPerHour(5_000, namespace="attachments")
"""Of everybody else: an app's backend uploads for many."""
TAKEN: Final = "send images, videos, PDF, Office documents, text or ZIP archives"


class AttachmentUpload(Input):
    """A small file in Base64 (RFC 4648); larger ones are sent to the REST path, as a form."""

    filename: Annotated[ShortText, Field(min_length=1)]
    content: Annotated[str, Field(min_length=1, max_length=1_000_000)]

    def file(self) -> "NewFile":
        """Raises `InvalidInput` for what is no Base64."""
        try:
            return NewFile(self.filename, BytesIO(base64.b64decode(self.content, validate=True)))
        except (binascii.Error, ValueError):
            raise InvalidInput("content: is not Base64", "content") from None


@dataclass(frozen=True, slots=True)
class NewFile:
    """`filename` is what its sender calls it."""

    filename: str
    content: BinaryIO


@allow(SUPPORT, api_key=Scope.TICKETS_WRITE, end_user=True)
async def upload_attachments(actor: Actor, app_id: str, files: Sequence[NewFile]) -> list[Attachment]:
    """Stores files, which can then be attached to what the caller writes. What is not used is removed after a day.

    Raises `InvalidInput` for files that are empty, too large, too many or of a kind that is not taken: then none of
    them is stored.
    """
    app = await visible_app(actor, app_id)
    checked = [await asyncio.to_thread(_checked, file) for file in _few(files)]
    await _count(actor, len(files))
    stored: list[Attachment] = []
    try:
        for file, (name, kind) in zip(files, checked, strict=True):
            stored.append(await _stored(actor, app, name, kind, file.content))
    except BaseException:
        await remove_attachments({"_id": {"$in": [attachment.id for attachment in stored]}})
        raise
    return stored


@allow(STAFF, api_key=Scope.TICKETS_READ, end_user=True)
async def get_attachment(actor: Actor, app_id: str, attachment_id: str) -> Attachment:
    """One file, of those that the caller uploaded or finds in what they may see."""
    return await visible_attachment(actor, app_id, attachment_id)


@allow_all
async def get_linked_attachment(actor: Actor, app_id: str, attachment_id: str, token: str) -> Attachment:
    """One file, for whoever has its link.

    Raises `NotFound` for a link that never was, `Gone` for one that has expired.
    """
    check_timed_token(runtime().settings, LINK, attachment_id, token)
    return found(await _shown(app_id, attachment_id), "Attachment")


@allow(SUPPORT, api_key=Scope.TICKETS_WRITE, end_user=True)
async def claim_attachments(
    actor: Actor, app_id: str, ids: Sequence[str], owner: AttachmentOwner, people_keys: Collection[str] = ()
) -> list[Attachment]:
    """Gives uploads of the actor to what they write, in the order of the ids; `people_keys` are the lower-cased
    addresses of those whom it is about. Each upload is used once.

    Raises `InvalidInput` naming `attachmentIds` for what is no unused upload of theirs: then none is used.
    """
    taking = {
        "status": AttachmentStatus.USED.value,
        "owner": owner.model_dump(by_alias=True),
        "claimedAt": clock.now(),
        "peopleKeys": list(people_keys),
    }
    claimed: list[Attachment] = []
    for attachment_id in dict.fromkeys(ids):
        theirs = {"_id": object_id(attachment_id), "appId": app_id, "uploadedBy": actor.label}
        unused = {**theirs, "status": AttachmentStatus.UNUSED.value}
        attachment = await Attachment.change(unused, touched(taking))
        if attachment is None:
            await release_attachments(actor, claimed)
            raise InvalidInput(f"attachmentIds: {attachment_id} is not an unused upload of yours", "attachmentIds")
        claimed.append(attachment)
    return claimed


@allow(SUPPORT, api_key=Scope.TICKETS_WRITE, end_user=True)
async def release_attachments(actor: Actor, claimed: Sequence[Attachment]) -> None:
    """Gives back what was claimed for something that is not written after all."""
    named = {"_id": {"$in": [attachment.id for attachment in claimed]}, "status": AttachmentStatus.USED.value}
    unused = {"status": AttachmentStatus.UNUSED.value, "owner": None, "claimedAt": None, "peopleKeys": _own_keys(actor)}
    await Attachment.find(named).update(touched(unused))


async def visible_attachment(actor: Actor, app_id: str, attachment_id: str) -> Attachment:
    """The one way to a file but its link: for whoever may see what has it, and whoever uploaded it."""
    await visible_app(actor, app_id)
    attachment = found(await _shown(app_id, attachment_id), "Attachment")
    is_theirs = sees_all(actor) or attachment.uploaded_by == actor.label or await _is_shown_to(actor, attachment)
    return found(attachment if is_theirs else None, "Attachment")


async def _is_shown_to(actor: Actor, attachment: Attachment) -> bool:
    """Whether they see the message that has it, in whichever ticket that is by now."""
    if attachment.owner is None or attachment.owner.is_internal:
        return False
    message = await TicketMessage.get(attachment.owner.id)
    try:
        return message is not None and bool(await visible_ticket(actor, str(message.ticket_id), attachment.app_id))
    except NotFound:
        return False


def _few(files: Sequence[NewFile]) -> Sequence[NewFile]:
    if not 1 <= len(files) <= MOST:
        raise InvalidInput(f"{FIELD}: send 1 to {MOST} files", FIELD)
    return files


def _checked(file: NewFile) -> tuple[str, FileType]:
    """What it is called, and what it is."""
    name, size = plain_name(file.filename), file.content.seek(0, SEEK_END)
    if size == 0:
        raise InvalidInput(f"{FIELD}: {name} is empty", FIELD)
    if size > LARGEST:
        raise InvalidInput(f"{FIELD}: {name} is larger than {LARGEST // 1024**2} MiB", FIELD)
    kind = type_of(file.content, suffix_of(name))
    if kind is None:
        raise InvalidInput(f"{FIELD}: {name} is of a kind that is not taken: {TAKEN}", FIELD)
    return name, kind


async def _count(actor: Actor, files: int) -> None:
    if actor.kind is Kind.SYSTEM:
        return
    limit = PER_END_USER if actor.kind is Kind.END_USER else PER_UPLOADER
    for _ in range(files):
        await runtime().limits.count(limit, actor.label)


async def _stored(actor: Actor, app: App, name: str, kind: FileType, content: BinaryIO) -> Attachment:
    """The document comes before the bytes: so all bytes belong to a document, whenever this breaks off."""
    fresh = await Attachment(
        app_id=app.id,
        filename=file_name(name, kind),
        mimetype=kind.media_type,
        uploaded_by=actor.label,
        people_keys=_own_keys(actor),
    ).insert()
    try:
        written = await write_file(fresh.id, fresh.filename, content)
        done = {"status": AttachmentStatus.UNUSED.value, "size": written.size, "sha256": written.sha256}
        return found(await Attachment.change({"_id": fresh.id}, touched(done)), "Attachment")
    except BaseException:
        await remove_attachments({"_id": fresh.id})
        raise


def _own_keys(actor: Actor) -> list[str]:
    return [key_of_email(actor.email)] if actor.kind is Kind.END_USER and actor.email else []


async def _shown(app_id: str, attachment_id: str) -> Attachment | None:
    """What can be downloaded."""
    identity = object_id(attachment_id)
    shown = {"_id": identity, "appId": app_id, "status": {"$in": [status.value for status in SHOWN]}}
    return await Attachment.find_one(shown) if identity else None
