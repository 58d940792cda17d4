"""How prospects come to another status: by staff, by what is sent to them and what they answer, by an installation."""

from datetime import datetime
from typing import Final

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, found
from core.inputs import Input, ShortText
from core.mongo import Filter
from models.contacts import Contact
from models.enrollments import ExitReason
from models.prospects import Prospect, ProspectStatus
from models.shops import Shop
from resolvers.enrollment_exits import exit_all_of
from resolvers.prospect_outreach import check_reopening, reopen_outreach, withdraw_from_outreach
from resolvers.prospect_scope import visible_prospect
from resolvers.prospect_states import (
    CONTACTED,
    CUSTOMER,
    DO_NOT_CONTACT,
    ENGAGED,
    NEW,
    WORKED_ON,
    changed,
    check_move,
    moved,
    with_reason,
)
from resolvers.prospect_writes import write_prospect
from resolvers.shop_changes import GONE

INSTALLATIONS: Final = Actor.system("app_events")


class ProspectStatusChange(Input):
    """`reason` is needed to take back that a prospect must not be contacted."""

    status: ProspectStatus
    reason: ShortText | None = None


@allow(MARKETING)
async def change_prospect_status(actor: Actor, prospect_id: str, data: ProspectStatusChange) -> Prospect:
    """Moves a prospect to another status. `do_not_contact` withdraws them from outreach."""
    prospect = await visible_prospect(actor, prospect_id)
    await check_change(prospect, data.status, data.reason, actor)
    return await change_status(prospect, data.status, data.reason, actor)


async def check_change(prospect: Prospect, after: ProspectStatus, reason: str | None, by: Actor) -> None:
    """Raises `InvalidInput` where the prospect does not come to that status, or not without a reason."""
    check_move(prospect.status, after)
    if prospect.status is DO_NOT_CONTACT and after is not DO_NOT_CONTACT:
        if not by.is_staff:
            raise InvalidInput("status: only staff take back that a prospect must not be contacted", "status")
        if not reason:
            raise InvalidInput("reason: say why the prospect may be contacted after all", "reason")
    if after in WORKED_ON:
        await check_reopening(prospect)


async def change_status(prospect: Prospect, after: ProspectStatus, reason: str | None, by: Actor) -> Prospect:
    """Moves a prospect to a status that `check_change` allows. Raises `Conflict` where they withdrew since then."""
    if after is DO_NOT_CONTACT:
        return prospect if prospect.status is DO_NOT_CONTACT else await _withdraw(prospect, reason, by)

    def decide(current: Prospect) -> Prospect:
        if current.status is DO_NOT_CONTACT and prospect.status is not DO_NOT_CONTACT:
            raise Conflict("status: the prospect withdrew meanwhile, and must not be contacted", "status")
        check_move(current.status, after)
        return moved(current, after, at=clock.now(), by=by.label, reason=reason)

    written = found(await write_prospect({"_id": prospect.id}, decide), "Prospect")
    if after in WORKED_ON:
        await reopen_outreach(written, by)
    return written


async def _withdraw(prospect: Prospect, reason: str | None, by: Actor) -> Prospect:
    """The ledger outlives the person's data: the reason, which may name them, is kept with the prospect alone."""
    change_id = await withdraw_from_outreach(prospect, by)

    def decide(current: Prospect) -> Prospect:
        told = [with_reason(change, reason) if change.id == change_id else change for change in current.history]
        return changed(current, history=told)

    return found(await write_prospect({"_id": prospect.id}, decide), "Prospect")


async def note_contacted(email_key: str, at: datetime, by: Actor) -> None:
    """Outreach went to an address: who was new is so no more."""

    def decide(current: Prospect) -> Prospect:
        last = max(at, current.last_contacted_at or at)
        told = changed(current, last_contacted_at=last)
        return moved(told, CONTACTED, at=at, by=by.label) if current.status is NEW else told

    await write_prospect({"emailKey": email_key}, decide)


async def note_replied(email_key: str, at: datetime, by: Actor) -> None:
    """Somebody answered outreach themselves: that is interest, until it is read."""

    def decide(current: Prospect) -> Prospect:
        last = max(at, current.last_replied_at or at)
        told = changed(current, last_replied_at=last)
        return moved(told, ENGAGED, at=at, by=by.label) if current.status in (NEW, CONTACTED) else told

    await write_prospect({"emailKey": email_key}, decide)


async def convert_prospects(shop: Shop) -> None:
    """Whose shop has an app is a customer, from the first time on, and outreach ends. Who must not be contacted stays
    so."""
    if shop.status in GONE:
        return
    theirs: list[Filter] = [{"shopDomain": shop.domain}]
    if shop.email_key is not None:
        theirs.append({"emailKey": shop.email_key})

    def decide(current: Prospect) -> Prospect:
        if current.converted_at is not None:
            return current
        at, why = shop.installed_at, f"{shop.domain} installed {shop.app_id}"
        if current.status is DO_NOT_CONTACT:
            return changed(current, converted_at=at)
        return moved(current, CUSTOMER, at=at, by=INSTALLATIONS.label, reason=why)

    for prospect in await Prospect.find({"$or": theirs, "convertedAt": None}).to_list():
        # First, because a prospect that was converted is not looked at again.
        if contact := await Contact.find_one({"emailKey": prospect.email_key}):
            await exit_all_of(INSTALLATIONS, [contact.id], ExitReason.CONVERTED)
        await write_prospect({"_id": prospect.id}, decide)
