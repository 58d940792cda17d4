"""What has to be looked after: uploads that nobody used, and what a crash left behind."""

from datetime import timedelta
from typing import Final

from core import clock
from core.access import allow
from core.actor import Actor
from models.attachments import AttachmentStatus
from resolvers.attachment_removal import finish_removals, remove_attachments

UNUSED_KEPT: Final = timedelta(hours=24)


@allow()
async def sweep_attachments(actor: Actor) -> int:
    """Removes uploads that were not used for a day, and those that broke off, and finishes removals that did. Returns
    how many files went."""
    waiting = [AttachmentStatus.UPLOADING.value, AttachmentStatus.UNUSED.value]
    old = {"status": {"$in": waiting}, "createdAt": {"$lte": clock.now() - UNUSED_KEPT}}
    return await remove_attachments(old) + await finish_removals()
