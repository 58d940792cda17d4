"""What makes two errors the same: their type, what they say but for names and numbers, and where they happened.

Groups are found again by their fingerprint: whatever is changed here makes all groups new ones.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LONGEST_MESSAGE: Final = 500
"""Characters of a message that count."""
LONGEST_STACK: Final = 4000
LONGEST_TITLE: Final = 200
UNTITLED: Final = "An error without a message"
MOST_FRAMES: Final = 5

VARIABLE: Final = re.compile(
    r"""
      (?P<url>\b[a-z][a-z0-9+.-]{1,20}://[^\s"'<>]+)
    | (?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)
    | (?P<shop>\b[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com)
    | (?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)
    | (?P<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)
    | (?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}\b)
    | (?P<text>"[^"\n]{0,200}"|`[^`\n]{0,200}`|(?<!\w)'[^'\n]{0,200}'(?!\w)
      |[\u201c\u2018\u00ab][^\u201d\u2019\u00bb\n]{0,200}[\u201d\u2019\u00bb])
    | (?P<hex>\b(?:0x[0-9a-f]+|(?=[a-f]{0,31}\d)[0-9a-f]{8,64})\b)
    | (?P<id>\b(?=[a-z_]{0,31}\d)[a-z0-9_]{12,64}\b)
    | (?P<n>\d+(?:[.,]\d+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What differs from one time to the next, by what it is called instead. Each part is of bounded length, so that no text
takes long."""

FRAMES: Final = (
    re.compile(
        r"^\s*at (?:async )?(?:(?P<function>[^\s(]+(?: \[as [^\]]+\])?) )?\(?(?P<file>[^()\s]+?):\d+(?::\d+)?\)?$"
    ),
    re.compile(r'^\s*File "(?P<file>[^"]+)", line \d+, in (?P<function>.+)$'),
    re.compile(r"^#\d+ (?P<file>\S+)\(\d+\): (?P<function>[^\s(]+)"),
    re.compile(r"^(?:from )?(?P<file>[^\s:]+):\d+:in [`'](?P<function>[^']+)'"),
    re.compile(r"^(?P<function>[^\s@]*)@(?P<file>\S+?):\d+(?::\d+)?$"),
    re.compile(r"^\s*at (?P<function>[\w$.<>]+)\((?P<file>[\w$.-]+\.\w+):\d+\)$"),
)
"""As JavaScript (V8), Python, PHP, Ruby, JavaScript (Firefox, Safari) and Java write them."""
OTHERS: Final = ("node_modules/", "node:", "internal/", "site-packages/", "/vendor/", "/gems/", "<anonymous>", "native")
LAST_FIRST: Final = "Traceback (most recent call last)"
BUILD: Final = re.compile(r"(?<=[.-])[0-9a-f]{6,}(?=[.-])", re.IGNORECASE)
"""In a file's name: what changes with each build."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`value` is 16 hexadecimal digits. `title` has no names and numbers, `culprit` is the place, where it is known."""

    value: str
    type: str
    title: str
    culprit: str | None


def fingerprint_of(type_: str, message: str, stack: str, module: str) -> Fingerprint:
    """The same for errors that are the same. Without a stack, the module says where it was."""
    return _fingerprint(type_, message[:LONGEST_MESSAGE], stack[:LONGEST_STACK], module)


@lru_cache(1024)
def _fingerprint(type_: str, message: str, stack: str, module: str) -> Fingerprint:
    said, frames = normalised(message), _top(stack)
    parts = [type_, said, *(frames or [module])]
    value = hashlib.blake2b("\n".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
    title = said if said.startswith(type_) else ": ".join(filter(None, (type_, said)))
    return Fingerprint(value, type_, title[:LONGEST_TITLE] or UNTITLED, next(iter(frames), None))


def normalised(message: str) -> str:
    """The message with names and numbers called by what they are: `order <n> of <email> is missing`."""
    return " ".join(VARIABLE.sub(lambda match: f"<{match.lastgroup}>", message).split())


def _top(stack: str) -> list[str]:
    """The newest frames: of our own code, where there are some."""
    frames = list(_frames(stack))
    if LAST_FIRST in stack:
        frames.reverse()
    ours = [name for name, is_ours in frames if is_ours]
    return (ours or [name for name, _ in frames])[:MOST_FRAMES]


def _frames(stack: str) -> Iterator[tuple[str, bool]]:
    for line in stack.split("\n"):
        text = line.strip()
        match = next(filter(None, (pattern.match(text) for pattern in FRAMES)), None) if len(text) <= 300 else None
        if match is not None:
            path = re.split("[?#]", match["file"], maxsplit=1)[0]
            function = (match["function"] or "").partition(" [as ")[0].removeprefix("async ")
            file = "/".join(BUILD.sub("*", path).replace("\\", "/").split("/")[-2:])
            yield (f"{function} ({file})" if function else file), not any(other in path for other in OTHERS)
