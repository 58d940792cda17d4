"""Where the entries of a timeline come from, and their one order.

A source gives entries of one kind, which is their name in that order: by time, kind and id, which is different for each
entry. So every source can say by itself which of its entries lie beyond a place, also at the same moment.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from pydantic.alias_generators import to_snake

from core.access import access_of
from core.actor import Actor
from core.errors import InvalidInput
from core.ids import object_id
from core.mongo import Filter, beyond, order_of
from core.pages import Cursor, Sort
from models.base import Record
from models.contacts import Contact
from models.shops import Shop

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What did not happen (yet) is not after it either."""


class TimelineKind(StrEnum):
    """What an entry is about."""

    SHOP_CHANGED = "shop_changed"
    APP_EVENT = "app_event"
    ERROR_MET = "error_met"
    TICKET_CREATED = "ticket_created"
    TICKET_RESOLVED = "ticket_resolved"
    FEEDBACK_GIVEN = "feedback_given"
    WANT_ASKED = "want_asked"
    WANT_VOTED = "want_voted"
    MAIL = "mail"
    MAIL_EVENT = "mail_event"
    MAIL_RECEIVED = "mail_received"
    CONSENT_CHANGED = "consent_changed"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    FIRST_SIGNED_IN = "first_signed_in"
    DATA_EXPORTED = "data_exported"
    ENROLLED = "enrolled"
    SEQUENCE_ENDED = "sequence_ended"
    PROSPECT_CHANGED = "prospect_changed"
    PROSPECT_NOTED = "prospect_noted"
    AGENT_ACTED = "agent_acted"
    AUTOMATION_ENTERED = "automation_entered"
    AUTOMATION_ENDED = "automation_ended"


class Place(NamedTuple):
    """Of an entry in its timeline: they compare as the entries do, the oldest first."""

    at: datetime
    kind: str
    id: str

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, f"{self.kind}:{self.id}")

    @classmethod
    def of(cls, cursor: Cursor, name: str) -> "Place":
        """Raises `InvalidInput` naming the argument that the cursor, of another list, was given as."""
        kind, _, text = str(cursor.id).partition(":")
        if not isinstance(cursor.value, datetime) or kind not in set(TimelineKind) or not text:
            raise InvalidInput(f"{name} is not a cursor of this list", name)
        return cls(cursor.value, kind, text)


@dataclass(frozen=True, slots=True)
class Party:
    """Whose timeline it is: a merchant's (with its people), or one person's, whose shops are those with their
    address."""

    domain: str | None
    shops: Sequence[Shop]
    people: Sequence[Contact]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a timeline: what lies between two places and, from `since` on, before `until`. Of that the `most`
    newest or, `from_its_end`, the oldest."""

    most: int
    older_than: Place | None = None
    newer_than: Place | None = None
    since: datetime | None = None
    until: datetime | None = None
    from_its_end: bool = False

    def has(self, place: Place) -> bool:
        return (
            (self.older_than is None or place < self.older_than)
            and (self.newer_than is None or place > self.newer_than)
            and (self.since is None or place.at >= self.since)
            and (self.until is None or place.at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """`subject` is the document that it is about. `title` is a sentence, for people to read."""

    place: Place
    app_id: str | None
    subject: Any
    title: str = ""

    @property
    def kind(self) -> TimelineKind:
        return TimelineKind(self.place.kind)

    @property
    def id(self) -> str:
        """Unique in all timelines."""
        return f"{self.place.kind}:{self.place.id}"

    @property
    def at(self) -> datetime:
        return self.place.at


Titles = Callable[[Sequence[Any]], Awaitable[Sequence[str]]]
"""A sentence for each of some subjects of a source."""


class Source(Protocol):
    @property
    def kind(self) -> TimelineKind: ...
    @property
    def titles(self) -> Titles: ...
    def is_open_to(self, actor: Actor) -> bool: ...
    async def read(self, party: Party, stretch: Stretch) -> Sequence[Entry]: ...
    async def count(self, party: Party, stretch: Stretch) -> int: ...


@dataclass(frozen=True, slots=True)
class Documents:
    """One entry for each document of a collection, at the time in its field `at`.

    The others are the fields (stored names) that a party's documents are found by: the shop's domain, the id of the
    contact, the lower-cased address. An index begins with each that is named, and goes on with `at` and `_id`.
    `shown_by` is the operation that lists these documents: who may call it sees them here. `only` is what else they
    have to match.
    """

    kind: TimelineKind
    document: type[Record]
    shown_by: Callable[..., Any]
    titles: Titles
    at: str = "createdAt"
    shop: str | None = None
    contact: str | None = None
    address: str | None = None
    only: Filter = field(default_factory=dict)
    as_shown: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]] | None = None
    """Makes of the documents what their readers see."""

    def is_open_to(self, actor: Actor) -> bool:
        return access_of(self.shown_by).lets_in(actor)

    async def read(self, party: Party, stretch: Stretch) -> Sequence[Entry]:
        """At most as many documents as are asked for."""
        query = self._query(party, stretch)
        if query is None:
            return []
        order = order_of(Sort(self.at, descending=True), backward=stretch.from_its_end)
        found: Sequence[Any] = await self.document.find(query).sort(order).limit(stretch.most).to_list()
        return [self._entry(one) for one in (await self.as_shown(found) if self.as_shown else found)]

    async def count(self, party: Party, stretch: Stretch) -> int:
        query = self._query(party, stretch)
        return await self.document.find(query).count() if query is not None else 0

    def _query(self, party: Party, stretch: Stretch) -> Filter | None:
        """None where the source has nothing about such a party."""
        whose = self._of(party)
        if whose is None:
            return None
        within = {"$gte": stretch.since or BEGINNING} | ({"$lt": stretch.until} if stretch.until else {})
        ends = [
            self._beyond(place, older=older)
            for place, older in ((stretch.older_than, True), (stretch.newer_than, False))
            if place is not None
        ]
        query = {**whose, **self.only, self.at: within}
        return {"$and": [query, *ends]} if ends else query

    def _of(self, party: Party) -> Filter | None:
        if party.domain is not None and self.shop:
            return {self.shop: party.domain}
        if self.address and party.domain is None:
            return {self.address: party.people[0].email_key}
        if self.address and not self.shop:
            return {self.address: {"$in": [person.email_key for person in party.people]}}
        if self.contact:
            ids = [person.id for person in party.people]
            return {self.contact: ids[0] if len(ids) == 1 else {"$in": ids}}
        return {self.shop: {"$in": sorted({shop.domain for shop in party.shops})}} if self.shop else None

    def _beyond(self, place: Place, *, older: bool) -> Filter:
        """Of entries at the same moment, those of kinds before the place's are older."""
        if place.kind == self.kind:
            return beyond(Cursor(place.at, object_id(place.id) or place.id), Sort(self.at), descending=older)
        is_older_then = self.kind < place.kind
        loose, strict = ("$lte", "$lt") if older else ("$gte", "$gt")
        return {self.at: {loose if is_older_then is older else strict: place.at}}

    def _entry(self, document: Any) -> Entry:
        at = getattr(document, to_snake(self.at))
        return Entry(Place(at, self.kind.value, str(document.id)), getattr(document, "app_id", None), document)


@dataclass(frozen=True, slots=True)
class Few:
    """A source that reads all that it has of a party, because it can't be much: some per app."""

    kind: TimelineKind
    shown_by: Callable[..., Any]
    titles: Titles
    entries: Callable[[Party], Awaitable[Sequence[Entry]]]

    def is_open_to(self, actor: Actor) -> bool:
        return access_of(self.shown_by).lets_in(actor)

    async def read(self, party: Party, stretch: Stretch) -> Sequence[Entry]:
        found = [entry for entry in await self.entries(party) if stretch.has(entry.place)]
        in_order = sorted(found, key=lambda entry: entry.place, reverse=not stretch.from_its_end)
        return in_order[: stretch.most]

    async def count(self, party: Party, stretch: Stretch) -> int:
        return sum(stretch.has(entry.place) for entry in await self.entries(party))
