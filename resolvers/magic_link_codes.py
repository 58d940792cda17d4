"""The six digits that stand for a link: they follow from its token, so that the page behind it can show them, and are
kept as a keyed hash, since a million of them are tried in no time."""

import hashlib
import hmac
from typing import Final

from beanie import PydanticObjectId

from core.settings import Settings
from models.magic_links import MagicLink

DIGITS: Final = 6
PURPOSE: Final = "magic-link"


def code_of(settings: Settings, token: str) -> str:
    """With the current key."""
    return _code(settings.key(PURPOSE), token)


def digest_of_code(settings: Settings, link_id: PydanticObjectId, code: str) -> str:
    """What is stored: the keyed BLAKE2b-256 (RFC 7693) of a code, another one for each link."""
    return _digest(settings.key(PURPOSE), link_id, code)


def is_code(settings: Settings, link: MagicLink, code: str) -> bool:
    """Compared in constant time."""
    digests = (_digest(key, link.id, code) for key in settings.keys(PURPOSE))
    return any(hmac.compare_digest(digest, link.code_digest) for digest in digests)


def code_behind(settings: Settings, link: MagicLink, token: str) -> str | None:
    """The code of a link whose token is known; None where it was made with a key that is not kept."""
    codes = (_code(key, token) for key in settings.keys(PURPOSE))
    return next((code for code in codes if is_code(settings, link, code)), None)


def _code(key: bytes, token: str) -> str:
    digest = hashlib.blake2b(token.encode(), key=key, digest_size=16, person=b"code").digest()
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}}"


def _digest(key: bytes, link_id: PydanticObjectId, code: str) -> str:
    return hashlib.blake2b(f"{link_id}:{code}".encode(), key=key, digest_size=32, person=b"digest").hexdigest()
