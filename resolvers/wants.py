"""What people want of an app, as staff see it and look after it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import Handle, object_id
from core.inputs import OMITTED, Email, Input, LongText, Search, ShopDomain, ShortText, each_once, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from mail.headers import one_line
from models.apps import App
from models.base import touched
from models.priorities import Priority
from models.want_votes import WantVote
from models.wants import Want, WantAnswer, WantStatus
from resolvers.apps import visible_app
from resolvers.want_counts import announce_want, topic_of, with_current_votes
from resolvers.want_titles import tokens_of

WantTitle = Annotated[ShortText, AfterValidator(one_line), Field(min_length=1)]
WantTags = Annotated[list[Handle], Field(max_length=20), AfterValidator(each_once)]


class WantUpdate(Input):
    """`eta` says in words when it may come, `answer` what the company says to it: both are for everybody to read."""

    title: WantTitle = OMITTED
    description: LongText = OMITTED
    category: Handle = OMITTED
    priority: Priority = OMITTED
    tags: WantTags = OMITTED
    eta: ShortText | None = OMITTED
    answer: LongText | None = OMITTED


class WantPriorityChange(Input):
    priority: Priority


class WantFilter(Input):
    status: WantStatus | None = None
    category: Handle | None = None
    priority: Priority | None = None
    tag: Handle | None = None
    author_email: Email | None = None
    shop_domain: ShopDomain | None = None
    is_merged: bool | None = None
    search: Search | None = None


class WantSortKey(SortKey):
    """Revenue at stake is compared in the currency of most of the app's plans."""

    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    VOTES = "voteCount"
    REVENUE_AT_STAKE = "revenueAtStake", "revenueKey"


@dataclass(frozen=True, slots=True)
class WantStats:
    """With all statuses, priorities and categories of the app, those without wants too."""

    total: int
    by_status: Mapping[WantStatus, int]
    by_category: Mapping[str, int]
    by_priority: Mapping[Priority, int]


@allow(STAFF)
async def list_wants(actor: Actor, app_id: str, window: Window, filters: WantFilter, sort: Sort) -> Slice[Want]:
    """All that people want of an app, with what it is worth."""
    await visible_app(actor, app_id)
    listed = await slice_of(Want, _matching(app_id, filters), sort, window)
    stored = {want.id: want for want in listed.items}
    # Cursors go by the votes that the list is sorted by, not by those that were cast since.
    items = await with_current_votes(listed.items)
    return replace(listed, items=items, cursor_of=lambda want: listed.cursor_of(stored[want.id]))


@allow(STAFF)
async def want_stats(actor: Actor, app_id: str) -> WantStats:
    """How many wants an app has, by status, category and priority."""
    app = await visible_app(actor, app_id)
    by_status, by_priority = Counter(dict.fromkeys(WantStatus, 0)), Counter(dict.fromkeys(Priority, 0))
    by_category = Counter(dict.fromkeys(app.want_board.categories, 0))
    key = {"status": "$status", "category": "$category", "priority": "$priority"}
    group = {"$group": {"_id": key, "wants": {"$sum": 1}}}
    for row in await Want.aggregate([{"$match": {"appId": app_id}}, group]).to_list():
        by_status[WantStatus(row["_id"]["status"])] += row["wants"]
        by_category[row["_id"]["category"]] += row["wants"]
        by_priority[Priority(row["_id"]["priority"])] += row["wants"]
    return WantStats(by_status.total(), by_status, by_category, by_priority)


@allow(STAFF)
async def get_want(actor: Actor, app_id: str, want_id: str) -> Want:
    """One thing that people want of an app, with what it is worth."""
    await visible_app(actor, app_id)
    identity = object_id(want_id)
    want = found(await Want.find_one({"appId": app_id, "_id": identity}) if identity else None, "Want")
    (current,) = await with_current_votes([want])
    return current


@allow(SUPPORT)
async def update_want(actor: Actor, app_id: str, want_id: str, data: WantUpdate) -> Want:
    """Changes what is sent of a want. Its status is changed by itself, because voters are told of it."""
    app, want = await visible_app(actor, app_id), await get_want(actor, app_id, want_id)
    changes = data.assignments()
    if "category" in changes:
        check_category(app, data.category)
    if "answer" in changes:
        answer = WantAnswer(text=data.answer, at=clock.now(), by=actor.label) if data.answer else None
        changes["answer"] = answer.model_dump(by_alias=True) if answer else None
    if "title" in changes:
        changes["titleTokens"] = tokens_of(data.title)
    while True:
        texts = {name: changes.get(name, getattr(want, name)) for name in ("title", "description", "tags")}
        changes["searchText"] = search_text_of(**texts)
        seen = {"_id": want.id, "title": want.title, "description": want.description, "tags": want.tags}
        if (updated := await Want.change(seen, touched(changes))) is not None:
            break
        want = await get_want(actor, app_id, want_id)
    await announce_want(updated)
    (current,) = await with_current_votes([updated])
    return current


@allow(SUPPORT)
async def change_want_priority(actor: Actor, app_id: str, want_id: str, data: WantPriorityChange) -> Want:
    """Says how urgent a want is to the company. Nobody else sees it."""
    return await update_want(actor, app_id, want_id, WantUpdate(priority=data.priority))


@allow(SUPPORT)
async def delete_want(actor: Actor, app_id: str, want_id: str) -> Want:
    """Deletes a want with its votes. Returns it as it was."""
    want = await get_want(actor, app_id, want_id)
    deleted = await Want.find_one({"_id": want.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Want not found")
    await WantVote.find({"appId": app_id, "wantId": want.id}).delete()
    return want


@allow(STAFF)
async def watch_wants(actor: Actor, app_id: str) -> AsyncIterator[Want]:
    """Each want of an app as it is after something changed it, from now on."""
    await visible_app(actor, app_id)
    return _changing_wants(app_id)


def check_category(app: App, category: str) -> None:
    """Raises `InvalidInput` for one that the app does not have."""
    known = app.want_board.categories
    if known and category not in known:
        raise InvalidInput(f"category must be one of {', '.join(known)}", "category")


def search_text_of(title: str, description: str, tags: list[str]) -> str:
    """What a search looks in: no address is part of it."""
    return " ".join([title, *tags, description]).casefold()


async def _changing_wants(app_id: str) -> AsyncIterator[Want]:
    async with runtime().topics.listen(topic_of(app_id)) as messages:
        async for message in messages:
            want = await Want.find_one({"_id": object_id(message["wantId"]), "appId": app_id})
            if want is not None:
                (current,) = await with_current_votes([want])
                yield current


def _matching(app_id: str, filters: WantFilter) -> dict[str, Any]:
    query: dict[str, Any] = {"appId": app_id}
    equal = {
        "status": filters.status,
        "category": filters.category,
        "priority": filters.priority,
        "tags": filters.tag,
        "author.emailKey": key_of_email(filters.author_email) if filters.author_email else None,
        "author.shopDomain": filters.shop_domain,
    }
    query |= {field: value for field, value in equal.items() if value is not None}
    if filters.is_merged is not None:
        query["mergedInto"] = {"$ne": None} if filters.is_merged else None
    if filters.search:
        query["searchText"] = containing(filters.search)
    return query
