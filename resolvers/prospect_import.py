"""Taking in prospects from a file.

They are written to nobody: there is nothing of them but themselves, so a batch is one lookup and one write. Whoever is
a prospect already stays as they are, which makes importing the same again change nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from beanie.odm.utils.dump import get_dict
from bson import ObjectId

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput
from core.mongo import insert_new_stored
from models.contacts import Contact
from models.prospects import Prospect, ProspectStatus
from resolvers.import_files import Rows
from resolvers.imports import ERRORS_SHOWN, RowsImport, take_in_rows
from resolvers.prospect_customers import having_an_app
from resolvers.prospect_opening import Known, add_prospect, standing
from resolvers.prospect_outreach import OUTREACH
from resolvers.prospect_rows import SPELLINGS, Row, row_of
from resolvers.prospect_states import score_key_of, search_text_of, search_words_of
from resolvers.prospect_withdrawals import withdraw_new_prospects
from resolvers.sending import SENTENCES, verdict_on
from resolvers.suppressions import suppressions_of

MOST_ROWS: Final = 50_000

Stored = dict[str, Any]
"""A prospect as the database has it."""


class ProspectsImport(RowsImport):
    """Either the text of a CSV file, or rows (`ProspectRow`), each of which is taken in or left out by itself."""


@dataclass(frozen=True, slots=True)
class ProspectRowError:
    """Why a row was left out. `email` is empty where it could not be told."""

    row: int
    email: str
    error: str


@dataclass(slots=True)
class ProspectsImportOutcome:
    """`skipped` are prospects already, or the same as an earlier row; `failed` were left out, the first thousand of
    them with the reason in `errors`. All of them together are the `total`."""

    total: int = 0
    created: int = 0
    skipped: int = 0
    failed: int = 0
    errors: list[ProspectRowError] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)

    def refuse(self, number: int, email: str | None, reason: str) -> None:
        self.failed += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(ProspectRowError(number, email or "", reason))

    def repeat(self, number: int, email: str, first: int) -> None:
        self.skipped += 1


@allow(MARKETING)
async def import_prospects(actor: Actor, source: ProspectsImport | Rows) -> ProspectsImportOutcome:
    """Takes in prospects. Who can't be written to is left out, and so is what is not valid, each with the reason; who
    is there already stays as they are. Importing the same again changes nothing, so what was cut off half-way is simply
    repeated.

    Raises `InvalidInput` for a file that can't be read, before anything is taken in.
    """
    rows = source.numbered(SPELLINGS) if isinstance(source, ProspectsImport) else source
    outcome = ProspectsImportOutcome(ignored_columns=list(getattr(rows, "ignored", ())))
    batches = _Batches(actor, outcome)
    await take_in_rows(rows, MOST_ROWS, row_of, outcome, batches.take_in)
    outcome.errors.sort(key=lambda error: error.row)
    return outcome


class _Batches:
    """Documents are built as they are stored, from one example: by Pydantic that takes longer than to write them. A
    test compares them with what is made one by one."""

    def __init__(self, by: Actor, outcome: ProspectsImportOutcome) -> None:
        self._by = by
        self._outcome = outcome
        self._now = clock.now()
        self._example = _stored(self._prospect({"email": "", "email_key": ""}))

    async def take_in(self, rows: Sequence[Row]) -> None:
        """No two have the same address."""
        keys = [row.key for row in rows]
        known = {one["emailKey"] async for one in Prospect.get_pymongo_collection().find(_at(keys), {"emailKey": 1})}
        contacts = {contact.email_key: contact for contact in await Contact.find(_at(keys)).to_list()}
        suppressions = await suppressions_of(keys)
        installed = await having_an_app([row.shop_domain for row in rows if row.shop_domain])
        fresh: list[Stored] = []
        for row in rows:
            contact = contacts.get(row.key)
            refusal = verdict_on(contact, suppressions[row.key], OUTREACH, None).refusal
            if row.key in known:
                self._outcome.skipped += 1
            elif row.status is ProspectStatus.DO_NOT_CONTACT:
                await self._add(row)
            elif refusal is not None:
                self._outcome.refuse(row.number, row.email, SENTENCES[refusal])
            else:
                fresh.append(self._fresh(row, contact, has_app=row.shop_domain in installed))
        created = sum(await insert_new_stored(Prospect, fresh))
        self._outcome.created += created
        self._outcome.skipped += len(fresh) - created
        await withdraw_new_prospects([prospect["emailKey"] for prospect in fresh])

    async def _add(self, row: Row) -> None:
        """One of whom the ledger has to know: rare enough to be done one by one."""
        try:
            await add_prospect(self._prospect(row.fields | {"email_key": row.key}), row.status, self._by)
        except Conflict:
            self._outcome.skipped += 1
        except InvalidInput as error:
            self._outcome.refuse(row.number, row.email, error.message)
        else:
            self._outcome.created += 1

    def _fresh(self, row: Row, contact: Contact | None, *, has_app: bool) -> Stored:
        if contact is not None or has_app or row.status is not ProspectStatus.NEW:
            fresh = self._prospect(row.fields | {"email_key": row.key})
            return _stored(standing(fresh, row.status, Known(contact, has_app=has_app), self._by))
        return {
            **self._example,
            "_id": ObjectId(),
            "email": row.email,
            "emailKey": row.key,
            "name": row.name,
            "company": row.company,
            "title": row.title,
            "domain": row.domain,
            "shopDomain": row.shop_domain,
            "country": row.country,
            "language": row.language,
            "source": row.source,
            "tags": row.tags,
            "facts": row.facts,
            "score": row.score,
            "scoreKey": score_key_of(row.score),
            "searchText": search_text_of(row),
            "searchWords": search_words_of(row),
        }

    def _prospect(self, fields: Mapping[str, Any]) -> Prospect:
        times = dict.fromkeys(("created_at", "updated_at", "status_changed_at"), self._now)
        return Prospect(created_by=self._by.label, **times, **fields)


def _at(keys: Sequence[str]) -> dict[str, Any]:
    return {"emailKey": {"$in": list(keys)}}


def _stored(prospect: Prospect) -> Stored:
    stored: Stored = get_dict(prospect, to_db=True, keep_nulls=True)
    return stored
