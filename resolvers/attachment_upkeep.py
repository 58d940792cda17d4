"""What has to be looked after: uploads that nobody used, and what a crash left behind."""

from datetime import timedelta
from typing import Final

from core import clock
from core.access import allow
from core.actor import Actor
from models.attachments import Attachment, AttachmentStatus
from models.base import touched
from models.ticket_messages import TicketMessage
from resolvers.attachment_removal import finish_removals, remove_attachments

UNUSED_KEPT: Final = timedelta(hours=24)
CHECKED_AFTER: Final = timedelta(hours=1)
"""By then what files were claimed for is written, or never will be."""
BATCH: Final = 200


@allow()
async def sweep_attachments(actor: Actor) -> int:
    """Removes uploads that were not used for a day, and those that broke off; files of messages that were never
    written, because somebody died before; and finishes removals that were cut off. Returns how many files went."""
    waiting = [AttachmentStatus.UPLOADING.value, AttachmentStatus.UNUSED.value]
    old = {"status": {"$in": waiting}, "createdAt": {"$lte": clock.now() - UNUSED_KEPT}}
    return await remove_attachments(old) + await _remove_ownerless() + await finish_removals()


async def _remove_ownerless() -> int:
    """Looks once for what has each file."""
    unchecked = {
        "status": AttachmentStatus.USED.value,
        "checkedAt": None,
        "claimedAt": {"$lte": clock.now() - CHECKED_AFTER},
    }
    removed = 0
    while batch := await Attachment.find(unchecked).limit(BATCH).to_list():
        owners = {"_id": {"$in": [attachment.owner.id for attachment in batch if attachment.owner]}}
        written = {row["_id"] async for row in TicketMessage.get_pymongo_collection().find(owners, {"_id": 1})}
        kept = [attachment.id for attachment in batch if attachment.owner and attachment.owner.id in written]
        lost = [attachment.id for attachment in batch if attachment.id not in kept]
        removed += await remove_attachments({**unchecked, "_id": {"$in": lost}}) if lost else 0
        await Attachment.find({"_id": {"$in": kept}}).update(touched({"checkedAt": clock.now()}))
    return removed
