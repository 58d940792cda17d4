"""What becomes of wants: staff decide, everybody reads why, and who voted is told."""

from typing import Any, Final

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict
from core.inputs import Input, LongText
from models.base import touched
from models.slack_routing import SlackTopic
from models.wants import HISTORY_KEPT, Want, WantChange, WantStatus
from resolvers.slack_messages import tell_slack
from resolvers.want_announcements import leave_announcement
from resolvers.want_counts import announce_want
from resolvers.wants import get_want

TELLER: Final = Actor.system("wants")


class WantStatusChange(Input):
    """`note` is for everybody to read, and part of the mail to those who voted, which `notifyVoters` can keep back. The
    same status again, with a note, is news of it."""

    status: WantStatus
    note: LongText | None = None
    notify_voters: bool = True


@allow(SUPPORT)
async def change_want_status(actor: Actor, app_id: str, want_id: str, data: WantStatusChange) -> Want:
    """Decides about a want. Its author and those who voted for it are told by mail, where they agreed to such.

    Raises `Conflict` for one that was merged into another.
    """
    while True:
        want = await get_want(actor, app_id, want_id)
        if want.status is data.status and not data.note:
            return want
        if want.merged_into is not None:
            raise Conflict(f"This was merged into another want, {want.merged_into}, which has its votes", "id")
        change = WantChange(
            before=want.status, after=data.status, at=clock.now(), by=actor.label, note=data.note or None
        )
        notify = data.notify_voters and data.status is not WantStatus.PENDING
        seen = {"_id": want.id, "status": want.status.value, "mergedInto": None}
        changed = await Want.change(seen, changing(change, notify=notify))
        if changed is None:
            continue
        if notify:
            await leave_announcement(changed.id, change.id)
        await announce_want(changed)
        await _tell_slack(changed, change)
        return await get_want(actor, app_id, want_id)


async def _tell_slack(want: Want, change: WantChange) -> None:
    status, note = change.after.value.replace("_", " "), f": {change.note}" if change.note else ""
    text = f"{want.title} ({want.vote_count} votes) is now {status}{note}"
    await tell_slack(TELLER, SlackTopic.WANTS, want.app_id, text, key=f"want_change:{change.id}")


def changing(change: WantChange, *, notify: bool, **fields: Any) -> dict[str, Any]:
    """The update of a want that the change is made by, with what else it sets (stored names). It is noted on the want
    whom voters have still to be told of."""
    told = change.model_dump(by_alias=True, mode="python")
    push: dict[str, Any] = {"history": {"$each": [told], "$slice": -HISTORY_KEPT}}
    if notify:
        push["announcing"] = change.id
    return touched({"status": change.after.value, **fields}) | {"$push": push, "$max": {"changedAt": change.at}}
