"""What pages say: one TOML file per language in `translations/`, with the same texts in each."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from public_pages.languages import Language

FOLDER: Final = Path(__file__).with_name("translations")


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, str(value)


def _texts_of(language: Language) -> dict[str, str]:
    return dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))


TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {language: _texts_of(language) for language in Language}
"""By language and dotted name, such as `unsubscribe.title`."""


def text(language: Language, name: str, **values: object) -> Markup:
    """A text with its placeholders filled, as HTML; what is filled in may be written in any direction."""
    filled = {key: Markup("<bdi>{}</bdi>").format(value) for key, value in values.items()}
    return escape(TEXTS[language][name]).format(**filled)
