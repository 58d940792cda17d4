"""Signatures that anybody can check who has the public key: Ed25519 (RFC 8032) over JSON in its one canonical form
(RFC 8785, for objects without floats and with ASCII keys)."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.settings import Settings

ALGORITHM: Final = "Ed25519"


@dataclass(frozen=True, slots=True)
class Signature:
    """Both in base64."""

    public_key: str
    value: str


def sign(settings: Settings, purpose: str, statement: Mapping[str, Any]) -> Signature:
    """By the key of a purpose, which follows from `SECRET_KEY`."""
    key = Ed25519PrivateKey.from_private_bytes(settings.key(purpose))
    return Signature(_public(key), base64.b64encode(key.sign(canonical(statement))).decode())


def is_signed(settings: Settings, purpose: str, statement: Mapping[str, Any], signature: str) -> bool:
    """Whether one of our keys, the previous ones among them, signed this statement and no other. What is no JSON or no
    signature was not signed."""
    try:
        message, value = canonical(statement), base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_verifies(Ed25519PrivateKey.from_private_bytes(key), value, message) for key in settings.keys(purpose))


def public_keys(settings: Settings, purpose: str) -> tuple[str, ...]:
    """In base64: that of the current key first, then those of the previous ones."""
    return tuple(_public(Ed25519PrivateKey.from_private_bytes(key)) for key in settings.keys(purpose))


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The bytes that are signed. Raises `ValueError` for what JSON can't say."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _verifies(key: Ed25519PrivateKey, signature: bytes, message: bytes) -> bool:
    try:
        key.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
