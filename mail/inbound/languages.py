"""What mail programs and people write, language by language: `languages/*.toml`, put together into patterns.

The tables hold regular expressions in lower case. A language is added by adding a file.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

from mail.phrases import joined, read_table

FOLDER: Final = Path(__file__).parent / "languages"
WITHOUT_SPACES: Final = ("ja", "ko", "zh")
"""Languages whose words have no boundaries that a pattern could see."""
NO_ACCENTS: Final = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i"})
"""Letters that Unicode does not take apart."""
READ: Final = ("en", "es", "de", "fr", "pt")
"""Those whose texts are understood; of the others, no more than what mail programs add to them."""


@cache
def _tables() -> dict[str, dict[str, dict[str, list[str]]]]:
    files = sorted(FOLDER.glob("*.toml"))
    tables = {file.stem: read_table(file) for file in files}
    return {language: tables[language] for language in (*READ, *(name for name in tables if name not in READ))}


def phrases(section: str, key: str) -> list[str]:
    """Of all languages, each once."""
    found = (phrase for table in _tables().values() for phrase in table.get(section, {}).get(key, ()))
    return list(dict.fromkeys(found))


def any_of(section: str, *keys: str) -> str:
    """One of the phrases, as a group; of languages with boundaries between words, whole words alone."""
    bounded: list[str] = []
    free: list[str] = []
    for language, table in _tables().items():
        found = [phrase for key in keys for phrase in table.get(section, {}).get(key, ())]
        (free if language in WITHOUT_SPACES else bounded).extend(found)
    groups = [rf"(?<!\w)(?:{joined(bounded)})(?!\w)"] if bounded else []
    return f"(?:{'|'.join([*groups, *([joined(free)] if free else [])])})"


def pattern(section: str, *keys: str) -> re.Pattern[str]:
    return re.compile(any_of(section, *keys), re.MULTILINE)


def whole(section: str, *keys: str) -> str:
    """One of the phrases and nothing else, for patterns that match a whole line; also as those write it whose keyboard
    has no accents."""
    found = [phrase for key in keys for phrase in phrases(section, key)]
    return f"(?:{joined([*found, *map(_without_accents, found)])})"


def _without_accents(phrase: str) -> str:
    return "".join(letter for letter in normalize("NFD", phrase.translate(NO_ACCENTS)) if not combining(letter))
