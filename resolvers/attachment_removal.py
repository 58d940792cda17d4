"""How attachments go: what is cut off in the middle is found again and finished."""

from typing import Final

from core.mongo import Filter
from models.attachments import Attachment, AttachmentStatus
from models.base import touched
from resolvers.attachment_files import delete_files

BATCH: Final = 200
REMOVED: Final = {"status": AttachmentStatus.REMOVED.value}


async def remove_attachments(filters: Filter) -> int:
    """Removes what matches, and returns how many there were: first a mark, by which nobody gets them any more, then the
    bytes, then the document with the mark."""
    count = 0
    while batch := await Attachment.find(filters).limit(BATCH).to_list():
        named = {"_id": {"$in": [attachment.id for attachment in batch]}}
        # Only what matches still: an upload that was just claimed stays.
        await Attachment.find({"$and": [filters, named]}).update(touched(dict(REMOVED)))
        count += await finish_removals(named)
    return count


async def finish_removals(filters: Filter | None = None) -> int:
    """Of what has the mark; returns how many there were."""
    count = 0
    while batch := await Attachment.find({**(filters or {}), **REMOVED}).limit(BATCH).to_list():
        ids = [attachment.id for attachment in batch]
        await delete_files(ids)
        await Attachment.find({"_id": {"$in": ids}, **REMOVED}).delete()
        count += len(ids)
    return count
