"""One row of a file of prospects: what it may hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from pydantic import BeforeValidator, Field

from core.inputs import Country, Email, Input, Locale, ShopDomain, ShortText, key_of_email
from models.prospects import ProspectStatus
from resolvers.import_files import by_spelling
from resolvers.import_rows import (
    IMPORT,
    Readers,
    parts_of,
    plain_address,
    plain_language,
    plain_tags,
    plain_word,
    read_row,
)
from resolvers.prospect_inputs import HOST, Facts, Score, Source, WebSite
from resolvers.subscribers import Tags

COLUMNS: Final = (
    "email", "name", "company", "title", "domain", "shopDomain", "country", "language", "source", "tags", "facts",
    "score", "status",
)  # fmt: skip
SPELLINGS: Final = {
    **by_spelling(COLUMNS),
    "companyname": "company", "jobtitle": "title", "website": "domain", "shop": "shopDomain",
}  # fmt: skip
"""What other tools call the same."""
PLAIN_COUNTRY: Final = re.compile(r"[A-Z]{2}")
PLAIN_SCORE: Final = re.compile(r"[1-9]?[0-9]|100")
LIST: Final = "prospects"
"""What JSON calls the rows."""


def _object_of(value: Any) -> Any:
    """`{"employees": 4}` in a file of comma-separated values."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ValueError('must be a JSON object, such as {"employees": 4}') from None
    return value


class ProspectRow(Input):
    """In a file of comma-separated values `tags` are separated by `|`, `;` or `,`, and `facts` is a JSON object."""

    email: Email
    name: ShortText = ""
    company: ShortText = ""
    title: ShortText = ""
    domain: WebSite | None = None
    shop_domain: ShopDomain | None = None
    country: Country | None = None
    language: Locale | None = None
    source: Source = IMPORT
    tags: Annotated[Tags, BeforeValidator(parts_of)] = Field(default_factory=list)
    facts: Annotated[Facts, BeforeValidator(_object_of)] = Field(default_factory=dict)
    score: Score | None = None
    status: ProspectStatus = ProspectStatus.NEW


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is valid. `number` is where it stands in the file, `key` the address without regard to case."""

    number: int
    key: str
    email: str
    name: str
    company: str
    title: str
    domain: str | None
    shop_domain: str | None
    country: str | None
    language: str | None
    source: str
    tags: list[str]
    facts: dict[str, Any]
    score: int | None
    status: ProspectStatus

    @property
    def fields(self) -> dict[str, Any]:
        """What it says of the prospect, by attribute name."""
        names = ProspectRow.model_fields.keys() - {"status"}
        return {name: getattr(self, name) for name in names}


def row_of(number: int, values: Mapping[str, Any]) -> Row | str:
    """The row, or what is wrong with it."""
    read = read_row(ProspectRow, _READERS, _nothing, values)
    return read if isinstance(read, str) else Row(number, key_of_email(read["email"]), **read)


def _nothing() -> dict[str, Any]:
    return {
        "name": "", "company": "", "title": "", "domain": None, "shop_domain": None, "country": None,
        "language": None, "source": IMPORT, "tags": [], "facts": {}, "score": None, "status": ProspectStatus.NEW,
    }  # fmt: skip


def _plain_domain(value: str) -> str | None:
    return value if HOST.fullmatch(value) and not value.startswith("www.") else None


def _plain_country(value: str) -> str | None:
    return value if PLAIN_COUNTRY.fullmatch(value) else None


def _plain_score(value: str) -> int | None:
    return int(value) if PLAIN_SCORE.fullmatch(value) else None


_READERS: Final[Readers] = {
    ("email", str): ("email", plain_address),
    ("name", str): ("name", plain_word),
    ("company", str): ("company", plain_word),
    ("title", str): ("title", plain_word),
    ("domain", str): ("domain", _plain_domain),
    ("country", str): ("country", _plain_country),
    ("score", str): ("score", _plain_score),
    ("language", str): ("language", plain_language),
    ("source", str): ("source", plain_word),
    ("tags", str): ("tags", plain_tags),
    ("tags", list): ("tags", plain_tags),
}
