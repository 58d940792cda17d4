"""A person's copy of what is stored about them, as a page to read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import orjson
from markupsafe import Markup
from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.rendering import rendered_page
from public_pages.texts import TEXTS, text

CHOICES: Final = frozenset({"access", "category", "kind", "legalBasis", "reason", "refusal", "scope", "state", "topic"})
CHOICES_OF_MAIL: Final = frozenset({"status", "type"})
"""Fields whose values are from a list, and so have texts."""
OURS: Final = frozenset({"entryId"})
"""Fields that say nothing to the person; the download has them."""
ASKED_FOR: Final = frozenset({"name", "language", "country"})
"""Of which the page says also that they are not known."""
LARGEST_PAYLOAD: Final = 4000
"""Characters of what a service sent us that the page takes apart; of more it shows the beginning."""
DEEPEST: Final = 12
LONG: Final = 60
"""Characters from which on a value has a line of its own."""
ORDER: Final = [name.split(".")[1] for name in TEXTS[Language.EN] if re.fullmatch(r"collections\.\w+\.title", name)]
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

Row = Mapping[str, Any]


class Excerpt(Protocol):
    """Some rows of a collection, as JSON under stored names, and how many there are."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def total(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Words:
    """How the page names and writes things in one language. `apps` has the names of apps by id."""

    language: Language
    apps: Mapping[str, str]

    def label(self, name: str) -> str:
        """Of a field; a name that has no text is split into words, such as `bannerTitle`."""
        texts = TEXTS[self.language]
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name)
        return texts.get(f"fields.{name}") or texts.get(f"values.{name}") or words[:1].upper() + words[1:].lower()

    def is_wide(self, value: Any) -> bool:
        """Whether a value needs a line of its own."""
        return self.is_nested(value) or len(str(value)) > LONG

    def is_nested(self, value: Any) -> bool:
        """Whether it is more than a list of plain values."""
        return isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
        )

    def scalar(self, name: str, value: Any) -> Any:
        """A value that is neither list nor object."""
        if isinstance(value, bool):
            return text(self.language, "data_export.yes" if value else "data_export.no")
        if not isinstance(value, str):
            return value
        if MOMENT.fullmatch(value):
            return self.moment(datetime.fromisoformat(value))
        if name in CHOICES | CHOICES_OF_MAIL:
            return TEXTS[self.language].get(f"values.{value}", value)
        return breakable(self.apps.get(value, value) if name == "appId" else value)

    def moment(self, moment: datetime) -> Markup:
        """Such as `31 January 2026, 09:00`, in UTC."""
        at = moment.astimezone(UTC)
        months = TEXTS[self.language]["formats.months"].split()
        said = TEXTS[self.language]["formats.moment"].format(
            day=at.day, month=months[at.month - 1], year=at.year, time=f"{at:%H:%M}"
        )
        return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", said)

    def number(self, number: int) -> str:
        return f"{number:,}".replace(",", TEXTS[self.language]["formats.thousands"])


@dataclass(frozen=True, slots=True)
class Section:
    """`is_card`: there is one row, about the person."""

    anchor: str
    title: str
    about: str
    rows: Sequence[Row]
    total: int
    is_card: bool


def data_export_page(
    language: Language,
    email: str,
    gathered_at: datetime,
    expires_at: datetime,
    excerpts: Sequence[Excerpt],
    apps: Mapping[str, str],
    download_url: str,
) -> HTMLResponse:
    """`excerpts` have what is shown of each collection; the page says where there is more."""
    known = sorted(excerpts, key=lambda one: ORDER.index(one.name) if one.name in ORDER else len(ORDER))
    return rendered_page(
        "data_export.html",
        language,
        words=Words(language, apps),
        sections=[_section(language, excerpt) for excerpt in known],
        email=email,
        gathered_at=gathered_at,
        expires_at=expires_at,
        download_url=download_url,
    )


def breakable(value: str) -> Markup:
    """Lines may break after the punctuation of addresses and domains."""
    return Markup("<wbr>").join(re.split(r"(?<=[\w][.@/_-])(?=\w)", value))


def _section(language: Language, excerpt: Excerpt) -> Section:
    texts = TEXTS[language]
    is_card = excerpt.name == "contacts"
    return Section(
        excerpt.name,
        texts.get(f"collections.{excerpt.name}.title", excerpt.name),
        texts.get(f"collections.{excerpt.name}.about", ""),
        [_card(row) if is_card else _entry(excerpt.name, row) for row in excerpt.rows],
        excerpt.total,
        is_card,
    )


def _card(row: Row) -> Row:
    """Says when it was made last, and what is not known of the person."""
    ordered = sorted(row, key=lambda name: name == "createdAt")
    filled = {name: _filled(row[name]) for name in ordered}
    return {name: value for name, value in filled.items() if value is not None or name in ASKED_FOR}


def _entry(collection: str, row: Row) -> Row:
    """Without what is empty, and with what is only implied."""
    if collection == "consent_entries" and row.get("category") is None:
        row = {**row, "category": "all_but_transactional"}
    if isinstance(payload := row.get("payload"), str):
        row = {**row, "payload": _read(payload)}
    return _filled(row) or {}


def _read(payload: str) -> Any:
    """What a service sent us, which is JSON as a rule."""
    if len(payload) > LARGEST_PAYLOAD:
        return f"{payload[:LARGEST_PAYLOAD]}…"
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload


def _filled(value: Any, depth: int = 0) -> Any:
    """The same without what is empty, None where nothing is left; what lies too deep to be read is cut off."""
    if depth > DEEPEST and isinstance(value, dict | list):
        return "…"
    if isinstance(value, dict):
        filled = {name: _filled(item, depth + 1) for name, item in value.items() if name not in OURS}
        return {name: item for name, item in filled.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in (_filled(one, depth + 1) for one in value) if item is not None] or None
    return None if value == "" else value
