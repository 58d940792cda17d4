"""The languages that pages speak, and which of them somebody gets."""

from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """By ISO 639-1 code; all are written from left to right."""

    EN = "en"
    ES = "es"
    DE = "de"
    FR = "fr"
    PT = "pt"


DEFAULT: Final = Language.EN
MOST_RANGES: Final = 20
"""A browser sends a handful; what comes after these is not read."""


def language_for(known: str | None, accept_language: str | None = None, default: str | None = None) -> Language:
    """The first that we speak of: what is known of the person, what their browser asks for (RFC 9110, section 12.5.4),
    the app's own language (BCP 47 tags, such as `pt-BR`); English where we speak none."""
    return _spoken(known) or _asked_for(accept_language) or _spoken(default) or DEFAULT


def _spoken(tag: str | None) -> Language | None:
    primary = (tag or "").strip().lower().partition("-")[0]
    return Language(primary) if primary in set(Language) else None


def _asked_for(header: str | None) -> Language | None:
    """The spoken one that the header values most, the earlier among equals."""
    best, best_quality = None, 0.0
    for part in (header or "").split(",")[:MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        language, quality = _spoken(tag), _quality(parameter)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    """1 where none is given; what is not one counts as not wanted."""
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value) if 0 <= float(value) <= 1 else 0.0
    except ValueError:
        return 0.0
