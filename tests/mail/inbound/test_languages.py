"""The tables of phrases: what every language has, so that none is half there."""

import re
from typing import Final

import pytest

from mail.inbound.languages import FOLDER, READ, phrases
from mail.phrases import read_table

EVERYWHERE: Final = {
    "quotes": {"wrote", "from", "sent", "to", "subject", "original", "forwarded"},
    "signatures": {"closings", "thanks"},
}
"""What is looked for in any mail: the lines above quotations and below texts."""
UNDERSTOOD: Final = {
    "automatic": {"subjects", "absent", "while_away", "back", "until", "gone", "acknowledged", "automatic"},
    "meaning": {"unsubscribe", "unsubscribe_alone", "negative", "positive", "neutral", "questions"},
}
"""What is known besides of the languages that people are understood in."""
LANGUAGES: Final = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_its_phrases(language: str) -> None:
    table = read_table(FOLDER / f"{language}.toml")
    for section, keys in (EVERYWHERE | (UNDERSTOOD if language in READ else {})).items():
        assert keys <= {key for key, found in table[section].items() if found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_patterns_in_lower_case(language: str) -> None:
    for section in read_table(FOLDER / f"{language}.toml").values():
        for found in section.values():
            for phrase in found:
                assert not re.compile(phrase).groups, f"{phrase}: use (?:...)"
                assert (
                    phrase.replace("\\W", "\\w").replace("\\S", "\\s").replace("\\D", "\\d").replace("À", "à")
                    == phrase.lower()
                )


def test_those_that_are_read_come_first() -> None:
    assert set(READ) <= set(LANGUAGES)
    assert phrases("quotes", "wrote")[0] == "wrote"
