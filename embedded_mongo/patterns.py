"""Regular expressions of MongoDB (PCRE2 in UTF mode) as Python's, where both mean the same; refused elsewhere."""

import re
from functools import lru_cache
from typing import Any

from bson import Regex

from embedded_mongo.errors import MongoError, refused

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_SUPPORTED = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE

# PCRE's \d, \w, \s and \b know ASCII alone, Python's know Unicode; case folding is Unicode's in both.
_ASCII_ESCAPES = {escape: f"(?a:\\{escape})" for escape in "dDwWsSbB"}
_CLASS_ESCAPES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\r\f\v", "n": r"\n", "r": r"\r", "t": r"\t", "f": r"\f"}
_CLASS_RANGES = frozenset("dws")
_DASH_BEFORE_MORE = re.compile(r"-[^\]]")  # at the end of a class a dash is a dash
_SAME_ESCAPES = frozenset("Anrtf")
_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!")
_REPETITION = re.compile(r"\{\d+(,\d*)?\}")
_LITERAL_PREFIX = re.compile(r"\^((?:[^\\.\[\](){}*+?|^$]|\\[^A-Za-z0-9])+)")


def parse_flags(letters: str) -> int:
    """The flags of `$options`. Raises MongoError for a letter that MongoDB doesn't have or that isn't done here."""
    flags = 0
    for letter in letters:
        if letter not in _FLAGS:
            raise refused(f"regular expression option {letter!r}")
        flags |= _FLAGS[letter]
    return flags


@lru_cache(maxsize=512)
def _compile(pattern: str, flags: int) -> re.Pattern[str]:
    if flags & ~_SUPPORTED & ~re.UNICODE:
        raise refused("a regular expression option other than i, m, s and x")
    try:
        return re.compile(_translate(pattern), flags)
    except re.error as error:
        raise MongoError(51091, f"Regular expression is invalid: {error}") from error


def compile_pattern(regex: "Regex[Any]") -> re.Pattern[str]:
    """Python's form of a pattern, to be searched for in text."""
    pattern = regex.pattern
    return _compile(pattern.decode() if isinstance(pattern, bytes) else pattern, regex.flags)


def literal_prefix(regex: "Regex[Any]") -> str | None:
    """The text every match begins with, for an anchored pattern: `ab` of `^ab.*`; None if there is none."""
    pattern = regex.pattern
    if isinstance(pattern, bytes) or regex.flags & ~re.UNICODE or "|" in pattern:
        return None
    found = _LITERAL_PREFIX.match(pattern)
    if found is None:
        return None
    text = found[1]
    if pattern[found.end() :][:1] in ("*", "?", "{"):  # the last character may be absent
        text = re.sub(r"\\?.\Z", "", text, flags=re.DOTALL)
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) or None


def _translate(pattern: str) -> str:
    pieces = []
    position = 0
    while position < len(pattern):
        piece, position = _next_piece(pattern, position)
        pieces.append(piece)
    return "".join(pieces)


def _next_piece(pattern: str, position: int) -> tuple[str, int]:
    character = pattern[position]
    if character == "\\":
        return _escape(pattern[position + 1 : position + 2]), position + 2
    if character == "[":
        return _character_class(pattern, position)
    if character == "(" and pattern[position + 1 : position + 2] in ("?", "*"):
        for group in _GROUPS:
            if pattern.startswith(group, position):
                return group, position + len(group)
        raise refused(f"regular expression group {pattern[position : position + 4]}")
    if character == "{":
        repetition = _REPETITION.match(pattern, position)
        if repetition is None:
            raise refused("an unescaped { in a regular expression")
        return repetition[0], repetition.end()
    return character, position + 1


def _escape(character: str) -> str:
    if character in _ASCII_ESCAPES:
        return _ASCII_ESCAPES[character]
    if character in _SAME_ESCAPES or not character.isalnum():
        return "\\" + character
    raise refused(f"regular expression escape \\{character}")


def _character_class(pattern: str, start: int) -> tuple[str, int]:
    position = start + 1
    pieces = ["["]
    if pattern.startswith("^", position):
        pieces.append("^")
        position += 1
    first = True
    while position < len(pattern) and (pattern[position] != "]" or first):
        character = pattern[position]
        if character == "\\":
            escape = pattern[position + 1 : position + 2]
            if escape in _CLASS_RANGES and (pieces[-1] == "-" or _DASH_BEFORE_MORE.match(pattern, position + 2)):
                raise refused(f"a dash beside \\{escape} in a character class")
            pieces.append(_class_escape(escape))
            position += 1
        elif character == "[" and pattern[position + 1 : position + 2] in (":", ".", "="):
            raise refused("a POSIX class in a regular expression")
        else:
            pieces.append("\\" + character if character in "[]&~|" else character)
        position += 1
        first = False
    if position >= len(pattern):
        raise MongoError(51091, "Regular expression is invalid: missing terminating ] for character class")
    return "".join([*pieces, "]"]), position + 1


def _class_escape(character: str) -> str:
    if character in _CLASS_ESCAPES:
        return _CLASS_ESCAPES[character]
    if character and not character.isalnum():
        return "\\" + character
    raise refused(f"regular expression escape \\{character} in a character class")
