"""The files in a `winmail.dat`, which Outlook makes of attachments (MS-OXTNEF)."""

import struct
from typing import Final

from mail.inbound.charsets import decoded

TNEF: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
SIGNATURE: Final = b"\x78\x9f\x3e\x22"
ATTRIBUTE: Final = struct.Struct("<BII")
CHECKSUM: Final = 2
ATTACHMENT_BEGINS: Final = 0x00069002
ATTACHMENT_TITLE: Final = 0x00018010
ATTACHMENT_DATA: Final = 0x0006800F
MOST_FILES: Final = 100


def files_of(data: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each; none where it is damaged from the beginning."""
    files: list[list[str | bytes]] = []
    if not data.startswith(SIGNATURE):
        return []
    at = len(SIGNATURE) + 2
    while at + ATTRIBUTE.size <= len(data) and len(files) < MOST_FILES:
        _, attribute, length = ATTRIBUTE.unpack_from(data, at)
        at += ATTRIBUTE.size
        value = data[at : at + length]
        at += length + CHECKSUM
        if attribute == ATTACHMENT_BEGINS:
            files.append([f"attachment-{len(files) + 1}", b""])
        elif files and attribute == ATTACHMENT_TITLE:
            files[-1][0] = decoded(value).strip() or files[-1][0]
        elif files and attribute == ATTACHMENT_DATA:
            files[-1][1] = value
    return [(name, content) for name, content in files if isinstance(name, str) and isinstance(content, bytes)]
