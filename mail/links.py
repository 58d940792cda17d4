"""The tokens in a mail's links: signed, so that nothing has to be stored for a link to be believed.

A tracking token names a delivery and a link by number. Where the link leads to is looked up by that number: nothing in
the token can redirect elsewhere. Its tag has 64 bits: who guesses one could do no more than count a click.

An unsubscribe token changes something, never expires and is the credential itself: its tag has 128 bits, and its key
serves no other purpose. The same holds for the tokens of tickets: that of an answer's address, and that of the page on
which customers say how content they are.
"""

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from bson import ObjectId

VERSION: Final = b"\x01"
OPENED: Final = 0
"""The number of the tracking pixel; links count from 1."""
MAX_LINK: Final = 2**16 - 1
ID_BYTES: Final = 12


class SignedBytes:
    """Bytes of a fixed length with a keyed BLAKE2b tag (RFC 7693), as URL-safe text without padding (RFC 4648)."""

    def __init__(self, keys: Sequence[bytes], *, length: int, tag_bytes: int) -> None:
        """`keys` are 16 to 64 bytes each: the first signs, all verify."""
        self._hashes = [blake2b(key=key, digest_size=tag_bytes) for key in keys]
        self._length = len(VERSION) + length
        self._total = self._length + tag_bytes

    def sign(self, payload: bytes) -> str:
        return _text(self.seal(payload))

    def verify(self, token: str) -> bytes | None:
        """The payload; None for anything that was not signed here, in constant time."""
        try:
            signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (Base64Error, ValueError):
            return None
        # The last character has bits to spare: one spelling alone is ours.
        return self.open(signed) if _text(signed) == token else None

    def seal(self, payload: bytes) -> bytes:
        """The payload with its tag, for another spelling than base64."""
        body = VERSION + payload
        return body + self._tag(self._hashes[0], body)

    def open(self, signed: bytes) -> bytes | None:
        """What was sealed here; None for anything else, in constant time."""
        if len(signed) != self._total or signed[:1] != VERSION:
            return None
        body, tag = signed[: self._length], signed[self._length :]
        matches = [hmac.compare_digest(self._tag(keyed, body), tag) for keyed in self._hashes]
        return body[len(VERSION) :] if any(matches) else None

    @staticmethod
    def _tag(keyed: blake2b, body: bytes) -> bytes:
        tag = keyed.copy()
        tag.update(body)
        return tag.digest()


@dataclass(frozen=True, slots=True)
class Hit:
    """What a tracking token stands for. `link` counts from 1 in `Content.links`; `OPENED` is the pixel."""

    delivery: ObjectId
    link: int


class TrackingTokens:
    """31 characters: version, delivery, link number and a tag of 64 bits."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are `settings.keys("tracking")`."""
        self._signed = SignedBytes(keys, length=ID_BYTES + 2, tag_bytes=8)

    def issue(self, delivery: ObjectId, link: int) -> str:
        """`link` is 0 to `MAX_LINK`."""
        return self._signed.sign(delivery.binary + link.to_bytes(2, "big"))

    def read(self, token: str) -> Hit | None:
        payload = self._signed.verify(token)
        if payload is None:
            return None
        return Hit(ObjectId(payload[:ID_BYTES]), int.from_bytes(payload[ID_BYTES:], "big"))


class UnsubscribeTokens:
    """39 characters: version, the delivery that carried the link, and a tag of 128 bits. They never expire."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are `settings.keys("unsubscribe")`."""
        self._signed = SignedBytes(keys, length=ID_BYTES, tag_bytes=16)

    def issue(self, delivery: ObjectId) -> str:
        return self._signed.sign(delivery.binary)

    def read(self, token: str) -> ObjectId | None:
        payload = self._signed.verify(token)
        return ObjectId(payload) if payload else None


class RatingTokens:
    """39 characters: version, the ticket, and a tag of 128 bits. They never expire."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are `settings.keys("ticket_rating")`."""
        self._signed = SignedBytes(keys, length=ID_BYTES, tag_bytes=16)

    def issue(self, ticket: ObjectId) -> str:
        return self._signed.sign(ticket.binary)

    def read(self, token: str) -> ObjectId | None:
        payload = self._signed.verify(token)
        return ObjectId(payload) if payload else None


class ReplyTokens:
    """47 letters and digits (base32, RFC 4648) for the local part of an address: version, the ticket, and a tag of 128
    bits. Mail servers may change the case of an address, which makes no difference here."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys` are `settings.keys("ticket_reply")`."""
        self._signed = SignedBytes(keys, length=ID_BYTES, tag_bytes=16)

    def issue(self, ticket: ObjectId) -> str:
        return _spelled(self._signed.seal(ticket.binary))

    def read(self, token: str) -> ObjectId | None:
        try:
            signed = b32decode(token.upper() + "=" * (-len(token) % 8))
        except (Base64Error, ValueError):
            return None
        payload = self._signed.open(signed) if _spelled(signed) == token.lower() else None
        return ObjectId(payload) if payload else None


def _spelled(signed: bytes) -> str:
    return b32encode(signed).rstrip(b"=").decode().lower()


def _text(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
