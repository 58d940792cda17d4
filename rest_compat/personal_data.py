"""A person's data as JSON that is written while it is read: it may be larger than what fits in memory."""

from collections.abc import AsyncIterator
from typing import Final

import orjson

from core.inputs import iso
from resolvers.gdpr import PersonalData

JSON: Final = "application/json"
PIECE: Final = 64 * 1024
"""Bytes that are sent at once."""


async def streamed(data: PersonalData, before: bytes = b"", after: bytes = b"") -> AsyncIterator[bytes]:
    """An object with `email, language, gatheredAt, collections`, a line per document, between `before` and `after`.
    What breaks off is no valid JSON, so nobody takes it for the whole."""
    about = {"email": data.email, "language": data.language, "gatheredAt": iso(data.gathered_at)}
    piece = bytearray(before + orjson.dumps(about)[:-1] + b',"collections":{')
    for number, (name, rows) in enumerate(data.streams()):
        piece += (b",\n" if number else b"\n") + orjson.dumps(name) + b":["
        separator = b"\n"
        async for row in rows:
            piece += separator + orjson.dumps(row)
            separator = b",\n"
            if len(piece) > PIECE:
                yield bytes(piece)
                piece.clear()
        piece += b"]"
    yield bytes(piece) + b"}}" + after
