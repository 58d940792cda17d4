"""Names of files that people chose, made harmless: for a header, for every file system, and for the eye."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from resolvers.attachment_types import FileType

LONGEST: Final = 150
"""Bytes in UTF-8 before the suffix: file systems take 255, and people add to names."""
LONGEST_SUFFIX: Final = 10
NAMELESS: Final = "file"
RESERVED: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL"} | {f"{device}{number}" for device in ("COM", "LPT") for number in "0123456789¹²³"}
)
"""Windows takes these for devices, whatever the suffix."""
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')


def plain_name(given: str) -> str:
    """Without folders, control characters and marks that turn the direction of writing (Unicode categories C), and of
    no more than some length."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    printable = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    name = " ".join(_FORBIDDEN.sub("_", printable).split()).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    return f"{_cut(stem)}.{suffix}" if dot and len(suffix) <= LONGEST_SUFFIX else _cut(name) or NAMELESS


def suffix_of(name: str) -> str:
    """In lower case; empty where there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def file_name(plain: str, kind: FileType) -> str:
    """A plain name with a suffix that files of the kind have: `photo.exe` that is an image is `photo.exe.png`."""
    stem, _, suffix = plain.rpartition(".")
    if suffix_of(plain) not in kind.suffixes:
        stem, suffix = plain, kind.suffixes[0]
    is_device = stem.partition(".")[0].strip().upper() in RESERVED
    return f"{'_' if is_device else ''}{stem or NAMELESS}.{suffix}"


def content_disposition(filename: str) -> str:
    """A download under that name (RFC 6266): in ASCII for old programs, and as it is (RFC 8187)."""
    ascii_only = "".join(letter if letter.isascii() and letter != "%" else "_" for letter in filename)
    return f"attachment; filename=\"{ascii_only}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _cut(text: str) -> str:
    return text.encode()[:LONGEST].decode(errors="ignore").strip(" .")
