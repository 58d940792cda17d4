"""The commands of the server, by name."""

from embedded_mongo.commands import administration, handshake, indexing, modifying, reading, writing
from embedded_mongo.commands.registry import Command, run

__all__ = [
    "Command",
    "administration",
    "handshake",
    "indexing",
    "modifying",
    "reading",
    "run",
    "writing",
]
