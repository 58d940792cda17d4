"""Files that people attach, of every kind that is taken, as small as they can be."""

import zipfile
import zlib
from io import BytesIO
from typing import Any

from core.actor import Actor
from models.attachments import Attachment
from models.files import File, FileChunk
from resolvers.attachment_files import read_file
from resolvers.attachments import NewFile, upload_attachments

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"
GIF = b"GIF89a\x01\0\x01\0\0\0\0;"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04"
MATROSKA = WEBM.replace(b"\x84webm", b"\x88matroska")


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    """The beginning of a file of the ISO base media format."""
    brands = major + b"\0\0\x02\0" + b"".join(compatible)
    return (len(brands) + 8).to_bytes(4) + b"ftyp" + brands + b"\0\0\0\x08free"


def zipped(*names: str, comment: bytes = b"", **contents: bytes) -> bytes:
    """An archive with entries of these names."""
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, contents.get(name, b"x"))
        archive.comment = comment
    return kept.getvalue()


def office(part: str, *more: str) -> bytes:
    return zipped("[Content_Types].xml", "_rels/.rels", f"{part}/document.xml", *more)


def gzipped(content: bytes) -> bytes:
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + zlib.compress(content)


def a_file(name: str = "photo.png", content: bytes = PNG) -> NewFile:
    return NewFile(name, BytesIO(content))


async def uploaded(actor: Actor, app_id: str, *files: NewFile) -> list[Attachment]:
    return await upload_attachments(actor, app_id, files or [a_file()])


async def content_of(attachment: Attachment, start: int = 0, stop: int | None = None) -> bytes:
    end = attachment.size if stop is None else stop
    return b"".join([piece async for piece in read_file(attachment.id, start, end)])


async def stored_counts() -> tuple[int, int, int]:
    """How many attachments, files and pieces of files there are."""
    kinds: tuple[Any, ...] = (Attachment, File, FileChunk)
    attachments, files, chunks = [await kind.find_all().count() for kind in kinds]
    return attachments, files, chunks
