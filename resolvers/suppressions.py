"""Addresses that must not be written to: added by bounces, complaints, erasures and by hand, removed by admins."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import ADMINS, MARKETING, STAFF, allow
from core.actor import Actor
from core.addresses import digest_of_email, digests_of_email
from core.errors import found
from core.ids import object_id
from core.inputs import Email, Input, ShortText, key_of_email
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from models.base import touched
from models.contacts import Contact
from models.suppressions import SoftBounces, Suppression, SuppressionReason, SuppressionScope

SOFT_BOUNCES_IN_A_ROW: Final = 3
WITHIN: Final = timedelta(days=14)

SCOPES: Final = {
    SuppressionReason.HARD_BOUNCE: SuppressionScope.ALL,
    SuppressionReason.SOFT_BOUNCES: SuppressionScope.ALL,
    SuppressionReason.COMPLAINT: SuppressionScope.ALL_BUT_TRANSACTIONAL,
    SuppressionReason.GDPR: SuppressionScope.ALL_BUT_TRANSACTIONAL,
    SuppressionReason.MANUAL: SuppressionScope.ALL,
}
"""What a reason blocks. Who was erased and comes back can log in: such mail answers what they do themselves."""


class SuppressionCreate(Input):
    email: Email
    scope: SuppressionScope = SuppressionScope.ALL
    note: ShortText | None = None


class SuppressionRemoval(Input):
    reason: Annotated[ShortText, Field(min_length=3)]


class SuppressionFilter(Input):
    email: Email | None = None
    reason: SuppressionReason | None = None
    is_removed: bool | None = None


class SuppressionSortKey(SortKey):
    SINCE = "since"


@allow(STAFF)
async def list_suppressions(actor: Actor, window: Window, filters: SuppressionFilter, sort: Sort) -> Slice[Suppression]:
    """Addresses that must not be written to. Each is kept as a keyed hash: look one up by the address itself."""
    query: dict[str, Any] = {}
    if filters.email is not None:
        query["digest"] = {"$in": list(digests_of_email(runtime().settings, filters.email))}
    if filters.reason is not None:
        query["reason"] = filters.reason.value
    if filters.is_removed is not None:
        query["removedAt"] = {"$ne": None} if filters.is_removed else None
    return await slice_of(Suppression, query, sort, window)


@allow(MARKETING)
async def add_suppression(actor: Actor, data: SuppressionCreate) -> Suppression:
    """Blocks an address by hand."""
    return await suppress(
        data.email,
        SuppressionReason.MANUAL,
        at=clock.now(),
        source=actor.label,
        scope=data.scope,
        note=data.note,
    )


@allow(ADMINS)
async def remove_suppression(actor: Actor, suppression_id: str, data: SuppressionRemoval) -> Suppression:
    """Lets an address be written to again. Who did it and why is kept; a new cause blocks the address anew."""
    identity = object_id(suppression_id)
    removed = {"removedAt": clock.now(), "removedBy": actor.label, "removalReason": data.reason}
    return found(
        await Suppression.change({"_id": identity, "removedAt": None}, touched(removed)) if identity else None,
        "Suppression",
    )


async def suppressions_of(addresses: Sequence[str]) -> dict[str, list[Suppression]]:
    """Those that hold, read with one query."""
    digests = {address: digests_of_email(runtime().settings, address) for address in addresses}
    every_digest = [digest for of_address in digests.values() for digest in of_address]
    holding: defaultdict[str, list[Suppression]] = defaultdict(list)
    for suppression in await Suppression.find({"digest": {"$in": every_digest}, "removedAt": None}).to_list():
        holding[suppression.digest].append(suppression)
    return {
        address: [one for digest in of_address for one in holding.get(digest, ())]
        for address, of_address in digests.items()
    }


async def suppress(
    address: str,
    reason: SuppressionReason,
    *,
    at: datetime,
    source: str,
    scope: SuppressionScope | None = None,
    note: str | None = None,
) -> Suppression:
    """Blocks an address, whatever its case. Doing it again has no second effect; a cause that is older than the removal
    of the suppression does not bring it back."""
    contact = await Contact.find_one({"emailKey": key_of_email(address)})
    identity = {"digest": digest_of_email(runtime().settings, address), "reason": reason.value}
    known = {"scope": scope or SCOPES[reason], "note": note, "contactId": contact.id if contact else None}
    while True:
        current = await Suppression.find_one(identity)
        if current is None:
            fresh = Suppression(**{**identity, **known}, since=at, source=source)
            try:
                return await fresh.insert()
            except DuplicateKeyError:
                continue
        if current.since >= at or (current.removed_at is not None and current.removed_at >= at):
            return current
        again = known | {"since": at, "source": source, "removedAt": None, "removedBy": None, "removalReason": None}
        seen = {"_id": current.id, "since": current.since, "removedAt": current.removed_at}
        if changed := await Suppression.change(seen, touched(again)):
            return changed


async def note_hard_bounce(address: str, *, at: datetime, source: str) -> None:
    """A permanent failure whose reason is the address itself blocks all mail at once."""
    await suppress(address, SuppressionReason.HARD_BOUNCE, at=at, source=source)


async def note_complaint(address: str, *, at: datetime, source: str) -> None:
    """A report of spam blocks all but transactional mail until the person opts in anew."""
    await suppress(address, SuppressionReason.COMPLAINT, at=at, source=source)


async def note_soft_bounce(address: str, *, at: datetime, source: str) -> None:
    """Three in a row within 14 days block the address. The same moment told twice counts once."""
    digest = digest_of_email(runtime().settings, address)
    run = await _changed_run(digest, at, {"$addToSet": {"moments": at}})
    since = run.delivered_at
    moments = sorted(moment for moment in run.moments if since is None or moment > since)
    rows = zip(moments, moments[SOFT_BOUNCES_IN_A_ROW - 1 :], strict=False)
    if ends := [last for first, last in rows if last - first <= WITHIN]:
        await suppress(address, SuppressionReason.SOFT_BOUNCES, at=max(ends), source=source)


async def note_delivery(address: str, *, at: datetime) -> None:
    """Mail that arrived ends the row of soft bounces before it."""
    digest = digest_of_email(runtime().settings, address)
    if await SoftBounces.find_one({"digest": digest}) is not None:
        await _changed_run(digest, at, {"$max": {"deliveredAt": at}})


async def with_soft_bounces(addresses: Collection[str]) -> set[str]:
    """Those for which `note_delivery` would do something, read with one query."""
    digests = {digest_of_email(runtime().settings, address): address for address in addresses}
    if not digests:
        return set()
    found = await SoftBounces.find({"digest": {"$in": [*digests]}}).to_list()
    return {digests[bounces.digest] for bounces in found}


async def _changed_run(digest: str, at: datetime, update: dict[str, Any]) -> SoftBounces:
    """Kept as long as it can matter."""
    expiry = {"$max": {"expiresAt": at + WITHIN, **update.pop("$max", {})}}
    while True:
        changed = await SoftBounces.change({"digest": digest}, update | expiry)
        if changed is not None:
            return changed
        try:
            await SoftBounces(digest=digest, expires_at=at + WITHIN).insert()
        except DuplicateKeyError:
            continue
