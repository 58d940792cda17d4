"""Taking in subscribers from a file.

What a batch writes, it writes in an order in which it can be cut off anywhere, and done again: people, their
membership, what they agreed to, what follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from resolvers.apps import visible_app
from resolvers.consent import FAST_CLOCK
from resolvers.import_files import Rows
from resolvers.imports import ERRORS_SHOWN, RowsImport, take_in_rows
from resolvers.subscriber_batches import take_in
from resolvers.subscriber_plans import Became, Outcome
from resolvers.subscriber_rows import SPELLINGS, Row, row_of

MOST_ROWS: Final = 100_000


class SubscribersImport(RowsImport):
    """Either the text of a CSV file, or rows (`SubscriberRow`), each of which is taken in or left out by itself."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was left out. `email` is None where it could not be told."""

    row: int
    email: str | None
    reason: str


@dataclass(slots=True)
class ImportOutcome:
    """`imported` are new subscribers, `updated` those of whom the file knew more, `unchanged` those of whom it knew
    nothing new; `skipped` rows were left out, the first thousand of them with the reason in `errors`. Of those in,
    `without_consent` get no newsletter: nobody said that they agreed to it."""

    total: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    without_consent: int = 0
    errors: list[RowError] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)

    def refuse(self, number: int, email: str | None, reason: str) -> None:
        self.skipped += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(RowError(number, email, reason))

    def repeat(self, number: int, email: str, first: int) -> None:
        self.refuse(number, email, f"is the same address as in row {first}")

    def count(self, outcome: Outcome) -> None:
        row = outcome.row
        match outcome.became:
            case Became.IMPORTED:
                self.imported += 1
            case Became.UPDATED:
                self.updated += 1
            case Became.UNCHANGED:
                self.unchanged += 1
            case Became.SKIPPED:
                self.refuse(row.number, row.email, outcome.reason)
        self.without_consent += outcome.became is not Became.SKIPPED and not outcome.has_consent


@allow(MARKETING)
async def import_subscribers(actor: Actor, app_id: str, source: SubscribersImport | Rows) -> ImportOutcome:
    """Takes in an app's subscribers. Who said no, or can't be written to, is left out, and so is what is not valid,
    each with the reason. Importing the same again changes nothing, so what was cut off half-way is simply repeated.

    Raises `InvalidInput` for a file that can't be read, before anything is taken in.
    """
    app = await visible_app(actor, app_id)
    rows = source.numbered(SPELLINGS) if isinstance(source, SubscribersImport) else source
    outcome = ImportOutcome(ignored_columns=list(getattr(rows, "ignored", ())))
    latest = clock.now() + FAST_CLOCK

    def read(number: int, values: Mapping[str, Any]) -> Row | str:
        row = row_of(number, values)
        is_ahead = isinstance(row, Row) and row.consented_at is not None and row.consented_at > latest
        return "consentedAt: must not be in the future" if is_ahead else row

    async def work(batch: Sequence[Row]) -> None:
        for one in await take_in(app, batch, by=actor):
            outcome.count(one)

    await take_in_rows(rows, MOST_ROWS, read, outcome, work)
    outcome.errors.sort(key=lambda error: error.row)
    return outcome
