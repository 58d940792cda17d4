"""Which language somebody gets, and that every language says everything."""

import re
from string import Formatter

import pytest

from public_pages.languages import Language, language_for
from public_pages.texts import TEXTS, text

EVERY_LANGUAGE = pytest.mark.parametrize("language", Language)


class TestChoice:
    @pytest.mark.parametrize(
        ("known", "accept", "default", "chosen"),
        [
            ("de", "fr", "es", "de"),
            ("pt-BR", None, None, "pt"),
            (None, "fr-CA, en;q=0.8", "es", "fr"),
            (None, "en;q=0.4, es;q=0.9", None, "es"),
            (None, "es, de", None, "es"),
            (None, "ja, *;q=0.5", "de", "de"),
            (None, "fr;q=0", "es", "es"),
            (None, "fr;q=lots", None, "en"),
            ("ja", "de", None, "de"),
            ("ja", None, "ja", "en"),
            (None, ";;,=,q", None, "en"),
            (None, None, None, "en"),
        ],
    )
    def test_the_persons_then_the_browsers_then_the_apps_then_english(
        self, known: str | None, accept: str | None, default: str | None, chosen: str
    ) -> None:
        assert language_for(known, accept, default) == chosen


class TestTexts:
    @EVERY_LANGUAGE
    def test_every_language_has_every_text(self, language: Language) -> None:
        assert TEXTS[language].keys() == TEXTS[Language.EN].keys()

    @EVERY_LANGUAGE
    @pytest.mark.parametrize("name", TEXTS[Language.EN])
    def test_a_text_has_the_same_placeholders_in_every_language(self, language: Language, name: str) -> None:
        assert placeholders(TEXTS[language][name]) == placeholders(TEXTS[Language.EN][name])

    @EVERY_LANGUAGE
    def test_texts_are_whole_and_without_markup(self, language: Language) -> None:
        for name, said in TEXTS[language].items():
            assert name.startswith("formats.") or said == said.strip() != ""
            assert not re.search(r"[<>&]", said)

    @EVERY_LANGUAGE
    def test_a_year_has_twelve_months(self, language: Language) -> None:
        assert len(set(TEXTS[language]["formats.months"].split())) == 12

    def test_what_is_filled_in_is_escaped_and_keeps_its_own_direction(self) -> None:
        filled = text(Language.EN, "confirmed.text", app="<b>{address}</b>", address="a@b")
        assert "<bdi>&lt;b&gt;{address}&lt;/b&gt;</bdi>" in filled
        assert "<bdi>a@b</bdi>" in filled


def placeholders(said: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(said) if name is not None}
