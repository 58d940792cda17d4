"""One row of an import: what it may hold, read fast where it is plain.

Most rows are: an address, a name, a few words. Telling that takes a twentieth of the time that Pydantic and
email-validator need; whatever is not plain is left to them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from core.inputs import (
    Email,
    Input,
    Locale,
    LongText,
    Moment,
    ShortText,
    WebAddress,
    invalid_input,
    key_of_email,
    moment_of,
)
from resolvers.subscribers import Source, Tags

IMPORT: Final = "import"
TAG_SEPARATOR: Final = re.compile(r"[|;,]")
ANSWERS: Final = {"true": True, "yes": True, "1": True, "y": True, "false": False, "no": False, "0": False, "n": False}

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


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, str):
        answer = ANSWERS.get(value.strip().lower())
        if answer is None:
            raise ValueError("must be yes or no")
        return answer
    return value


def _parts(value: Any) -> Any:
    if isinstance(value, str):
        return [part for part in map(str.strip, TAG_SEPARATOR.split(value)) if part]
    return value


class SubscriberRow(Input):
    """In a file of comma-separated values `tags` are separated by `|`, `;` or `,`, and `consent` is yes or no. With
    `consent`, `consentText` is what the person agreed to and `consentedAt` when they did, else now."""

    email: Email
    name: ShortText = ""
    language: Locale | None = None
    referral_url: WebAddress | None = None
    source: Source = IMPORT
    tags: Annotated[Tags, BeforeValidator(_parts)] = Field(default_factory=list)
    consent: Annotated[bool, BeforeValidator(_yes_or_no)] = False
    consented_at: Moment | None = None
    consent_text: LongText | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is valid. `number` is where it stands in the file, `key` the address without regard to case."""

    number: int
    key: str
    email: str
    name: str
    language: str | None
    referral_url: str | None
    source: str
    tags: list[str]
    consent: bool
    consented_at: datetime | None
    consent_text: str | None


def row_of(number: int, values: Mapping[str, Any]) -> Row | str:
    """The row, or what is wrong with it."""
    read = _plain(values)
    if read is None:
        try:
            read = dict(SubscriberRow.model_validate(values))
        except ValidationError as error:
            return invalid_input(error).message
    return Row(number, key_of_email(read["email"]), **read)


def _plain(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """As `SubscriberRow` reads it; None where that has to look."""
    read: dict[str, Any] = {
        "name": "", "language": None, "referral_url": None, "source": IMPORT, "tags": [], "consent": False,
        "consented_at": None, "consent_text": None,
    }  # fmt: skip
    for name, value in values.items():
        attribute, read_plain = _READERS.get((name, type(value)), _NO_READER)
        plain = read_plain(value)
        if plain is None:
            return None
        read[attribute] = plain
    return read if "email" in read else None


def _plain_address(value: str) -> str | None:
    match = PLAIN_ADDRESS.fullmatch(value) if len(value) <= LONGEST_PLAIN else None
    if match is None or match[1].lower() in NOBODY:
        return None
    local, _, domain = value.partition("@")
    return f"{local}@{domain.lower()}"


def _plain_word(value: str) -> str | None:
    return value if len(value) <= LONGEST_WORD and PLAIN_WORD.fullmatch(value) else None


def _plain_language(value: str) -> str | None:
    return value if PLAIN_LANGUAGE.fullmatch(value) else None


def _plain_tags(parts: list[Any]) -> list[str] | None:
    plain = len(parts) <= MOST_PLAIN_TAGS and all(type(part) is str and _plain_word(part) for part in parts)
    return list(dict.fromkeys(parts)) if plain else None


def _plain_answer(value: str) -> bool | None:
    return ANSWERS.get(value.lower())


def _plain_moment(value: str) -> datetime | None:
    try:
        return moment_of(value)
    except ValueError:
        return None


_NO_READER: Final[tuple[str, Callable[[Any], Any]]] = ("", lambda value: None)
_READERS: Final[Mapping[tuple[str, type], tuple[str, Callable[[Any], Any]]]] = {
    ("email", str): ("email", _plain_address),
    ("name", str): ("name", _plain_word),
    ("language", str): ("language", _plain_language),
    ("source", str): ("source", _plain_word),
    ("tags", str): ("tags", lambda value: _plain_tags(_parts(value))),
    ("tags", list): ("tags", _plain_tags),
    ("consent", str): ("consent", _plain_answer),
    ("consent", bool): ("consent", lambda value: value),
    ("consentedAt", str): ("consented_at", _plain_moment),
    ("consentText", str): ("consent_text", _plain_word),
}
"""By the name and the type of a value: the attribute, and what reads it where it is plain."""
