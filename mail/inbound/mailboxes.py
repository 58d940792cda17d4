"""Address fields as they come (RFC 5322): groups, comments, names with commas that should have been quoted."""

import re
from dataclasses import dataclass
from typing import Final

from mail.inbound.fields import text_of

MOST: Final = 1_000
LONGEST_ADDRESS: Final = 320
TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"?|<([^<>]*)>?|([(),;:])|([^"<(),;:]+)|(.)', re.DOTALL)
EMAIL: Final = re.compile(r"(?<![^\s<>()\",;:])[^\s@<>()\",;:]{1,250}@[^\s@<>()\",;:]{1,250}")
"""It is looked for where a word begins alone, so that long words cost no more than their length."""
SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody in an address field. `email` is as it was written, its domain in lower case; it may be anything, also
    without a domain (`MAILER-DAEMON`), and is empty where nothing was between the angle brackets."""

    email: str
    name: str = ""

    @property
    def local_part(self) -> str:
        return self.email.rpartition("@")[0] or self.email

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2] if "@" in self.email else ""


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Those of a field, at most a thousand."""
    found: list[Mailbox] = []
    reader = _Reader(found)
    for token in TOKEN.finditer(value):
        reader.take(token)
        if len(found) >= MOST:
            break
    reader.end("")
    return tuple(found[:MOST])


class _Reader:
    """What was read since the last mailbox ended."""

    def __init__(self, found: list[Mailbox]) -> None:
        self._found = found
        self._words: list[str] = []
        self._comments: list[str] = []
        self._address: str | None = None
        self._depth = 0
        """Of open comments."""

    def take(self, token: re.Match[str]) -> None:
        quoted, address, mark, text, other = token.groups()
        if mark in ("(", ")"):
            self._depth = max(0, self._depth + (1 if mark == "(" else -1))
        elif self._depth:
            self._comments.append(token[0])
        elif mark == ":":
            # The name of a group, unless it is `mailto:`.
            self._words.clear()
        elif mark:
            self.end(mark)
        elif address is not None:
            self._address = address
        elif quoted is not None:
            self._words.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            self._words.append(text or other)

    def end(self, mark: str) -> None:
        """A mailbox ends; what has no address yet, before a comma, is the beginning of a name with a comma in it."""
        text = "".join(self._words)
        if self._address is not None:
            self._add(self._address, text or "".join(self._comments))
        elif found := EMAIL.search(text):
            self._add(found[0], "".join(self._comments) or text.replace(found[0], ""))
        elif text.strip() and mark == "," and self._depth == 0 and len(text) < LONGEST_ADDRESS:
            self._words.append(", ")
            return
        elif (word := text.strip(" ,")) and not mark and " " not in word:
            self._add(word, "".join(self._comments))
        self._words.clear()
        self._comments.clear()
        self._address, self._depth = None, 0

    def _add(self, address: str, name: str) -> None:
        address = SPACES.sub("", address)[:LONGEST_ADDRESS].removeprefix("mailto:")
        local, _, domain = address.rpartition("@")
        name = SPACES.sub(" ", text_of(name)).strip(" '\",>")
        self._found.append(Mailbox(f"{local}@{domain.lower()}" if local else domain, name))
