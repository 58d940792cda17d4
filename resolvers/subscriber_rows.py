"""One row of a file of subscribers: what it may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from core.inputs import Email, Input, Locale, LongText, Moment, ShortText, WebAddress, key_of_email
from resolvers.import_files import by_spelling
from resolvers.import_rows import (
    IMPORT,
    Readers,
    parts_of,
    plain_address,
    plain_language,
    plain_moment,
    plain_tags,
    plain_word,
    read_row,
)
from resolvers.subscribers import Source, Tags

COLUMNS: Final = (
    "email", "name", "language", "referralUrl", "source", "tags", "consent", "consentedAt", "consentText",
)  # fmt: skip
SPELLINGS: Final = by_spelling(COLUMNS)
LIST: Final = "subscribers"
"""What JSON calls the rows."""
ANSWERS: Final = {"true": True, "yes": True, "1": True, "y": True, "false": False, "no": False, "0": False, "n": False}


def _yes_or_no(value: Any) -> Any:
    if isinstance(value, str):
        answer = ANSWERS.get(value.strip().lower())
        if answer is None:
            raise ValueError("must be yes or no")
        return answer
    return value


class SubscriberRow(Input):
    """In a file of comma-separated values `tags` are separated by `|`, `;` or `,`, and `consent` is yes or no. With
    `consent`, `consentText` is what the person agreed to and `consentedAt` when they did, else now."""

    email: Email
    name: ShortText = ""
    language: Locale | None = None
    referral_url: WebAddress | None = None
    source: Source = IMPORT
    tags: Annotated[Tags, BeforeValidator(parts_of)] = Field(default_factory=list)
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
    read = read_row(SubscriberRow, _READERS, _nothing, values)
    return read if isinstance(read, str) else Row(number, key_of_email(read["email"]), **read)


def _nothing() -> dict[str, Any]:
    return {
        "name": "", "language": None, "referral_url": None, "source": IMPORT, "tags": [], "consent": False,
        "consented_at": None, "consent_text": None,
    }  # fmt: skip


def _plain_answer(value: str) -> bool | None:
    return ANSWERS.get(value.lower())


_READERS: Final[Readers] = {
    ("email", str): ("email", plain_address),
    ("name", str): ("name", plain_word),
    ("language", str): ("language", plain_language),
    ("source", str): ("source", plain_word),
    ("tags", str): ("tags", plain_tags),
    ("tags", list): ("tags", plain_tags),
    ("consent", str): ("consent", _plain_answer),
    ("consent", bool): ("consent", lambda value: value),
    ("consentedAt", str): ("consented_at", plain_moment),
    ("consentText", str): ("consent_text", plain_word),
}
