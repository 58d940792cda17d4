"""What a file is, by its content: one of a few kinds, or it is refused. What its sender calls it decides nothing but
which of the names of a kind it keeps.

Every kind is told by its first bytes, exactly. Libraries that know hundreds of kinds answer with probabilities, and let
the name of the file weigh in.
"""

import codecs
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

HEAD: Final = 4096
PIECE: Final = 1024 * 1024
END_OF_ZIP: Final = 22 + 65_535
"""Bytes at the end of an archive in which its directory is announced (APPNOTE.TXT, 4.3.16)."""
LARGEST_DIRECTORY: Final = 1024 * 1024
"""Bytes of an archive's directory that is looked into: each entry of it costs memory."""
CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""What no text has. Logs have escapes (27), for colours."""
MACROS: Final = "vbaProject.bin"


@dataclass(frozen=True, slots=True)
class FileType:
    """`suffixes` are those that such files have, in lower case; one that has none of them gets the first."""

    media_type: str
    suffixes: tuple[str, ...]


PNG: Final = FileType("image/png", ("png",))
JPEG: Final = FileType("image/jpeg", ("jpg", "jpeg"))
GIF: Final = FileType("image/gif", ("gif",))
WEBP: Final = FileType("image/webp", ("webp",))
AVIF: Final = FileType("image/avif", ("avif",))
HEIC: Final = FileType("image/heic", ("heic", "heif"))
PDF: Final = FileType("application/pdf", ("pdf",))
MP4: Final = FileType("video/mp4", ("mp4", "m4v"))
QUICKTIME: Final = FileType("video/quicktime", ("mov",))
WEBM: Final = FileType("video/webm", ("webm",))
GZIP: Final = FileType("application/gzip", ("gz", "tgz"))
ZIP: Final = FileType("application/zip", ("zip",))
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
DOCX: Final = FileType(f"{_OPEN_XML}wordprocessingml.document", ("docx",))
XLSX: Final = FileType(f"{_OPEN_XML}spreadsheetml.sheet", ("xlsx",))
PPTX: Final = FileType(f"{_OPEN_XML}presentationml.presentation", ("pptx",))
ODT: Final = FileType("application/vnd.oasis.opendocument.text", ("odt",))
ODS: Final = FileType("application/vnd.oasis.opendocument.spreadsheet", ("ods",))
JSON: Final = FileType("application/json", ("json", "har"))
CSV: Final = FileType("text/csv", ("csv",))
TEXT: Final = FileType(
    "text/plain", ("txt", "log", "md", "csv", "tsv", "json", "har", "yaml", "yml", "toml", "sql", "css", "liquid")
)
"""Pages and programs (`html`, `svg`, `js`, `bat`, …) are texts, and get `txt` at their end: nothing runs them then."""
KINDS: Final = (
    PNG, JPEG, GIF, WEBP, AVIF, HEIC, PDF, MP4, QUICKTIME, WEBM, GZIP, ZIP, DOCX, XLSX, PPTX, ODT, ODS, JSON, CSV, TEXT
)  # fmt: skip

_BEGINNINGS: Final[tuple[tuple[re.Pattern[bytes], FileType], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"\x89PNG\r\n\x1a\n", PNG),
        (rb"\xff\xd8\xff", JPEG),
        (rb"GIF8[79]a", GIF),
        (rb"RIFF....WEBP", WEBP),
        (rb"%PDF-\d", PDF),
        (rb"\x1aE\xdf\xa3.{0,64}?\x42\x82[\x80-\x8f]webm", WEBM),
        (rb"\x1f\x8b\x08", GZIP),
    )
)
_BRANDS: Final[tuple[tuple[frozenset[bytes], FileType], ...]] = (
    (frozenset({b"avif", b"avis"}), AVIF),
    (frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1"}), HEIC),
    (frozenset({b"qt  "}), QUICKTIME),
    (frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}), MP4),
)
_PARTS_OF_OFFICE: Final = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_OPEN_DOCUMENT: Final = {kind.media_type.encode(): kind for kind in (ODT, ODS)}
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def type_of(file: BinaryIO, suffix: str) -> FileType | None:
    """None for what is of no known kind. The file is read, and left at its beginning; `suffix` is what its name ends
    in, in lower case."""
    file.seek(0)
    head = file.read(HEAD)
    kind = _by_beginning(head) or _video_or_photo(head) or _archive(file, head) or _text(file, head, suffix)
    file.seek(0)
    return kind


def _by_beginning(head: bytes) -> FileType | None:
    return next((kind for pattern, kind in _BEGINNINGS if pattern.match(head)), None)


def _video_or_photo(head: bytes) -> FileType | None:
    """By the brands of the ISO base media file format (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return None
    size = int.from_bytes(head[:4])
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, min(size, HEAD), 4))}
    return next((kind for known, kind in _BRANDS if head[8:12] in known), None) or next(
        (kind for known, kind in _BRANDS if brands & known), None
    )


def _archive(file: BinaryIO, head: bytes) -> FileType | None:
    """Nothing is unpacked: what an archive has inside is told by its directory."""
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    directory = _directory_size(file)
    if directory is None:
        return None
    stored = re.match(rb"PK\x03\x04.{22}\x08\0..mimetype([\w./+-]+)", head, re.DOTALL)
    if stored is not None:
        return next((kind for name, kind in _OPEN_DOCUMENT.items() if stored[1].startswith(name)), ZIP)
    return _office(file) or ZIP if directory <= LARGEST_DIRECTORY else ZIP


def _directory_size(file: BinaryIO) -> int | None:
    """In bytes; None for what has no directory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_OF_ZIP))
    _, found, rest = file.read().rpartition(b"PK\x05\x06")
    return int(struct.unpack_from("<8xL", rest)[0]) if found and len(rest) >= 18 else None


def _office(file: BinaryIO) -> FileType | None:
    """Documents without macros."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return None
    if "[Content_Types].xml" not in names or any(name.endswith(MACROS) for name in names):
        return None
    return next((kind for part, kind in _PARTS_OF_OFFICE if any(name.startswith(part) for name in names)), None)


def _text(file: BinaryIO, head: bytes, suffix: str) -> FileType | None:
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    file.seek(0)
    if not (_decodes(file, encoding) if encoding else _has_no_controls(file)):
        return None
    if suffix in JSON.suffixes and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return JSON
    return CSV if suffix in CSV.suffixes else TEXT


def _has_no_controls(file: BinaryIO) -> bool:
    return not any(CONTROLS.search(piece) for piece in _pieces(file))


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        texts = [not CONTROLS.search(decoder.decode(piece).encode()) for piece in _pieces(file)]
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return all(texts)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
