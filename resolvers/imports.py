"""Taking in people from a file, many with each round trip.

Batches are independent of each other: a row's address occurs in one of them alone. What is done with a batch is done in
an order in which it can be cut off anywhere, and done again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import Annotated, Any, Final, Protocol, Self, TypeVar

from pydantic import Field, model_validator

from core.errors import InvalidInput
from core.inputs import Input
from resolvers.import_files import CsvRows, RawRow, Rows

BATCH: Final = 500
PIECE: Final = 50
"""Rows that are read in one go: less than a millisecond."""
AT_ONCE: Final = 2
"""Batches under way: while the database works for one, the next is read."""
MOST_ROWS_IN_MEMORY: Final = 1_000
ERRORS_SHOWN: Final = 1_000


class RowsImport(Input):
    """Either the text of a CSV file, or rows, each of which is taken in or left out by itself."""

    csv: Annotated[str, Field(max_length=1_000_000)] | None = None
    rows: Annotated[list[dict[str, Any]], Field(max_length=MOST_ROWS_IN_MEMORY)] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.csv is None) == (self.rows is None):
            raise ValueError("Give either csv or rows")
        return self

    def numbered(self, columns: Mapping[str, str]) -> Rows:
        """The rows as those of a file, whose columns are known by their spellings."""
        if self.csv is not None:
            return CsvRows(BytesIO(self.csv.encode()), columns)
        return list(enumerate(self.rows or (), start=1))


class Numbered(Protocol):
    """A row that is valid. `number` is where it stands in the file, `key` the address without regard to case."""

    @property
    def number(self) -> int: ...

    @property
    def key(self) -> str: ...

    @property
    def email(self) -> str: ...


class Tally(Protocol):
    """Counts what becomes of the rows. Left out are those that are not valid (`email` is None where it can't be told)
    and those that repeat the address of an earlier one."""

    total: int

    def refuse(self, number: int, email: str | None, reason: str) -> None: ...

    def repeat(self, number: int, email: str, first: int) -> None: ...


R = TypeVar("R", bound=Numbered)
Read = Callable[[int, Mapping[str, Any]], R | str]
"""The row, or what is wrong with it."""


async def take_in_rows(
    rows: Rows, most: int, read: Read[R], tally: Tally, take_in: Callable[[Sequence[R]], Awaitable[None]]
) -> None:
    """Takes in the rows that are valid, in batches.

    Raises `InvalidInput` for a file that can't be read, or has more rows than `most`, before anything is taken in.
    """
    await asyncio.to_thread(_check, rows, most)
    valid = _valid_rows(rows, read, tally)

    async def work() -> None:
        while batch := await _next_batch(valid):
            await take_in(batch)

    async with asyncio.TaskGroup() as workers:
        for _ in range(AT_ONCE):
            workers.create_task(work())


def _check(rows: Rows, most: int) -> None:
    """Reads the whole file, so that it is refused before anything is written."""
    count = sum(1 for _ in rows)
    if count > most:
        raise InvalidInput(f"The file has {count:,} rows: import at most {most:,} at once")


def _valid_rows(rows: Rows, read: Read[R], tally: Tally) -> Iterator[R]:
    """Those that are valid, the first of each address; the others are counted."""
    seen: dict[str, int] = {}
    for number, values in rows:
        tally.total += 1
        row = values if isinstance(values, str) else read(number, values)
        if isinstance(row, str):
            tally.refuse(number, _email_in(values), row)
        elif (first := seen.setdefault(row.key, number)) != number:
            tally.repeat(number, row.email, first)
        else:
            yield row


def _email_in(values: RawRow | Any) -> str | None:
    email = values.get("email") if isinstance(values, dict) else None
    return email[:254] if isinstance(email, str) else None


async def _next_batch(rows: Iterator[R]) -> Sequence[R]:
    """Read piece by piece: whoever else waits for this process has their turn in between."""
    batch: list[R] = []
    while len(batch) < BATCH and (piece := list(islice(rows, min(PIECE, BATCH - len(batch))))):
        batch += piece
        await asyncio.sleep(0)
    return batch
