"""Taking in subscribers from a file, many with each round trip.

Batches are independent of each other: a row's address occurs in one of them alone. What a batch writes, it writes in an
order in which it can be cut off anywhere, and done again: people, their membership, what they agreed to, what follows.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Annotated, Any, Final

from pydantic import Field, model_validator

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Input
from resolvers.apps import visible_app
from resolvers.consent import FAST_CLOCK
from resolvers.subscriber_batches import take_in
from resolvers.subscriber_files import CsvRows, RawRow, Rows
from resolvers.subscriber_plans import Became, Outcome
from resolvers.subscriber_rows import Row, row_of

BATCH: Final = 500
PIECE: Final = 50
"""Rows that are read in one go: less than a millisecond."""
AT_ONCE: Final = 2
"""Batches under way: while the database works for one, the next is read."""
MOST_ROWS: Final = 100_000
MOST_ROWS_IN_MEMORY: Final = 1_000
ERRORS_SHOWN: Final = 1_000


class SubscribersImport(Input):
    """Either the text of a CSV file, or rows (`SubscriberRow`), each of which is taken in or left out by itself."""

    csv: Annotated[str, Field(max_length=1_000_000)] | None = None
    rows: Annotated[list[dict[str, Any]], Field(max_length=MOST_ROWS_IN_MEMORY)] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> "SubscribersImport":
        if (self.csv is None) == (self.rows is None):
            raise ValueError("Give either csv or rows")
        return self


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

    def skip(self, row: int, email: str | None, reason: str) -> None:
        self.skipped += 1
        if len(self.errors) < ERRORS_SHOWN:
            self.errors.append(RowError(row, email, reason))

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
                self.skip(row.number, row.email, outcome.reason)
        self.without_consent += outcome.became is not Became.SKIPPED and not outcome.has_consent


@allow(MARKETING)
async def import_subscribers(actor: Actor, app_id: str, source: SubscribersImport | Rows) -> ImportOutcome:
    """Takes in an app's subscribers. Who said no, or can't be written to, is left out, and so is what is not valid,
    each with the reason. Importing the same again changes nothing, so what was cut off half-way is simply repeated.

    Raises `InvalidInput` for a file that can't be read, before anything is taken in.
    """
    app = await visible_app(actor, app_id)
    rows = _rows_of(source) if isinstance(source, SubscribersImport) else source
    await asyncio.to_thread(_check, rows)
    outcome = ImportOutcome(ignored_columns=list(getattr(rows, "ignored", ())))
    valid = _valid_rows(rows, outcome)

    async def work() -> None:
        while batch := await _next_batch(valid):
            for one in await take_in(app, batch, by=actor):
                outcome.count(one)

    async with asyncio.TaskGroup() as workers:
        for _ in range(AT_ONCE):
            workers.create_task(work())
    outcome.errors.sort(key=lambda error: error.row)
    return outcome


def _rows_of(data: SubscribersImport) -> Rows:
    if data.csv is not None:
        return CsvRows(BytesIO(data.csv.encode()))
    return list(enumerate(data.rows or (), start=1))


def _check(rows: Rows) -> None:
    """Reads the whole file, so that it is refused before anything is written."""
    count = sum(1 for _ in rows)
    if count > MOST_ROWS:
        raise InvalidInput(f"The file has {count:,} rows: import at most {MOST_ROWS:,} at once")


def _valid_rows(rows: Rows, outcome: ImportOutcome) -> Iterator[Row]:
    """Those that are valid, the first of each address; the others are counted as skipped."""
    latest = clock.now() + FAST_CLOCK
    seen: dict[str, int] = {}
    for number, values in rows:
        outcome.total += 1
        row = _read(number, values)
        if isinstance(row, str):
            outcome.skip(number, _email_in(values), row)
        elif row.consented_at is not None and row.consented_at > latest:
            outcome.skip(number, row.email, "consentedAt: must not be in the future")
        elif (first := seen.setdefault(row.key, number)) != number:
            outcome.skip(number, row.email, f"is the same address as in row {first}")
        else:
            yield row


def _read(number: int, values: Any) -> Row | str:
    return values if isinstance(values, str) else row_of(number, values)


def _email_in(values: RawRow | Any) -> str | None:
    email = values.get("email") if isinstance(values, dict) else None
    return email[:254] if isinstance(email, str) else None


async def _next_batch(rows: Iterator[Row]) -> Sequence[Row]:
    """Read piece by piece: whoever else waits for this process has their turn in between."""
    batch: list[Row] = []
    while len(batch) < BATCH and (piece := list(islice(rows, min(PIECE, BATCH - len(batch))))):
        batch += piece
        await asyncio.sleep(0)
    return batch
