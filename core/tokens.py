"""Signed tokens of staff and end users (JWT, RFC 7519), and random tokens that travel in links."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import jwt

from core import clock
from core.errors import Unauthenticated
from core.settings import Settings

ALGORITHM: Final = "HS256"
ISSUER: Final = "allover"
TYPE: Final = "at+jwt"
VERIFIED_KEPT: Final = 1024
CLAIMS: Final = ["sub", "iss", "aud", "exp", "iat", "jti", "ver", "auth_time"]


class Audience(StrEnum):
    STAFF = "staff"
    END_USER = "end_user"


@dataclass(frozen=True, slots=True)
class Claims:
    """`version` must equal the subject's token version; `authenticated_at` is the login that the token goes back to."""

    audience: Audience
    subject: str
    version: int
    authenticated_at: datetime
    expires_at: datetime
    app_id: str | None = None


class Tokens:
    """Issues and reads tokens. Each key has an id and the one algorithm it is used with."""

    def __init__(self, settings: Settings) -> None:
        self._lifetimes = {
            Audience.STAFF: timedelta(minutes=settings.token_minutes),
            Audience.END_USER: timedelta(hours=settings.end_user_hours),
        }
        self._keys = {_key_id(key): key for key in settings.keys("jwt")}
        self._current = next(iter(self._keys))
        self._verified = lru_cache(VERIFIED_KEPT)(self._verify)
        """A token's signature does not change: clients send the same one many times."""

    def issue(
        self,
        audience: Audience,
        subject: str,
        *,
        version: int,
        authenticated_at: datetime | None = None,
        app_id: str | None = None,
    ) -> str:
        now = clock.now()
        claims = {
            "iss": ISSUER,
            "aud": audience.value,
            "sub": subject,
            "ver": version,
            "iat": now,
            "exp": now + self._lifetimes[audience],
            "auth_time": int((authenticated_at or now).timestamp()),
            "jti": secrets.token_urlsafe(16),
        } | ({"app": app_id} if app_id else {})
        headers = {"typ": TYPE, "kid": self._current}
        return jwt.encode(claims, self._keys[self._current], ALGORITHM, headers=headers)

    def read(self, token: str) -> Claims:
        """Of whichever audience: the claims say of which.

        Raises `Unauthenticated`, which says whether the token expired or is not one of ours.
        """
        try:
            claims = self._verified(token)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Unauthenticated("The token is not valid") from None
        if clock.now() >= claims.expires_at:
            raise Unauthenticated("The token has expired: log in again")
        return claims

    def _verify(self, token: str) -> Claims:
        header = jwt.get_unverified_header(token)
        key = self._keys.get(header.get("kid", ""))
        if header.get("typ") != TYPE or key is None:
            raise jwt.InvalidTokenError("typ or kid")
        return _claims(
            jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=[audience.value for audience in Audience],
                # Whether it expired is asked at each use, by the clock that tests can move.
                options={"require": CLAIMS, "verify_exp": False, "verify_iat": False},
            )
        )


def random_token() -> str:
    """192 random bits for a link; keep its `fingerprint` alone."""
    return secrets.token_urlsafe(24)


def fingerprint(token: str) -> str:
    """What is stored of a random token: its SHA-256 in hex (no salt: the token itself is random)."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"kid" + key).hexdigest()[:8]


def _claims(claims: dict[str, Any]) -> Claims:
    if not isinstance(claims["ver"], int) or not isinstance(claims["jti"], str):
        raise TypeError("ver and jti")
    return Claims(
        # One audience: a list of them is no member of the enumeration.
        audience=Audience(claims["aud"]),
        subject=claims["sub"],
        version=claims["ver"],
        authenticated_at=datetime.fromtimestamp(int(claims["auth_time"]), clock.now().tzinfo),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), clock.now().tzinfo),
        app_id=claims.get("app"),
    )
