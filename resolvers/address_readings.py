"""Whether bytes have an e-mail address in them, however it is written there."""

import base64
import binascii
import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from core.inputs import key_of_email
from models.erasure_certificates import Trace

LAYERS: Final = 2
"""How many encodings within each other are undone: an address in a URL in the query of another, in base64 in a mail."""

_BEFORE: Final = rb"(?<![a-z0-9])(?<![a-z0-9][._+-])"
_BEFORE_IN_BOUNCES: Final = rb"(?<![a-z0-9])(?<![a-z0-9][._])"
_AFTER: Final = rb"(?![a-z0-9_-]|\.[a-z0-9])"
_PERCENT: Final = re.compile(rb"%[0-9a-fA-F]{2}")
_QUOTED: Final = re.compile(rb"=[0-9a-fA-F]{2}|=\r?\n")
_ENTITY: Final = re.compile(rb"&(?:#|commat|period|lowbar|plus)")
_ESCAPE: Final = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbf/]))")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-][A-Za-z0-9+/_\r\n-]{11,}")
_CAPITAL: Final = re.compile(rb"[A-Z]")
_NEWLINES: Final = b"\r\n"
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


class Marker:
    """What tells of a person: their address, and its digests in hex.

    The address is found whatever its case, percent-encoded (RFC 3986), quoted-printable and base64 (RFC 2045), with
    escapes of HTML and JSON, in UTF-16, and with `=` for `@` as bounce addresses write it (VERP). A longer address that
    ends or begins with it is somebody else's. What is compressed or encrypted can't be read.
    """

    def __init__(self, address: str, digests: Sequence[str]) -> None:
        key = key_of_email(address)
        self._is_ascii = key.isascii()
        local, _, domain = key.rpartition("@")
        plain = {key.encode(), f"{local}@{_in_ascii(domain)}".encode()}
        self._addresses = [(one, re.compile(_BEFORE + re.escape(one) + _AFTER)) for one in sorted(plain)]
        in_bounces = f"{local}={domain}".encode()
        self._addresses.append((in_bounces, re.compile(_BEFORE_IN_BOUNCES + re.escape(in_bounces) + _AFTER)))
        self._wide = [key.encode("utf-16-le"), key.encode("utf-16-be")]
        # The plain hash is what others make of an address, such as for a portrait.
        self._digests = [digest.encode() for digest in (*digests, hashlib.sha256(key.encode()).hexdigest())]

    def traces_in(self, raw: bytes) -> frozenset[Trace]:
        """What of the person is in the bytes."""
        lowered = raw.lower()
        found = {Trace.DIGEST} if any(digest in lowered for digest in self._digests) else set()
        if any(self._is_in(reading) for reading in readings(raw)):
            found.add(Trace.ADDRESS)
        return frozenset(found)

    def _is_in(self, raw: bytes) -> bool:
        text = raw.lower() if self._is_ascii else raw.decode("utf-8", "replace").casefold().encode()
        if any(needle in text and alone.search(text) for needle, alone in self._addresses):
            return True
        return any(wide in text for wide in self._wide)


def readings(raw: bytes, layers: int = LAYERS) -> Iterator[bytes]:
    """The bytes, and what they are when encodings are undone."""
    yield raw
    if layers:
        for inner in _undone(raw):
            yield from readings(inner, layers - 1)


def _undone(raw: bytes) -> Iterator[bytes]:
    if _PERCENT.search(raw):
        yield unquote_to_bytes(raw)
    if _QUOTED.search(raw):
        yield binascii.a2b_qp(raw)
    if _ENTITY.search(raw):
        yield html.unescape(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if _ESCAPE.search(raw):
        yield _ESCAPE.sub(_unescaped, raw)
    # In base64 an @ is or has a capital, wherever it falls: what has none is hex, or words.
    if runs := [run.translate(_URL_SAFE, _NEWLINES) for run in _BASE64.findall(raw) if _CAPITAL.search(run)]:
        # What comes before the run may belong to its alphabet, and shifts it.
        for shift in range(4):
            yield b" ".join(_from_base64(run[shift:]) for run in runs)


def _from_base64(run: bytes) -> bytes:
    whole = run[: len(run) - len(run) % 4]
    rest = run[len(whole) :] if len(run) % 4 > 1 else b""
    return base64.b64decode(whole + rest + b"=" * (-len(rest) % 4))


def _unescaped(escape: re.Match[bytes]) -> bytes:
    """White space comes out as a space: it ends a word."""
    code = escape[1] or escape[2]
    return chr(int(code, 16)).encode("utf-8", "replace") if code else b" "


def _in_ascii(domain: str) -> str:
    """As it is in the DNS; itself where it can't be there."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
