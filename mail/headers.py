"""Header fields: addresses, encoding (RFC 2047) and folding (RFC 5322). No value can begin a header of its own."""

import re
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import idna

from core.errors import InvalidInput

LINE_LENGTH: Final = 76
LONGEST_WORD: Final = 900
"""A line has at most 998 characters, and folds between words alone."""
ENCODED_BYTES: Final = 39
"""Of one encoded word: with its frame, and the header's name before it, it stays within a line."""
LONGEST_LOCAL_PART: Final = 64
LONGEST_ADDRESS: Final = 254

CONTROLS: Final = re.compile(r"[\x00-\x20\x7f]+")
ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
ADDRESS: Final = re.compile(
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)"
)
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. `email` is ASCII, an international domain in its encoded form (IDNA): make it with `address`."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]

    def __str__(self) -> str:
        """As a header has it, unfolded."""
        return " ".join(mailbox(self))


def address(email: str, name: str = "", *, field: str = "email") -> Address:
    """Raises `InvalidInput` for what is no address, and where letters beyond ASCII stand before the @."""
    local, _, domain = email.strip().rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            domain = ""
    plain = f"{local}@{domain}"
    if not ADDRESS.fullmatch(plain) or len(local) > LONGEST_LOCAL_PART or len(plain) > LONGEST_ADDRESS:
        raise InvalidInput(f"{email[:LONGEST_ADDRESS]!r} is not an e-mail address that can be written to", field)
    return Address(plain, one_line(name))


def one_line(text: str) -> str:
    """Control characters, line ends and runs of spaces become one space."""
    return CONTROLS.sub(" ", text).strip(" ")


def unstructured(text: str) -> list[str]:
    """The words of a value such as a subject, encoded where they have to be."""
    text = one_line(text)
    words = text.split(" ")
    if text.isascii() and "=?" not in text and max(map(len, words)) <= LONGEST_WORD:
        return words
    return encoded_words(text)


def mailbox(mailbox: Address) -> list[str]:
    """`Ada Lovelace <ada@example.com>`, in the words between which it may be folded."""
    if not mailbox.name:
        return [mailbox.email]
    return [*_phrase(mailbox.name), f"<{mailbox.email}>"]


def encoded_words(text: str) -> list[str]:
    """RFC 2047, UTF-8 in base64, cut between characters."""
    words, chunk = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > ENCODED_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return [f"=?utf-8?b?{b2a_base64(word, newline=False).decode()}?=" for word in (*words, chunk)]


def header(name: str, words: Iterable[str]) -> bytes:
    """One header field with its line end, folded between words."""
    line, lines = f"{name}:", []
    for word in words:
        if len(line) + 1 + len(word) > LINE_LENGTH and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return ("\r\n".join([*lines, line]) + "\r\n").encode("ascii")


def _phrase(name: str) -> list[str]:
    if not name.isascii() or "=?" in name or max(map(len, name.split(" "))) > LONGEST_WORD:
        return encoded_words(name)
    if ATOMS.fullmatch(name):
        return name.split(" ")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.split(" ")
