"""Regular expressions that people write, in RE2: whatever they hold, matching takes time linear in the text.

What RE2 does not have, such as look-ahead and references back, is an error when the condition is read.
"""

from functools import lru_cache
from typing import Any, Final

import re2

LONGEST: Final = 200
MOST_MEMORY: Final = 1 << 20
"""Bytes for one compiled pattern: of `((a{1000}){1000})` RE2 says that it is too large."""


def check(pattern: str) -> None:
    """Raises `ValueError`."""
    if not pattern or len(pattern) > LONGEST:
        raise ValueError(f"must be a regular expression of 1 to {LONGEST} characters")
    try:
        _compiled(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else error
        sentence = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"must be a regular expression (RE2): {sentence}") from None


def is_found(pattern: str, text: str) -> bool:
    """Anywhere in the text; case counts unless the pattern begins with `(?i)`."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = MOST_MEMORY
    options.log_errors = False
    return re2.compile(pattern, options)
