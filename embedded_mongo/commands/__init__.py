"""The commands of the server, by name."""

from embedded_mongo.commands import (
    administration,
    aggregating,
    explaining,
    handshake,
    indexing,
    modifying,
    reading,
    writing,
)
from embedded_mongo.commands.registry import Command, run

__all__ = [
    "Command",
    "administration",
    "aggregating",
    "explaining",
    "handshake",
    "indexing",
    "modifying",
    "reading",
    "run",
    "writing",
]
