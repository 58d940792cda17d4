"""Addresses that are kept as keyed hashes alone: enough to recognise one, too little to write to it."""

import hashlib

from core.inputs import key_of_email
from core.settings import Settings

PURPOSE = "suppression"


def digest_of_email(settings: Settings, address: str) -> str:
    """The keyed BLAKE2b-256 (RFC 7693) of an address, in hex, without regard to case."""
    return _digest(settings.key(PURPOSE), address)


def digests_of_email(settings: Settings, address: str) -> tuple[str, ...]:
    """That of the current key first, then those that were made with the previous ones."""
    return tuple(_digest(key, address) for key in settings.keys(PURPOSE))


def _digest(key: bytes, address: str) -> str:
    return hashlib.blake2b(key_of_email(address).encode(), key=key, digest_size=32).hexdigest()
