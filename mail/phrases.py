"""Tables of phrases, kept as TOML beside the code: regular expressions in lower case, put together into one."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

NAMED: Final = re.compile(r"<([a-z]+)>")
"""`<who>` stands for a pattern that several phrases share."""


def read_table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def joined(phrases: Iterable[str], words: Mapping[str, str] | None = None) -> str:
    """Any of the phrases, the longest first: `thanks a lot` before `thanks`. `words` are what `<name>` stands for."""
    ordered = sorted(dict.fromkeys(phrases), key=len, reverse=True)
    return NAMED.sub(lambda name: (words or {})[name[1]], "|".join(ordered)) if words else "|".join(ordered)


def any_of(phrases: Iterable[str], words: Mapping[str, str] | None = None) -> re.Pattern[str]:
    return re.compile(joined(phrases, words))
