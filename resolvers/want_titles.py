"""Which titles ask for the same: by the words that they share."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

MOST_TOKENS: Final = 24
SHORTEST: Final = 3
ENOUGH: Final = 0.34
"""Of their words, what two titles must share (Dice's coefficient) to be called similar."""
WORDS: Final = re.compile(r"[^\W_]+")
SAYING_NOTHING: Final = frozenset(
    {
        "about", "add", "adding", "allow", "also", "and", "any", "app", "are", "can", "could", "does", "for", "from",
        "get", "give", "has", "have", "how", "into", "its", "like", "make", "more", "need", "not", "our", "please",
        "should", "some", "support", "that", "the", "their", "them", "there", "this", "use", "using", "want", "when",
        "where", "which", "with", "would", "you", "your",
    }
)  # fmt: skip


def tokens_of(title: str) -> list[str]:
    """The words of a title that say what it is about, each once: without case, accents and a plural's ending."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    text = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = (_singular(word) for word in WORDS.findall(text) if word not in SAYING_NOTHING)
    return list(dict.fromkeys(word for word in words if len(word) >= SHORTEST or not word.isascii()))[:MOST_TOKENS]


def similarity(one: Collection[str], other: Collection[str]) -> float:
    """From 0 (no word in common) to 1 (the same words)."""
    if not one or not other:
        return 0.0
    return 2 * len({*one} & {*other}) / (len({*one}) + len({*other}))


def _singular(word: str) -> str:
    if len(word) > SHORTEST + 1 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > SHORTEST and word.endswith("s") and not word.endswith("ss") else word
