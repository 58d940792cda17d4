"""How a person is found in a collection, shown what is there of them, and taken out of it: a batch at a time, because
somebody who was written to for years is in tens of thousands of documents."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId

from core.addresses import digests_of_email
from core.mongo import Filter
from core.runtime import runtime
from models.base import Record, touched
from models.contacts import Contact
from models.deliveries import Delivery
from models.shops import Shop

BATCH: Final = 500
"""Documents that are in memory at a time, and changed with one update."""

ERASED: Final = "[…]"
"""What stands in a text for what was taken out of it."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to look for. `names` are what they are called, in lower case; `app_ids` and `domains` their shops';
    `earlier_mail` are the ids of what they were sent before they were a contact."""

    contact: Contact
    digests: Sequence[str]
    names: frozenset[str]
    app_ids: frozenset[str]
    domains: frozenset[str]
    earlier_mail: Sequence[ObjectId] = ()

    def is_in(self, text: str) -> bool:
        """Whether a text is the person's name, or has their address somewhere."""
        return self.contact.email_key in text.casefold() or text.casefold() in self.names


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The newest of what a collection has about a person, and how much there is."""

    name: str
    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A collection that holds people: how to find a person's documents by index and, where that is not enough, to tell
    them from others; what the person gets to see of them (by attribute name); how the person is taken out of them; and,
    where there are some that they do not get to see, which they do."""

    document: type[Record]
    find: Callable[[Person], Filter]
    shown: frozenset[str]
    erase: Callable[["Holding", Person], Awaitable[int]]
    concerns: Callable[[Any, Person], bool] | None = None
    discloses: Callable[[Any, Person], bool] | None = None

    @property
    def name(self) -> str:
        return str(self.document.get_collection_name())

    async def count(self, person: Person) -> int:
        """How many documents have to be looked at."""
        return await self.document.find(self.find(person)).count()

    async def batches(self, person: Person) -> AsyncIterator[list[Any]]:
        """The person's documents."""
        batch: list[Any] = []
        async for document in self.document.find(self.find(person), batch_size=BATCH):
            if self.concerns is None or self.concerns(document, person):
                batch.append(document)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def rows(self, person: Person) -> AsyncIterator[Row]:
        """What the person gets to see, as JSON."""
        async for batch in self.batches(person):
            for document in batch:
                if self._is_shown(document, person):
                    yield self._row(document)

    async def excerpt(self, person: Person, most: int) -> Excerpt:
        """The newest rows; where documents have to be told from others, all are looked at, to count them."""
        newest, total = self.document.find(self.find(person)).sort("-createdAt", "-_id"), 0
        if self.concerns is None and self.discloses is None:
            rows = [self._row(document) async for document in newest.limit(most)]
            return Excerpt(self.name, rows, await self.count(person) if len(rows) == most else len(rows))
        rows = []
        async for document in newest:
            if self._is_shown(document, person) and (self.concerns is None or self.concerns(document, person)):
                total += 1
                if total <= most:
                    rows.append(self._row(document))
        return Excerpt(self.name, rows, total)

    def _is_shown(self, document: Any, person: Person) -> bool:
        return self.discloses is None or self.discloses(document, person)

    def _row(self, document: Any) -> Row:
        row: Row = document.model_dump(mode="json", by_alias=True, include=self.shown)
        return row


async def person_behind(contact: Contact) -> Person:
    shops = await Shop.find({"emailKey": contact.email_key}).to_list()
    names = {contact.name, *(shop.owner or "" for shop in shops)} - {""}
    digests = digests_of_email(runtime().settings, contact.email_key)
    return Person(
        contact,
        digests,
        frozenset(name.casefold() for name in names),
        frozenset([*contact.apps, *(shop.app_id for shop in shops)]),
        frozenset([*(shop.domain for shop in contact.shops), *(shop.domain for shop in shops)]),
        [row["_id"] async for row in Delivery.get_pymongo_collection().find(sent_to_stranger(digests), {"_id": 1})],
    )


async def deleting(holding: Holding, person: Person) -> int:
    """Takes a person out of a collection together with the documents, which are of no use without them."""
    count = 0
    async for batch in holding.batches(person):
        await holding.document.find({"_id": {"$in": [document.id for document in batch]}}).delete()
        count += len(batch)
    return count


def without_traces(text: str, traces: Iterable[str]) -> str:
    """A text without addresses and full names; a name of one word may be any word."""
    found = [trace for trace in traces if "@" in trace or " " in trace]
    return re.sub("|".join(map(re.escape, found)), ERASED, text, flags=re.IGNORECASE) if found else text


def sent_to_stranger(digests: Sequence[str]) -> Filter:
    """Matches mail to an address that was no contact's then."""
    return {"addressDigest": {"$in": [*digests], "$type": "string"}}


def overwriting(values: Callable[[Person], Mapping[str, Any]]) -> Callable[[Holding, Person], Awaitable[int]]:
    """Takes a person out of documents by other values in some fields, by stored name."""

    async def erase(holding: Holding, person: Person) -> int:
        count = 0
        async for batch in holding.batches(person):
            named = {"_id": {"$in": [document.id for document in batch]}}
            await holding.document.find(named).update(touched(dict(values(person))))
            count += len(batch)
        return count

    return erase
