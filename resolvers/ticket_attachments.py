"""Files of tickets: claimed for a message before it is written, and gone with it."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from beanie import PydanticObjectId

from core.actor import Actor
from core.errors import DomainError, InvalidInput
from core.mongo import Filter
from models.attachments import Attachment, AttachmentOwner, AttachmentOwnerKind
from models.ticket_messages import TicketAttachment, TicketMessage
from resolvers.attachment_removal import remove_attachments
from resolvers.attachments import FIELD, MOST, NewFile, claim_attachments, release_attachments, upload_attachments

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Attached:
    """Files, and the id of the message that they were claimed for."""

    message_id: PydanticObjectId
    files: Sequence[TicketAttachment]


@asynccontextmanager
async def attached(
    actor: Actor,
    app_id: str,
    ids: Sequence[str],
    files: Sequence[NewFile],
    *,
    people_keys: Collection[str],
    is_internal: bool = False,
) -> AsyncIterator[Attached]:
    """Within the block a message is written that has these uploads, and these files besides. Where it is refused they
    are as they were before. Whoever dies in between leaves files of a message that never was: upkeep finds them.

    Raises `InvalidInput` for more than five in all, and as uploading and claiming do.
    """
    if len(ids) + len(files) > MOST:
        raise InvalidInput(f"{FIELD}: a message has at most {MOST} files", FIELD)
    kind, message_id = AttachmentOwnerKind.TICKET_MESSAGE, PydanticObjectId()
    owner = AttachmentOwner(kind=kind, id=message_id, is_internal=is_internal)
    fresh = await upload_attachments(actor, app_id, files) if files else []
    try:
        wanted = [*ids, *(file.key for file in fresh)]
        claimed = await claim_attachments(actor, app_id, wanted, owner, people_keys) if wanted else []
        try:
            yield Attached(message_id, [TicketAttachment.of(file) for file in claimed])
        except DomainError:
            await release_attachments(actor, claimed)
            raise
    except DomainError:
        await _forget(fresh)
        raise


async def remove_files_of(messages: Filter) -> None:
    """Of all messages that match, before they go or are emptied."""
    found = TicketMessage.get_pymongo_collection().find(messages, {"_id": 1})
    ids = [row["_id"] async for row in found]
    for start in range(0, len(ids), CHUNK):
        await remove_attachments({"owner.id": {"$in": ids[start : start + CHUNK]}})


async def _forget(fresh: Sequence[Attachment]) -> None:
    if fresh:
        await remove_attachments({"_id": {"$in": [file.id for file in fresh]}})
