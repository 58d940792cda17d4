"""Who asked for something, or voted for it, is told what becomes of it: once each, whoever dies in between.

Deliveries are named for the change that they tell of, so that whoever plans them may do it again. Whether somebody
agreed to such mail is asked when it is sent.
"""

from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import JsonValue

from core.access import allow
from core.actor import Actor
from models.apps import App
from models.contacts import ConsentCategory
from models.email_jobs import EmailJob
from models.wants import Want, WantChange, WantStatus
from resolvers.job_leases import enqueue
from resolvers.targeted_campaigns import draft_shipped_campaign
from resolvers.transactional import queue_mail_to_contacts
from resolvers.want_people import people_of

SYSTEM: Final = Actor.system("wants")
ANNOUNCE: Final = "want.announce"
"""The type of the jobs that tell voters of a change. Its payload is `wantId` and `changeId`."""
ATTEMPTS: Final = 20
LONGEST_NOTE: Final = 2000
"""Of a note, so much is in the mail."""


async def leave_announcement(want_id: PydanticObjectId, change_id: PydanticObjectId) -> EmailJob:
    """Leaves it to the workers to tell voters of a change. There is one job, however often it is called."""
    payload: dict[str, JsonValue] = {"wantId": str(want_id), "changeId": str(change_id)}
    key = f"{ANNOUNCE}:{change_id}"
    return await enqueue(SYSTEM, ANNOUNCE, payload, dedupe_key=key, max_attempts=ATTEMPTS)


@allow()
async def announce_change(actor: Actor, want_id: PydanticObjectId, change_id: PydanticObjectId) -> int:
    """Plans a mail to each of the people whom a change of a want concerns, and returns how many they are; where it is
    there now, a campaign to them is drafted besides. Doing it again plans and drafts none twice."""
    want = await Want.get(want_id)
    change = next((one for one in want.history if one.id == change_id), None) if want else None
    app = await App.get(want.app_id) if want else None
    told: set[PydanticObjectId] = set()
    if want is not None and change is not None and app is not None and not _is_undone(want, change):
        values = await _values(app, want, change)
        async for contacts in people_of(want):
            new = [contact for contact in contacts if contact.id not in told]
            await queue_mail_to_contacts(
                actor,
                app,
                template_key(change.after),
                new,
                values=values,
                source=f"want:{want.id}:{change.id}",
                category=ConsentCategory.PRODUCT,
            )
            told.update(contact.id for contact in new)
        await draft_shipped_campaign(actor, app, want, change)
    await note_announced(want_id, change_id)
    return len(told)


async def note_announced(want_id: PydanticObjectId, change_id: PydanticObjectId) -> None:
    await Want.change({"_id": want_id}, {"$pull": {"announcing": change_id}})


def template_key(status: WantStatus) -> str:
    """Of the template that tells of a status: `want-in-progress`."""
    return f"want-{status.value.replace('_', '-')}"


def _is_undone(want: Want, change: WantChange) -> bool:
    """Of two wants that were merged into each other at the same time, one was not."""
    return change.after is WantStatus.DUPLICATE and want.status is not WantStatus.DUPLICATE


async def _values(app: App, want: Want, change: WantChange) -> dict[str, Any]:
    target = await Want.get(want.merged_into) if want.merged_into else None
    shown = target or want
    page = app.want_board.page_url or ""
    return {
        "want_title": want.title,
        "want_url": page.replace("{id}", str(shown.id)),
        "note": (change.note or "")[:LONGEST_NOTE],
        "eta": want.eta or "",
        "target_title": target.title if target else "",
    }
