"""Rows of an import, read fast where they are plain.

Most are: an address, a name, a few words. Telling that takes a twentieth of the time that Pydantic and email-validator
need; whatever is not plain is left to them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from core.inputs import Input, invalid_input, moment_of

IMPORT: Final = "import"
"""Where people are from, where their row does not say."""
TAG_SEPARATOR: Final = re.compile(r"[|;,]")
PLAIN_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+([A-Za-z]{2,63})"
)
"""Addresses that need no second look: letters, digits and hyphens, and a top-level domain of letters."""
LONGEST_PLAIN: Final = 64
NOBODY: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Top-level domains that are nobody's (RFC 6761)."""
PLAIN_WORD: Final = re.compile(r"[^\W_](?:[\w .,'&()-]*[\w.)])?")
PLAIN_LANGUAGE: Final = re.compile(r"[a-z]{2}(?:-[A-Z]{2})?")
LONGEST_WORD: Final = 60
MOST_PLAIN_TAGS: Final = 20

Readers = Mapping[tuple[str, type], tuple[str, Callable[[Any], Any]]]
"""By the name and the type of a value: the attribute, and what reads it where it is plain."""
_NO_READER: Final[tuple[str, Callable[[Any], Any]]] = ("", lambda value: None)


def read_row(
    model: type[Input], readers: Readers, nothing: Callable[[], dict[str, Any]], values: Mapping[str, Any]
) -> dict[str, Any] | str:
    """What a row says, by attribute name, or what is wrong with it: in any case as the model reads it. `nothing` makes
    what a row says that says nothing."""
    read = nothing()
    for name, value in values.items():
        attribute, read_plain = readers.get((name, type(value)), _NO_READER)
        plain = read_plain(value)
        if plain is None:
            break
        read[attribute] = plain
    else:
        if "email" in read:
            return read
    try:
        return dict(model.model_validate(values))
    except ValidationError as error:
        return invalid_input(error).message


def parts_of(value: Any) -> Any:
    """`tea|cakes` in a file of comma-separated values."""
    if isinstance(value, str):
        return [part for part in map(str.strip, TAG_SEPARATOR.split(value)) if part]
    return value


def plain_address(value: str) -> str | None:
    match = PLAIN_ADDRESS.fullmatch(value) if len(value) <= LONGEST_PLAIN else None
    if match is None or match[1].lower() in NOBODY:
        return None
    local, _, domain = value.partition("@")
    return f"{local}@{domain.lower()}"


def plain_word(value: str) -> str | None:
    return value if len(value) <= LONGEST_WORD and PLAIN_WORD.fullmatch(value) else None


def plain_language(value: str) -> str | None:
    return value if PLAIN_LANGUAGE.fullmatch(value) else None


def plain_tags(value: str | list[Any]) -> list[str] | None:
    parts = parts_of(value)
    plain = len(parts) <= MOST_PLAIN_TAGS and all(type(part) is str and plain_word(part) for part in parts)
    return list(dict.fromkeys(parts)) if plain else None


def plain_moment(value: str) -> datetime | None:
    try:
        return moment_of(value)
    except ValueError:
        return None
