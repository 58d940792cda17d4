"""What was said by whom, and about what: read for many at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from beanie import PydanticObjectId

from models.feedback import Feedback
from models.tickets import Ticket

K = TypeVar("K")

MOST: Final = 100
"""Of one person, shop or want: what was said last."""


async def feedback_of_people(email_keys: Sequence[str]) -> Mapping[str, list[Feedback]]:
    """In whichever app, the latest first."""
    return await _by({"emailKey": {"$in": list(email_keys)}}, lambda one: one.email_key)


async def feedback_of_shops(shops: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], list[Feedback]]:
    """About the shop's app, the latest first. Shops are given by app and domain."""
    query = {
        "appId": {"$in": sorted({app_id for app_id, _ in shops})},
        "shopDomain": {"$in": sorted({domain for _, domain in shops})},
    }
    return await _by(query, lambda one: (one.app_id, one.shop_domain))


async def feedback_behind_wants(wants: Sequence[tuple[str, PydanticObjectId]]) -> Mapping[Any, list[Feedback]]:
    """What became each of the wants, given by app and id, the latest first."""
    app_ids, want_ids = {app_id for app_id, _ in wants}, [want_id for _, want_id in wants]
    query = {"appId": {"$in": sorted(app_ids)}, "wantId": {"$in": want_ids}}
    return await _by(query, lambda one: (one.app_id, one.want_id))


async def tickets_by_id(ticket_ids: Sequence[PydanticObjectId]) -> Mapping[PydanticObjectId, Ticket]:
    return {ticket.id: ticket for ticket in await Ticket.find({"_id": {"$in": list(ticket_ids)}}).to_list()}


async def _by(query: Mapping[str, Any], key: Any) -> Mapping[Any, list[Feedback]]:
    found: defaultdict[Any, list[Feedback]] = defaultdict(list)
    for feedback in await Feedback.find(query).sort("-createdAt").to_list():
        if len(found[key(feedback)]) < MOST:
            found[key(feedback)].append(feedback)
    return found
