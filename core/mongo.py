"""The database connection, and lists read from it by window."""

import asyncio
import re
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC
from functools import cache
from typing import Any, Final, TypeVar

from beanie import Document, init_beanie
from beanie.odm.enums import SortDirection
from bson.codec_options import CodecOptions
from pydantic import BaseModel
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.monitoring import CommandListener

from core.pages import Cursor, Page, Range, Slice, Sort, Window

DUPLICATE_KEY: Final = 11000

Filter = Mapping[str, Any]
D = TypeVar("D", bound=Document)
M = TypeVar("M", bound=BaseModel)


class Mongo:
    """One client per process; documents are bound to its database by `connect`."""

    def __init__(self, url: str, database: str, listeners: Sequence[CommandListener] = ()) -> None:
        self.client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            url, tz_aware=True, tzinfo=UTC, serverSelectionTimeoutMS=5000, appname="allover", event_listeners=listeners
        )
        options = CodecOptions[dict[str, Any]](tz_aware=True, tzinfo=UTC)
        self.database: AsyncDatabase[dict[str, Any]] = self.client.get_database(
            database, codec_options=options, write_concern=WriteConcern(w="majority")
        )

    async def bind(self, documents: Sequence[type[Document]]) -> None:
        """Creates what indexes are missing and lets the documents speak to this database."""
        await init_beanie(database=self.database, document_models=list(documents))

    async def answers(self, timeout_seconds: float = 1.0) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await self.client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        await self.client.close()


async def slice_of(document: type[D], filters: Filter, sort: Sort, window: Window) -> Slice[D]:
    """The items of one window of the documents that match, read by the index that begins with the filters and goes
    on with the sort."""
    return await slice_of_parts(document, document, filters, sort, window)


async def slice_of_parts(
    document: type[Document], part: type[M], filters: Filter, sort: Sort, window: Window
) -> Slice[M]:
    """As `slice_of`, but of each document only the fields of `part` are read: `id` and what is sorted by among them."""

    async def count() -> int:
        return await document.find(filters).count()

    def cursor_of(item: M) -> Cursor:
        value = None if sort.field == "_id" else stored_value(item, sort.field)
        return Cursor(value, stored_value(item, "_id"))

    if isinstance(window, Page):
        query = document.find(filters, projection_model=part).sort(order_of(sort, backward=False))
        return Slice(await query.skip(window.offset).limit(window.limit).to_list(), count, cursor_of)
    items, more = await _items_in(document, part, filters, sort, window)
    return Slice(
        items,
        count,
        cursor_of,
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )


async def _items_in(
    document: type[Document], part: type[M], filters: Filter, sort: Sort, window: Range
) -> tuple[list[M], bool]:
    """What is in the window, and whether there is more in its direction."""
    bounds = [
        beyond(cursor, sort, descending=sort.descending is not is_before)
        for cursor, is_before in ((window.after, False), (window.before, True))
        if cursor is not None
    ]
    query = document.find({"$and": [filters, *bounds]} if bounds else filters, projection_model=part)
    found = await query.sort(order_of(sort, backward=window.backward)).limit(window.limit + 1).to_list()
    items = found[: window.limit]
    return items[::-1] if window.backward else items, len(found) > window.limit


def beyond(cursor: Cursor, sort: Sort, *, descending: bool) -> Filter:
    """What lies past the cursor. The plain bound on the field comes first: it is what an index can start from."""
    strict, loose = ("$lt", "$lte") if descending else ("$gt", "$gte")
    if sort.field == "_id":
        return {"_id": {strict: cursor.id}}
    return {
        sort.field: {loose: cursor.value},
        "$or": [{sort.field: {strict: cursor.value}}, {"_id": {strict: cursor.id}}],
    }


def order_of(sort: Sort, *, backward: bool) -> list[tuple[str, SortDirection]]:
    """As the server takes it; `backward` is from the other end."""
    descending = sort.descending is not backward
    direction = SortDirection.DESCENDING if descending else SortDirection.ASCENDING
    by_id = ("_id", direction)
    return [by_id] if sort.field == "_id" else [(sort.field, direction), by_id]


def stored_value(item: BaseModel, field: str) -> Any:
    """A field of a document, or of a part of one, by the name that it has in the database."""
    return getattr(item, _attributes(type(item))[field])


@cache
def _attributes(model: type[BaseModel]) -> Mapping[str, str]:
    """By their names in the database."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


async def insert_new(document: type[D], documents: Sequence[D]) -> list[bool]:
    """Which of the documents are new: what a unique index knows already is left out. One round trip for all of them."""
    return await _new_of(document.insert_many(list(documents), ordered=False), len(documents))


async def insert_new_stored(document: type[Document], stored: Sequence[dict[str, Any]]) -> list[bool]:
    """As `insert_new`, of documents as they are stored: of many, the models would cost more than the write."""
    if not stored:
        return []
    return await _new_of(document.get_pymongo_collection().insert_many(stored, ordered=False), len(stored))


async def _new_of(inserting: Awaitable[Any], count: int) -> list[bool]:
    try:
        await inserting
    except BulkWriteError as error:
        details = error.details or {}
        refused = details.get("writeErrors", [])
        if details.get("writeConcernErrors") or any(one["code"] != DUPLICATE_KEY for one in refused):
            raise
        known = {one["index"] for one in refused}
        return [number not in known for number in range(count)]
    return [True] * count


def containing(text: str) -> Filter:
    """Matches lower-cased copies that contain the text; whatever it holds is taken literally."""
    return {"$regex": re.escape(text.casefold())}
