"""What a batch of an import is to write: looked up for all rows at once, decided row by row.

Documents are built as they are stored, from one example of each kind: building each by Pydantic takes longer than the
database needs to store them. A test compares them with what is made one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from beanie.odm.utils.dump import get_dict
from bson import ObjectId
from pymongo import UpdateOne

from core import clock
from core.actor import Actor
from core.ids import derived_id
from core.words import words_of
from models.apps import App
from models.base import Record, touched
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact, LegalBasis
from models.deliveries import Refusal
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.contact_writes import searchable
from resolvers.import_rows import IMPORT
from resolvers.sending import SENTENCES, verdict_on
from resolvers.subscriber_rows import Row
from resolvers.subscriber_writes import search_text_of
from resolvers.suppressions import suppressions_of

NEWSLETTER: Final = ConsentCategory.NEWSLETTER
STATE: Final = "consents.newsletter.state"
OPTED_IN: Final = ConsentState.OPTED_IN.value

Stored = dict[str, Any]
"""A document as the database has it."""

REFUSED_BY_STATUS: Final = {
    SubscriberStatus.UNSUBSCRIBED.value: Refusal.NOT_SUBSCRIBED,
    SubscriberStatus.BOUNCED.value: Refusal.HARD_BOUNCE,
    SubscriberStatus.COMPLAINED.value: Refusal.COMPLAINT,
    SubscriberStatus.PENDING.value: Refusal.CONFIRMATION_PENDING,
}
REFUSED_BY_CONSENT: Final = {
    ConsentState.OPTED_OUT.value: Refusal.OPTED_OUT,
    ConsentState.PENDING.value: Refusal.CONFIRMATION_PENDING,
}
WITHOUT_CONSENT: Final = frozenset({Refusal.NO_CONSENT, Refusal.APP_INACTIVE})
"""What keeps mail from somebody, and does not keep them from being subscribers."""


class Became(Enum):
    IMPORTED = auto()
    UPDATED = auto()
    UNCHANGED = auto()
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    row: Row
    became: Became
    has_consent: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What there was before, by the address's key."""

    contacts: Mapping[str, Stored]
    subscribers: Mapping[str, Stored]
    refusals: Mapping[str, Refusal]


@dataclass(slots=True)
class Plan:
    """What is to be written, by key. `first_entries` begin the ledgers of new contacts, `entries` are of others;
    `learning` are rows that know more of a contact than is stored."""

    rows: dict[str, Row] = field(default_factory=dict)
    new_contacts: dict[str, Stored] = field(default_factory=dict)
    new_subscribers: dict[str, Stored] = field(default_factory=dict)
    updates: dict[str, UpdateOne] = field(default_factory=dict)
    contact_ids: dict[str, ObjectId] = field(default_factory=dict)
    learning: dict[str, Row] = field(default_factory=dict)
    first_entries: dict[str, Stored] = field(default_factory=dict)
    entries: dict[str, Stored] = field(default_factory=dict)

    def drop(self, keys: Iterable[str]) -> list[Row]:
        """Takes rows out: somebody else wrote them meanwhile, and they are to be looked at again."""
        parts: list[dict[str, Any]] = [
            self.new_contacts, self.new_subscribers, self.updates, self.contact_ids, self.learning,
            self.first_entries, self.entries,
        ]  # fmt: skip
        dropped = list(keys)
        for key, part in ((key, part) for key in dropped for part in parts):
            part.pop(key, None)
        return [self.rows.pop(key) for key in dropped]


class Planner:
    """For rows of one app's file."""

    def __init__(self, app: App, by: Actor) -> None:
        self._app = app
        self._now = clock.now()
        """From before anything was read: an opt-out that comes meanwhile is newer."""
        example = {"email": "", "email_key": "", "created_at": self._now, "updated_at": self._now}
        self._contact = _stored(Contact(**example))
        self._subscriber = _stored(
            Subscriber(
                app_id=app.id,
                contact_id=ObjectId(),
                status=SubscriberStatus.ACTIVE,
                subscribed_at=self._now,
                **example,
            )
        )
        self._entry = _stored(
            ConsentEntry(
                contact_id=ObjectId(),
                category=NEWSLETTER,
                state=ConsentState.OPTED_IN,
                at=self._now,
                legal_basis=LegalBasis.CONSENT,
                source=IMPORT,
                recorded_by=by.label,
                created_at=self._now,
                updated_at=self._now,
            )
        )

    async def plan(self, rows: Sequence[Row]) -> tuple[Plan, Known, list[Outcome]]:
        """What is to be written, what was there before, and what became of the rows that are left out."""
        known = await _known(self._app, rows)
        plan, skipped = Plan(), []
        for row in rows:
            contact, subscriber = known.contacts.get(row.key), known.subscribers.get(row.key)
            refusal = known.refusals.get(row.key) or _refusal(contact, subscriber)
            if refusal is not None:
                skipped.append(Outcome(row, Became.SKIPPED, reason=SENTENCES[refusal]))
                continue
            plan.rows[row.key] = row
            if contact is None:
                contact = plan.new_contacts[row.key] = self._new_contact(row)
            elif (row.name and not contact["name"]) or (row.language and not contact["language"]):
                plan.learning[row.key] = row
            plan.contact_ids[row.key] = contact["_id"]
            if subscriber is None:
                plan.new_subscribers[row.key] = self._new_subscriber(row, contact["_id"])
            elif update := _update(subscriber, row):
                plan.updates[row.key] = update
            if row.consent and row.key in plan.new_contacts:
                plan.first_entries[row.key] = self.entry_for(row, contact["_id"], row.key)
            elif row.consent and contact["consents"]["newsletter"]["state"] != OPTED_IN:
                plan.entries[row.key] = self.entry_for(row, contact["_id"], contact["_id"])
        return plan, known, skipped

    def _new_contact(self, row: Row) -> Stored:
        return {
            **self._contact,
            "_id": ObjectId(),
            "email": row.email,
            "emailKey": row.key,
            "name": row.name,
            "language": row.language,
            "searchText": searchable(row.email, row.name),
            "searchWords": words_of(row.email, row.name),
        }

    def _new_subscriber(self, row: Row, contact_id: ObjectId) -> Stored:
        return {
            **self._subscriber,
            "_id": ObjectId(),
            "contactId": contact_id,
            "email": row.email,
            "emailKey": row.key,
            "name": row.name,
            "language": row.language,
            "referralUrl": row.referral_url,
            "source": row.source,
            "tags": row.tags,
            "consentText": row.consent_text,
            "searchText": search_text_of(row.email, row.name),
        }

    def entry_for(self, row: Row, contact_id: ObjectId, person: ObjectId | str) -> Stored:
        """Its id follows from what the row says of whom: the same row again adds no second one."""
        said = f"{IMPORT}:{person}:{row.consented_at}:{row.consent_text}"
        return {
            **self._entry,
            "_id": derived_id(said),
            "contactId": contact_id,
            "at": row.consented_at or self._now,
            "text": row.consent_text,
        }


def _stored(document: Record) -> Stored:
    stored: Stored = get_dict(document, to_db=True, keep_nulls=True)
    return stored


async def _known(app: App, rows: Sequence[Row]) -> Known:
    keys = [row.key for row in rows]
    shown = {"emailKey": 1, "name": 1, "language": 1, STATE: 1, "optedOutAt": 1}
    contacts = Contact.get_pymongo_collection().find({"emailKey": {"$in": keys}}, shown)
    member = {"emailKey": 1, "name": 1, "language": 1, "referralUrl": 1, "tags": 1, "status": 1, "email": 1}
    subscribers = Subscriber.get_pymongo_collection().find({"appId": app.id, "emailKey": {"$in": keys}}, member)
    return Known(
        {contact["emailKey"]: contact async for contact in contacts},
        {subscriber["emailKey"]: subscriber async for subscriber in subscribers},
        await _refusals(keys),
    )


async def _refusals(keys: Sequence[str]) -> dict[str, Refusal]:
    """Of the addresses that are suppressed. Whether a suppression holds is not decided here."""
    suppressed = {key: found for key, found in (await suppressions_of(keys)).items() if found}
    if not suppressed:
        return {}
    people = {one.email_key: one for one in await Contact.find({"emailKey": {"$in": list(suppressed)}}).to_list()}
    verdicts = {key: verdict_on(people.get(key), found, NEWSLETTER, None) for key, found in suppressed.items()}
    return {
        key: verdict.refusal
        for key, verdict in verdicts.items()
        if verdict.refusal is not None and verdict.refusal not in WITHOUT_CONSENT
    }


def _refusal(contact: Stored | None, subscriber: Stored | None) -> Refusal | None:
    """Why somebody is not taken in: they said no, or have not said yes yet where they were asked."""
    if contact is not None and contact.get("optedOutAt") is not None:
        return Refusal.GLOBAL_OPT_OUT
    by_consent = REFUSED_BY_CONSENT.get(contact["consents"]["newsletter"]["state"]) if contact else None
    return by_consent or (REFUSED_BY_STATUS.get(subscriber["status"]) if subscriber else None)


def _update(subscriber: Stored, row: Row) -> UpdateOne | None:
    """What the row knows of a subscriber that is not stored."""
    given = {"name": row.name, "language": row.language, "referralUrl": row.referral_url}
    changes = {name: value for name, value in given.items() if value and value != subscriber[name]}
    tags = [tag for tag in row.tags if tag not in subscriber["tags"]]
    if not changes and not tags:
        return None
    if "name" in changes:
        changes["searchText"] = search_text_of(subscriber["email"], row.name)
    return UpdateOne({"_id": subscriber["_id"]}, touched(changes) | {"$addToSet": {"tags": {"$each": tags}}})


def outcome_of(row: Row, plan: Plan, known: Known) -> Outcome:
    contact = known.contacts.get(row.key)
    agreed = contact is not None and contact["consents"]["newsletter"]["state"] == OPTED_IN
    if row.key in plan.new_subscribers:
        became = Became.IMPORTED
    elif row.key in plan.updates or row.key in plan.entries or row.key in plan.learning:
        became = Became.UPDATED
    else:
        became = Became.UNCHANGED
    return Outcome(row, became, has_consent=agreed or row.key in plan.entries or row.key in plan.first_entries)
