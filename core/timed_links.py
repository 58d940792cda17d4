"""Links that work for a while, for whoever has them: nothing is stored, what they are for and until when is signed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from core import clock
from core.errors import Gone, NotFound
from core.settings import Settings

STEP: Final = timedelta(minutes=15)
"""Links of the same quarter of an hour are the same, so that browsers need not load an image twice."""
DIGEST_BYTES: Final = 16


def timed_token(settings: Settings, purpose: str, about: str, valid: timedelta) -> str:
    """For what `about` names, valid for that long, less at most a quarter of an hour."""
    now = int(clock.now().timestamp())
    until = now - now % int(STEP.total_seconds()) + int(valid.total_seconds())
    return f"{until:x}.{_signature(settings.key(purpose), about, until)}"


def check_timed_token(settings: Settings, purpose: str, about: str, token: str) -> None:
    """Raises `NotFound` for a token that is none of ours, `Gone` for one whose time is over."""
    until, _, signature = token.partition(".")
    try:
        moment = int(until, 16)
        signatures = [_signature(key, about, moment) for key in settings.keys(purpose)]
    except ValueError:
        raise _unknown() from None
    is_ours = any(hmac.compare_digest(known.encode(), signature.encode()) for known in signatures)
    if until != f"{moment:x}" or not is_ours:
        raise _unknown()
    if datetime.fromtimestamp(moment, UTC) <= clock.now():
        raise Gone("This link has expired: open the page again that it is on", "token")


def _signature(key: bytes, about: str, until: int) -> str:
    """The keyed BLAKE2b-128 (RFC 7693)."""
    digest = hashlib.blake2b(f"{until}:{about}".encode(), key=key, digest_size=DIGEST_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _unknown() -> NotFound:
    return NotFound("This link does not work", "token")
