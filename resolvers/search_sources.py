"""What is searched, and how each of it is found: by indexes alone, and never by more than so many steps."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

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
    PROSPECT = "prospect"
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
    def is_one_word(self) -> bool:
        """Ids, numbers, addresses and domains are."""
        return " " not in self.key

    @property
    def is_address(self) -> bool:
        """Of mail, or the beginning of one: its parts say nothing by themselves."""
        return "@" in self.key and self.is_one_word

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
        matches: dict[Any, tuple[SearchMatch, Any]] = {}

        def add(match: SearchMatch, documents: Sequence[Any]) -> None:
            for document in documents:
                matches.setdefault(getattr(document, self.same or "id"), (match, document))

        exact, beginning = await asyncio.gather(self._exactly(asked, reach), self._beginning(asked, reach))
        add(SearchMatch.EXACT, exact)
        add(SearchMatch.BEGINS, beginning)
        if len(matches) < most:
            add(SearchMatch.WORDS, await self._with_words(asked, reach))
        found = list(matches.values())[:most]
        documents = [document for _, document in found]
        shown = await self.as_shown(documents) if self.as_shown else documents
        return [
            Found(self.finds, match, self.title(subject), subject)
            for (match, _), subject in zip(found, shown, strict=True)
        ]

    async def _exactly(self, asked: Asked, most: int) -> Sequence[Any]:
        """The newest first: one address may have asked a lot."""
        queries = self.exact(asked) if asked.is_one_word else []
        if not queries:
            return []
        query = queries[0] if len(queries) == 1 else {"$or": list(queries)}
        return await self.document.find({**query, **self.only}).sort("-_id").limit(most).to_list()

    async def _beginning(self, asked: Asked, most: int) -> Sequence[Any]:
        if self.key is None or not asked.is_one_word:
            return []
        query = {self.key: _beginning_with(asked.key), **self.only}
        return await self.document.find(query).sort(self.key).limit(most).to_list()

    async def _with_words(self, asked: Asked, most: int) -> Sequence[Any]:
        """By the order of the index: what has the very word comes before what has a longer one."""
        words = [] if asked.is_address else self.read(asked.text)[:MOST_WORDS]
        if not words:
            return []
        rarest, *others = await self._the_rarest_first(words)
        stages: list[dict[str, Any]] = [{"$match": {self.words: _beginning_with(rarest), **self.only}}]
        if others:
            stages.append({"$limit": LOOKED_AT})
            stages.append({"$match": {"$and": [{self.words: _beginning_with(word)} for word in others]}})
        return await self.document.aggregate([*stages, {"$limit": most}], projection_model=self.document).to_list()

    async def _the_rarest_first(self, words: Sequence[str]) -> Sequence[str]:
        if len(words) == 1:
            return words
        having = [self.document.find({self.words: _beginning_with(word)}).limit(LOOKED_AT) for word in words]
        counts = dict(zip(words, await asyncio.gather(*(one.count() for one in having)), strict=True))
        return sorted(words, key=lambda word: counts[word])


def _beginning_with(text: str) -> Filter:
    return {"$regex": f"^{re.escape(text)}"}
