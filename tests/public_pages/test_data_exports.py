"""A person's copy of their data, as a page to read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from public_pages.data_exports import CHOICES, CHOICES_OF_MAIL, OURS, Words, data_export_page
from public_pages.languages import Language
from public_pages.texts import TEXTS
from resolvers.personal_data import HOLDINGS
from tests.public_pages.tags import Tags

NOW: Final = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
PROPER_NAMES: Final = {"provider"}
"""Fields whose values are the same in every language."""
EVERY_LANGUAGE = pytest.mark.parametrize("language", Language)


@dataclass(frozen=True)
class Rows:
    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


def shown(*collections: Rows, language: Language = Language.EN, apps: dict[str, str] | None = None) -> str:
    """The page without its style."""
    until = NOW + timedelta(days=7)
    page = data_export_page(language, "ada@example.com", NOW, until, collections, apps or {}, "/data-export/t/download")
    html = bytes(page.body).decode()
    Tags(html)
    return re.sub(r"<style>.*</style>", "", html, flags=re.DOTALL)


def words_of(html: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


class TestReading:
    def test_it_says_about_whom_from_when_and_until_when(self) -> None:
        words = words_of(shown())
        assert "stored about ada@example.com" in words
        assert "Gathered on 31 January 2026, 09:05" in words
        assert "until 7 February 2026, 09:05" in words

    @pytest.mark.parametrize(
        ("language", "date"),
        [
            (Language.DE, "31. Januar 2026, 09:05"),
            (Language.ES, "31 de enero de 2026, 09:05"),
            (Language.FR, "31 janvier 2026, 09:05"),
            (Language.PT, "31 de janeiro de 2026, 09:05"),
        ],
    )
    def test_dates_are_written_as_in_the_language_and_for_machines(self, language: Language, date: str) -> None:
        page = shown(Rows("suppressions", [{"since": "2026-01-31T09:05:00Z"}], 1), language=language)
        assert f'<time datetime="2026-01-31T09:05:00Z">{date}</time>' in page

    def test_it_links_to_the_file(self) -> None:
        assert '<a class="button" href="/data-export/t/download" download>' in shown()

    def test_collections_and_fields_have_names_that_people_understand(self) -> None:
        words = words_of(shown(Rows("deliveries", [{"appId": "tea", "status": "sent"}], 1), apps={"tea": "Tea Time"}))
        assert "Messages to you" in words
        assert "App Tea Time Status Sent" in words

    def test_what_is_empty_is_said_so(self) -> None:
        assert "Your shops Shops with your address that have, or had, one of our apps. Nothing is stored" in words_of(
            shown(Rows("shops"))
        )

    def test_what_is_not_known_of_the_person_is_said_so(self) -> None:
        words = words_of(shown(Rows("contacts", [{"email": "ada@example.com", "name": "", "country": None}], 1)))
        assert "Name not known Country not known" in words

    def test_of_entries_what_is_empty_is_left_out(self) -> None:
        row = {"reason": "manual", "note": None, "removedAt": None}
        words = words_of(shown(Rows("suppressions", [row], 1)))
        assert "Reason Set by hand" in words
        assert "Note" not in words

    def test_an_opt_out_of_everything_says_of_what(self) -> None:
        row = {"category": None, "state": "opted_out"}
        words = words_of(shown(Rows("consent_entries", [row], 1)))
        assert "Kind of mail All but necessary messages Choice Declined" in words

    def test_consents_are_a_line_each(self) -> None:
        consent = {"state": "opted_in", "at": "2026-01-31T09:05:00Z", "source": "form", "entryId": "1234"}
        words = words_of(shown(Rows("contacts", [{"consents": {"newsletter": consent}}], 1)))
        assert "Newsletters Agreed · 31 January 2026, 09:05 · form" in words
        assert "1234" not in words

    def test_where_there_is_more_it_says_how_much_and_where(self) -> None:
        page = shown(Rows("deliveries", [{"status": "sent"}] * 2, 24310))
        assert "The newest 2 of 24,310 entries are shown" in words_of(page)
        german = shown(Rows("deliveries", [{"status": "sent"}], 24310), language=Language.DE)
        assert "von 24.310 Einträgen" in words_of(german)

    def test_what_apps_reported_is_shown_whatever_its_shape(self) -> None:
        data = {"by": "Ada", "bannerCount": 3, "tags": ["a", "b"], "in": [{"deep": [[True]]}], "none": {}}
        words = words_of(shown(Rows("app_events", [{"data": data}], 1)))
        assert "By Ada Banner count 3 Tags a , b In Deep Yes" in words

    def test_what_other_services_sent_is_taken_apart_where_it_is_not_too_much(self) -> None:
        rows = [{"payload": '{"to": ["ada@example.com"]}'}, {"payload": "not {JSON"}, {"payload": f'"{"x" * 9000}"'}]
        page = shown(Rows("webhook_events", rows, 3))
        assert "Content To ada@example.com" in words_of(page)
        assert "Content not {JSON" in words_of(page)
        assert len(page) < 20_000

    def test_what_is_nested_beyond_reading_is_cut_off(self) -> None:
        page = shown(Rows("webhook_events", [{"payload": "[" * 900 + "1" + "]" * 900}], 1))
        assert "Content …" in words_of(page)

    def test_a_collection_without_texts_is_shown_all_the_same(self) -> None:
        assert "new_things" in words_of(shown(Rows("new_things", [{"someField": "x"}], 1)))

    def test_what_people_wrote_is_text(self) -> None:
        page = shown(Rows("subscribers", [{"name": "<script>alert(1)</script>", "<b>": "{{ 7 * 7 }}"}], 1))
        assert "<script" not in page
        assert "<b>" not in page
        assert "{{ 7 * 7 }}" in page


def parts_of(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def shown_fields(
    model: type[BaseModel], names: frozenset[str] | None = None
) -> Iterator[tuple[str, type[Enum] | None]]:
    """Names of fields that a page may show, and what their values are from, also of the objects within."""
    for name, info in model.model_fields.items():
        if names is None or name in names:
            parts = list(parts_of(info.annotation))
            yield to_camel(name), next((part for part in parts if issubclass(part, Enum)), None)
            for part in parts:
                if issubclass(part, BaseModel):
                    yield from shown_fields(part)


class TestEverythingHasWords:
    @pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: holding.document.__name__)
    def test_of_every_collection_that_holds_people(self, holding: Any) -> None:
        texts, collection = TEXTS[Language.EN], holding.document.Settings.name
        wanted = {f"collections.{collection}.title", f"collections.{collection}.about"}
        for name, choices in shown_fields(holding.document, holding.shown):
            if name not in OURS and f"values.{name}" not in texts:
                wanted.add(f"fields.{name}")
            if choices is not None and name not in PROPER_NAMES:
                assert name in CHOICES | CHOICES_OF_MAIL, f"{name} has choices: add it to public_pages/data_exports.py"
                wanted |= {f"values.{choice.value}" for choice in choices}
        assert wanted - texts.keys() == set(), "add them to public_pages/translations/*.toml"

    @EVERY_LANGUAGE
    def test_a_name_without_a_text_is_split_into_words(self, language: Language) -> None:
        assert Words(language, {}).label("bannerTitle") == "Banner title"
