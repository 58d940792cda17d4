"""MongoDB's wire protocol: reading OP_MSG (and the OP_QUERY a driver says hello with), writing replies.

Source: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import struct
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from embedded_mongo.errors import MongoError
from embedded_mongo.values import Document, decode, encode

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER = struct.Struct("<iiii")  # length, request id, answered request id, operation
MAXIMUM_MESSAGE_BYTES = 48_000_000

_CHECKSUM_PRESENT, _MORE_TO_COME = 1, 2
_INTEGER = struct.Struct("<i")
_OP_REPLY_BODY = struct.Struct("<iqii")  # flags, cursor id, offset, number of documents
_request_ids = count(1)


class Batch(list[bytes]):
    """Documents of a cursor's reply, as BSON, so that what is stored needs no second encoding."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command. `documents` holds the BSON of lists that came beside its body, by their name."""

    identifier: int
    operation: int
    body: Document
    documents: dict[str, list[bytes]] = field(default_factory=dict)
    wants_reply: bool = True


def read_request(identifier: int, operation: int, payload: bytes) -> Request:
    """Read a message without its header. Raises MongoError if it is broken or of another kind."""
    try:
        if operation == OP_MSG:
            return _read_message(identifier, payload)
        if operation == OP_QUERY:
            start = payload.index(b"\0", 4) + 9  # flags, collection name, skip and limit come first
            return Request(identifier, operation, {**decode(payload[start:]), "$db": "admin"})
    except (struct.error, ValueError, IndexError) as error:
        raise MongoError(22, f"The message could not be read: {error}") from error
    raise MongoError(352, f"Unsupported OP_{operation}")


def _read_message(identifier: int, payload: bytes) -> Request:
    (flags,) = _INTEGER.unpack_from(payload)
    end = len(payload) - (4 if flags & _CHECKSUM_PRESENT else 0)
    position = 4
    body: Document = {}
    documents: dict[str, list[bytes]] = {}
    while position < end:
        kind = payload[position]
        (size,) = _INTEGER.unpack_from(payload, position + 1)
        section = payload[position + 1 : position + 1 + size]
        position += 1 + size
        if kind == 0:
            body = decode(section)
        else:
            name_end = section.index(b"\0", 4)
            documents[section[4:name_end].decode()] = _split(section[name_end + 1 :])
    return Request(identifier, OP_MSG, body, documents, wants_reply=not flags & _MORE_TO_COME)


def _split(data: bytes) -> list[bytes]:
    documents = []
    position = 0
    while position < len(data):
        (size,) = _INTEGER.unpack_from(data, position)
        if size < 5:
            raise ValueError("a document is too short")
        documents.append(data[position : position + size])
        position += size
    return documents


def write_reply(request: Request, reply: Document) -> bytes:
    """The message that answers a request."""
    document = _encode_reply(reply)
    if request.operation == OP_QUERY:
        body = _OP_REPLY_BODY.pack(8, 0, 0, 1) + document
        return HEADER.pack(16 + len(body), next(_request_ids), request.identifier, OP_REPLY) + body
    header = HEADER.pack(21 + len(document), next(_request_ids), request.identifier, OP_MSG)
    return b"".join((header, b"\0\0\0\0\0", document))


def _encode_reply(reply: Document) -> bytes:
    cursor: dict[str, Any] = reply.get("cursor") or {}
    batch_name = next((name for name, value in cursor.items() if isinstance(value, Batch)), None)
    if batch_name is None:
        return encode(reply)
    elements = [b"\x03%d\0" % index + raw for index, raw in enumerate(cursor[batch_name])]
    array = _document(b"".join(elements))
    others = encode({name: value for name, value in cursor.items() if name != batch_name})[4:-1]
    inner = _document(b"\x04" + batch_name.encode() + b"\0" + array + others)
    rest = encode({name: value for name, value in reply.items() if name != "cursor"})[4:-1]
    return _document(b"\x03cursor\0" + inner + rest)


def _document(elements: bytes) -> bytes:
    return _INTEGER.pack(len(elements) + 5) + elements + b"\0"
