"""People whom the company might win as customers: found, shown, added, changed and deleted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from pydantic import BeforeValidator, Field, WithJsonSchema

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import ObjectIdText
from core.inputs import OMITTED, Country, Email, Input, Locale, Search, ShopDomain, ShortText, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.prospects import Prospect, ProspectNote, ProspectStatus
from resolvers.prospect_inputs import Facts, Score, Source, WebSite
from resolvers.prospect_moves import change_status, check_change
from resolvers.prospect_opening import add_prospect
from resolvers.prospect_owners import possible_owner
from resolvers.prospect_scope import visible_prospect
from resolvers.prospect_states import changed, tagged
from resolvers.prospect_writes import write_prospect
from resolvers.subscribers import Tag, Tags
from resolvers.ticket_inputs import split

Statuses = Annotated[
    list[ProspectStatus],
    BeforeValidator(split),
    Field(min_length=1, max_length=len(ProspectStatus)),
    WithJsonSchema(
        {"type": "string", "description": "One or several, separated by commas", "examples": ["new", "new,contacted"]}
    ),
]


class ProspectCreate(Input):
    """`domain` is the company's web site, `shopDomain` its shop. `facts` is whatever else there is to know."""

    email: Email
    name: ShortText = ""
    company: ShortText = ""
    title: ShortText = ""
    domain: WebSite | None = None
    shop_domain: ShopDomain | None = None
    country: Country | None = None
    language: Locale | None = None
    source: Source = "staff"
    tags: Tags = Field(default_factory=list)
    owner_id: ObjectIdText | None = None
    facts: Facts = Field(default_factory=dict)
    score: Score | None = None
    status: ProspectStatus = ProspectStatus.NEW


class ProspectUpdate(Input):
    """The address stays: what was sent to it and what was agreed to belong to it. `reason` goes with `status`; `facts`
    replaces what there was."""

    name: ShortText = OMITTED
    company: ShortText = OMITTED
    title: ShortText = OMITTED
    domain: WebSite | None = OMITTED
    shop_domain: ShopDomain | None = OMITTED
    country: Country | None = OMITTED
    language: Locale | None = OMITTED
    source: Source = OMITTED
    tags: Tags = OMITTED
    owner_id: ObjectIdText | None = OMITTED
    facts: Facts = OMITTED
    score: Score | None = OMITTED
    status: ProspectStatus = OMITTED
    reason: ShortText | None = OMITTED


class ProspectFilter(Input):
    """`status` is one or several."""

    status: Statuses | None = None
    source: ShortText | None = None
    tag: Tag | None = None
    owner_id: ObjectIdText | None = None
    country: Country | None = None
    search: Search | None = None


class ProspectSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    EMAIL = "email", "emailKey"
    SCORE = "score", "scoreKey"


NEWEST_PROSPECTS: Final = ProspectSortKey.CREATED_AT.order(descending=True)


@dataclass(frozen=True, slots=True)
class ProspectStats:
    """`by_status` has every status, `by_source` the most frequent first."""

    total: int
    by_status: Mapping[ProspectStatus, int]
    by_source: Mapping[str, int]


@allow(STAFF)
async def list_prospects(actor: Actor, window: Window, filters: ProspectFilter, sort: Sort) -> Slice[Prospect]:
    """People whom the company might win as customers."""
    query: dict[str, Any] = {}
    if filters.status is not None:
        query["status"] = {"$in": [status.value for status in filters.status]}
    if filters.source is not None:
        query["source"] = filters.source
    if filters.tag is not None:
        query["tags"] = filters.tag
    if filters.owner_id is not None:
        query["ownerId"] = PydanticObjectId(filters.owner_id)
    if filters.country is not None:
        query["country"] = filters.country
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(Prospect, query, sort, window)


@allow(STAFF)
async def prospect_stats(actor: Actor) -> ProspectStats:
    """How many prospects there are, by status and by where they came from."""
    group = {"$group": {"_id": {"status": "$status", "source": "$source"}, "prospects": {"$sum": 1}}}
    by_status: Counter[str] = Counter()
    by_source: Counter[str] = Counter()
    for row in await Prospect.aggregate([group]).to_list():
        by_status[row["_id"]["status"]] += row["prospects"]
        by_source[row["_id"]["source"]] += row["prospects"]
    statuses = {status: by_status[status.value] for status in ProspectStatus}
    return ProspectStats(by_status.total(), statuses, dict(by_source.most_common()))


@allow(STAFF)
async def get_prospect(actor: Actor, prospect_id: str) -> Prospect:
    """One prospect, by its id or its address."""
    return await visible_prospect(actor, prospect_id)


@allow(MARKETING)
async def create_prospect(actor: Actor, data: ProspectCreate) -> Prospect:
    """Adds a prospect, who begins as a customer where their shop has an app, and as one who must not be contacted where
    they withdrew from outreach.

    Raises `Conflict` where the address is a prospect's already, `InvalidInput` where the person was erased.
    """
    owner_id = await possible_owner(data.owner_id) if data.owner_id else None
    now = clock.now()
    fresh = Prospect(
        email_key=key_of_email(data.email),
        created_by=actor.label,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
        status_changed_at=now,
        **data.model_dump(exclude={"status", "owner_id"}),
    )
    return await add_prospect(fresh, data.status, actor)


@allow(MARKETING)
async def update_prospect(actor: Actor, prospect_id: str, data: ProspectUpdate) -> Prospect:
    """Changes what is sent of a prospect.

    Raises `InvalidInput` for a status that can't follow.
    """
    return await change_prospect(await visible_prospect(actor, prospect_id), data.sent(), actor)


@allow(MARKETING)
async def delete_prospect(actor: Actor, prospect_id: str) -> Prospect:
    """Deletes a prospect with their notes. Their contact stays, and what they agreed to or withdrew."""
    prospect = await visible_prospect(actor, prospect_id)
    await ProspectNote.find({"prospectId": prospect.id}).delete()
    deleted = await Prospect.find_one({"_id": prospect.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Prospect not found")
    return prospect


async def change_prospect(prospect: Prospect, fields: dict[str, Any], by: Actor) -> Prospect:
    """With other values in some fields, by attribute name; among them may be a `status`, a `reason` for it, and tags to
    add and to remove.

    Raises `InvalidInput` before anything is changed.
    """
    plain = dict(fields)
    status, reason = plain.pop("status", None), plain.pop("reason", None)
    added, removed = plain.pop("add_tags", []), plain.pop("remove_tags", [])
    if reason is not None and status is None:
        raise InvalidInput("reason goes with a status", "reason")
    if status is not None:
        await check_change(prospect, status, reason, by)
    if plain.get("owner_id") is not None:
        plain["owner_id"] = await possible_owner(plain["owner_id"])

    def decide(current: Prospect) -> Prospect:
        return tagged(changed(current, **plain), added, removed)

    written = found(await write_prospect({"_id": prospect.id}, decide), "Prospect")
    # From what was checked: whoever withdrew since then must not be moved.
    return written if status is None else await change_status(prospect, status, reason, by)
