"""Secrets at rest, encrypted (AES-256-GCM): a copy of the database does not give them away."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.settings import Settings

NONCE: Final = 12


def sealed(settings: Settings, purpose: str, plain: bytes, about: str) -> bytes:
    """`about` names what it belongs to: moved to another place, it can't be opened."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(settings.key(purpose)).encrypt(nonce, plain, about.encode())


def opened(settings: Settings, purpose: str, box: bytes, about: str) -> bytes | None:
    """None where no key opens it: `SECRET_KEY` was changed, and the one before it is not kept."""
    for key in settings.keys(purpose):
        try:
            return AESGCM(key).decrypt(box[:NONCE], box[NONCE:], about.encode())
        except InvalidTag:
            continue
    return None
