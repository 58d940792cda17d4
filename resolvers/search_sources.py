"""What is searched, and how each of it is found: by indexes alone, and never by more than so many steps."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId

from core.access import access_of
from core.actor import Actor
from core.ids import object_id
from core.inputs import key_of_email
from core.mongo import Filter
from core.words import words_of
from models.base import Stored

LOOKED_AT: Final = 1_000
"""Documents with the rarest of the words, of which those with the others are picked."""
MOST_WORDS: Final = 6
"""Of what is searched for; more would not find anything else."""


class SearchType(StrEnum):
    MERCHANT = "merchant"
    CONTACT = "contact"
    TICKET = "ticket"
    WANT = "want"
    CAMPAIGN = "campaign"
    TEMPLATE = "template"


class SearchMatch(StrEnum):
    """How something was found, the best first: it has this id, number, address or domain; its address or domain begins
    like this; it has words that begin like these."""

    EXACT = "exact"
    BEGINS = "begins"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for, as the sources need it. `number` is that of a ticket, with or without its sign."""

    text: str
    app_ids: Sequence[str]

    @property
    def key(self) -> str:
        return key_of_email(self.text)

    @property
    def identity(self) -> ObjectId | None:
        return object_id(self.key)

    @property
    def number(self) -> int | None:
        digits = self.text.strip().removeprefix("#")
        return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None


@dataclass(frozen=True, slots=True)
class Found:
    """`subject` is the document that was found, or what stands for it."""

    type: SearchType
    match: SearchMatch
    title: str
    subject: Any


@dataclass(frozen=True, slots=True)
class Searched:
    """One kind of documents.

    `exact` are the queries by which exactly this is found, each served by an index. `key` is the lower-cased field that
    an index begins with and that people know by heart, where there is one. `words` is the field with the words, `read`
    makes them of what is searched for. `shown_by` is the operation that lists these documents: who may call it finds
    them here. Where there may be one document per app of the same thing, `same` is what they have in common.
    """

    finds: SearchType
    document: type[Stored]
    shown_by: Callable[..., Any]
    title: Callable[[Any], str]
    exact: Callable[[Asked], Sequence[Filter]]
    key: str | None = None
    words: str = "searchWords"
    read: Callable[[str], Sequence[str]] = words_of
    only: Filter = field(default_factory=dict)
    same: str | None = None
    as_shown: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]] | None = None
    """What is shown for documents, in their order."""

    def is_open_to(self, actor: Actor) -> bool:
        return access_of(self.shown_by).lets_in(actor)

    async def find(self, asked: Asked, most: int) -> Sequence[Found]:
        """The best first."""
        reach = most * max(1, len(asked.app_ids)) if self.same else most
        matches: dict[PydanticObjectId, SearchMatch] = {}
        for match, find in (
            (SearchMatch.EXACT, self._exactly),
            (SearchMatch.BEGINS, self._beginning),
            (SearchMatch.WORDS, self._with_words),
        ):
            if len(matches) < reach:
                for identity in await find(asked, reach):
                    matches.setdefault(identity, match)
        found = (await self._documents(list(matches)))[:most]
        shown = await self.as_shown(found) if self.as_shown else found
        return [
            Found(self.finds, matches[document.id], self.title(subject), subject)
            for document, subject in zip(found, shown, strict=True)
        ]

    async def _documents(self, ids: Sequence[PydanticObjectId]) -> Sequence[Any]:
        """In the order of the ids, and one of those that are about the same."""
        documents: dict[Any, Any] = {one.id: one for one in await self.document.find({"_id": {"$in": ids}}).to_list()}
        in_order = [documents[identity] for identity in ids if identity in documents]
        if self.same is None:
            return in_order
        first_of_each: dict[Any, Any] = {}
        for document in in_order:
            first_of_each.setdefault(getattr(document, self.same), document)
        return list(first_of_each.values())

    async def _exactly(self, asked: Asked, most: int) -> Sequence[PydanticObjectId]:
        queries = self.exact(asked)
        return [identity for query in queries for identity in await self._ids([{"$match": query}], most)]

    async def _beginning(self, asked: Asked, most: int) -> Sequence[PydanticObjectId]:
        if self.key is None:
            return []
        return await self._ids([{"$match": {self.key: _beginning_with(asked.key)}}, {"$sort": {self.key: 1}}], most)

    async def _with_words(self, asked: Asked, most: int) -> Sequence[PydanticObjectId]:
        """By the order of the index: what has the very word comes before what has a longer one."""
        words = self.read(asked.text)[:MOST_WORDS]
        if not words:
            return []
        rarest, *others = await self._the_rarest_first(words)
        stages: list[dict[str, Any]] = [{"$match": {self.words: _beginning_with(rarest)}}]
        if others:
            stages.append({"$limit": LOOKED_AT})
            stages += [{"$match": {self.words: _beginning_with(word)}} for word in others]
        return await self._ids(stages, most)

    async def _the_rarest_first(self, words: Sequence[str]) -> Sequence[str]:
        if len(words) == 1:
            return words
        counts = {
            word: await self.document.find({self.words: _beginning_with(word)}).limit(LOOKED_AT).count()
            for word in words
        }
        return sorted(words, key=lambda word: counts[word])

    async def _ids(self, stages: Sequence[Mapping[str, Any]], most: int) -> Sequence[PydanticObjectId]:
        first, *others = stages
        whole = [{"$match": {**first["$match"], **self.only}}, *others, {"$limit": most}, {"$project": {"_id": 1}}]
        cursor = await self.document.get_pymongo_collection().aggregate(whole)
        return [PydanticObjectId(row["_id"]) for row in await cursor.to_list()]


def _beginning_with(text: str) -> Filter:
    return {"$regex": f"^{re.escape(text)}"}
