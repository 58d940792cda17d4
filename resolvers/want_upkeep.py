"""What comes round by the clock for wants: what changed is counted, votes that were left behind move on, and voters are
told whom somebody died before telling."""

import structlog

from core import clock
from core.access import allow
from core.actor import Actor
from models.apps import App
from models.want_votes import WantVote
from models.wants import Want
from resolvers.want_announcements import leave_announcement, note_announced
from resolvers.want_counts import QUIET, count_stake, count_votes, currency_of
from resolvers.want_merging import move_on

log = structlog.get_logger(__name__)


@allow()
async def settle_changed_wants(actor: Actor) -> int:
    """Looks after the wants of which something changed, or was going to, and returns how many there were."""
    changed = await Want.find({"changedAt": {"$lte": clock.now()}}).sort("changedAt").to_list()
    for want in changed:
        try:
            await _settle(want)
        except Exception:
            log.exception("wants.not_settled", want_id=str(want.id))
    return len(changed)


@allow()
async def recount_wants(actor: Actor) -> None:
    """Counts everything anew: trials end, and shops that voters speak for change, without a word to the wants. Votes
    for what was deleted while they were cast go."""
    for app in await App.find_all().to_list():
        currency, known = await currency_of(app.id), set()
        async for want in Want.find({"appId": app.id}):
            known.add(want.id)
            await count_votes(want.id)
            await count_stake(want, currency=currency)
        for want_id in set(await WantVote.distinct("wantId", {"appId": app.id})) - known:
            if await Want.get(want_id) is None:
                await WantVote.find({"appId": app.id, "wantId": want_id}).delete()


async def _settle(want: Want) -> None:
    if want.merged_into is not None:
        await move_on(want)
    for change_id in want.announcing:
        job = await leave_announcement(want.id, change_id)
        if not job.open:
            await note_announced(want.id, change_id)
    await count_votes(want.id)
    await count_stake(want)
    if want.changed_at is not None and want.changed_at <= clock.now() - QUIET:
        settled = {"_id": want.id, "changedAt": want.changed_at, "announcing": {"$size": 0}}
        await Want.change(settled, {"$set": {"changedAt": None}})
