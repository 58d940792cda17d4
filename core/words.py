"""Texts as words that can be looked up by an index, by how they begin."""

import re
import unicodedata
from typing import Final

MOST: Final = 40
"""Words of one text."""
LONGEST: Final = 40
WORDS: Final = re.compile(r"[^\W_]+")
EVERYWHERE: Final = frozenset({"com", "myshopify"})
"""In nearly every address and domain: they tell nobody from anybody."""


def words_of(*texts: str | None) -> list[str]:
    """The words of texts, each once, in their order: without case and accents."""
    plain = unicodedata.normalize("NFKD", " ".join(filter(None, texts)).casefold())
    text = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = (word[:LONGEST] for word in WORDS.findall(text) if word not in EVERYWHERE)
    return list(dict.fromkeys(words))[:MOST]
