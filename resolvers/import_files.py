"""Files with rows of people, read from their beginning as often as asked, a piece at a time: however large they
are, little of them is in memory.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from core.errors import InvalidInput

RawRow = tuple[int, Mapping[str, Any] | str]
"""Where a row stands in its file, and its values by name, or what is wrong with it."""
Rows = Iterable[RawRow]

CSV: Final = "text/csv"
JSON: Final = "application/json"
DELIMITERS: Final = ",;\t"
LONGEST_ROW: Final = 131_072
"""Characters; a field of a CSV file has no more either."""
PIECE: Final = 65_536
SPACE: Final = re.compile(r"[ \t\r\n]*")


def by_spelling(columns: Iterable[str]) -> Mapping[str, str]:
    """The columns by what is left of a header in lower case without spaces, hyphens and underscores."""
    return {name.lower(): name for name in columns} | {"emailaddress": "email"}


class CsvRows:
    """A file of comma-separated values (RFC 4180), or separated by semicolons or tabs: the first row, which counts as
    row 1, names the columns, which are known by their spellings. Reading raises `InvalidInput` where the file as a
    whole is not valid."""

    def __init__(self, file: BinaryIO, known: Mapping[str, str]) -> None:
        self._file = file
        with self._lines() as lines:
            self._delimiter = _delimiter_of(next(lines, ""))
        with self._records() as records:
            header = next(records, [])
        names = [known.get(re.sub(r"[ _-]", "", name.lower())) for name in header]
        self.ignored = [name for name, column in zip(header, names, strict=True) if column is None]
        self._names: Sequence[str | None] = names
        twice = [name for name, times in Counter(filter(None, names)).items() if times > 1]
        if twice:
            raise InvalidInput(f"There are two columns for {twice[0]}", twice[0])
        if "email" not in names:
            raise InvalidInput("The first row must name the columns, and email has to be one of them", "email")

    def __iter__(self) -> Iterator[RawRow]:
        with self._records() as records:
            next(records, None)
            for number, record in enumerate(records, start=2):
                if any(record):
                    yield number, self._values(record)

    def _values(self, record: Sequence[str]) -> Mapping[str, str] | str:
        if len(record) > len(self._names):
            return "has more fields than the first row has columns"
        found = zip(self._names, record, strict=False)
        return {name: value for name, text in found if name is not None and (value := text.strip())}

    @contextmanager
    def _records(self) -> Iterator[Iterator[list[str]]]:
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            try:
                yield reader
            except csv.Error as error:
                raise InvalidInput(f"The file can't be read after line {reader.line_num}: {error}") from None

    @contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        with _text_of(self._file) as text:
            yield _short_lines(text)


class JsonRows:
    """`{"subscribers": [{"email": …}, …]}`, where `name` is the list's, rows counted from 1. Reading raises
    `InvalidInput` where the file as a whole is not valid."""

    ignored: Sequence[str] = ()

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name

    def __iter__(self) -> Iterator[RawRow]:
        with _text_of(self._file) as text:
            reader = _JsonReader(text)
            reader.expect("{", "The body must be a JSON object")
            if (name := reader.value()) != self._name:
                raise InvalidInput(f"{str(name)[:60]}: is not a known field; {self._name} is", self._name)
            reader.expect(":", "The body is not valid JSON")
            reader.expect("[", f"{self._name}: must be a list of objects")
            for number, item in enumerate(reader.items(self._name), start=1):
                yield number, item if isinstance(item, dict) else "must be an object"
            if reader.accepts(","):
                raise InvalidInput(f"{str(reader.value())[:60]}: is not a known field")
            reader.expect("}", "The body is not valid JSON")
            reader.expect("", "The body is not valid JSON: there is more after its end")


class _JsonReader:
    """JSON from a text, a value at a time."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._buffer = ""
        self._place = 0
        self._decode = json.JSONDecoder().raw_decode

    def items(self, name: str) -> Iterator[Any]:
        """Of a list that was begun, through its end."""
        if self.accepts("]"):
            return
        while True:
            yield self.value()
            if self.accepts("]"):
                return
            self.expect(",", f"{name}: is not a valid list")

    def value(self) -> Any:
        """What is next; a value that is cut off by the end of the buffer is read again with more of it."""
        self._skip_space()
        while True:
            try:
                value, end = self._decode(self._buffer, self._place)
            except (ValueError, RecursionError) as error:
                if len(self._buffer) - self._place > LONGEST_ROW or not self._read():
                    raise InvalidInput(f"The body is not valid JSON: {_reason(error)}") from None
                continue
            self._place = end
            return value

    def accepts(self, character: str) -> bool:
        self._skip_space()
        found = self._buffer[self._place : self._place + 1] == character
        self._place += found
        return found

    def expect(self, character: str, sentence: str) -> None:
        """Nothing (the end of the text) is the empty text."""
        if not self.accepts(character):
            raise InvalidInput(sentence)

    def _skip_space(self) -> None:
        while True:
            match = SPACE.match(self._buffer, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._buffer) or not self._read():
                return

    def _read(self) -> bool:
        """False at the end of the text."""
        piece = self._text.read(PIECE)
        self._buffer = self._buffer[self._place :] + piece
        self._place = 0
        return piece != ""


def _short_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW + 1):
        if len(line) > LONGEST_ROW:
            raise InvalidInput(f"A line of the file has more than {LONGEST_ROW:,} characters")
        yield line


def _delimiter_of(header: str) -> str:
    """The one that is in the first line most often."""
    return max(DELIMITERS, key=header.count)


@contextmanager
def _text_of(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    """UTF-8, with or without a byte order mark, from the beginning."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The file is not in UTF-8: {error.object[error.start : error.end]!r} can't be read. Save it as UTF-8"
        ) from None
    finally:
        text.detach()


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "its values are nested too deeply, or too long"
