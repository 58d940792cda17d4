"""In which of the languages of drafts a text is, by the small words that each has in every other sentence."""

import re
from collections import Counter
from typing import Final

SMALL_WORDS: Final = {
    "en": "the and you your is are was of that with have this for it would not we be here at from by i on",
    "es": "el los las una que con para por no es está usted su tu del y se lo al nuestro más pero como te aquí",
    "de": "der die das und ist nicht sie ihnen ich wir mit für von den dem ein eine zu auf es wenn ihre im was hier",
    "fr": "le les des une est et vous votre pour que qui dans pas avec nous sur ce au je ne du cette ici si",
    "pt": "o os um uma que você não para com seu sua é do da em no na dos das ao por mais se isso aqui e",
}
WORDS: Final = {language: frozenset(words.split()) for language, words in SMALL_WORDS.items()}
ENOUGH: Final = 5
"""Small words that a text needs before anything is said of it."""
LEAD: Final = 1.5
"""How many times as often as those of the next language."""


def language_of(text: str) -> str | None:
    """None where it can't be told."""
    without_addresses = [word for word in text.casefold().split() if "@" not in word and "://" not in word]
    words = Counter(re.findall(r"[^\W\d_]+", " ".join(without_addresses)))
    counts = sorted(((sum(words[word] for word in small), language) for language, small in WORDS.items()), reverse=True)
    (most, language), (next_most, _) = counts[:2]
    return language if most >= ENOUGH and most >= LEAD * max(next_most, 1) else None
