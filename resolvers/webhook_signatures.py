"""Whether a webhook comes from whom it says: its signature is checked over the bytes as they came, in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from core import clock
from core.errors import InvalidInput, Unauthenticated
from core.webhook_settings import public_key_of

LONGEST_ID: Final = 255
SIGNED_PARTS: Final = ("id", "timestamp", "signature")
SENDGRID: Final = "x-twilio-email-event-webhook"
FRESH: Final = timedelta(minutes=5)
MAILGUN_TRIES: Final = timedelta(hours=12)
SENDGRID_TRIES: Final = timedelta(days=4)
"""How long they send again what was not taken, and some more: neither says that it is signed anew."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a sender sent. The names of headers are in lower case."""

    body: bytes
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """Raises `InvalidInput` for one that is missing, or not as any that is sent."""
        return checked_id(self.headers.get(name, "").strip(), name)


def checked_id(value: Any, name: str) -> str:
    """Raises `InvalidInput` for what names nothing."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isprintable():
        raise InvalidInput(f"{name} must have 1 to {LONGEST_ID} printable characters", name)
    return value


def check_standard(secrets: Sequence[SecretStr], request: SignedRequest) -> str:
    """The message's id. Standard Webhooks, with the headers `webhook-…`, or `svix-…` as Svix writes them: at most five
    minutes old or new, signed with any of the secrets. Raises `Unauthenticated`."""
    prefix = "svix" if "svix-id" in request.headers else "webhook"
    headers = {f"webhook-{part}": request.headers.get(f"{prefix}-{part}", "") for part in SIGNED_PARTS}
    if not any(_verifies(secret.get_secret_value(), request.body, headers) for secret in secrets):
        raise _refused()
    return headers["webhook-id"]


def check_hex(secrets: Sequence[SecretStr], request: SignedRequest) -> None:
    """`X-Signature: sha256=<hex>`, the HMAC-SHA256 (RFC 2104) of the body. Raises `Unauthenticated`."""
    _check_hmac((secret.get_secret_value() for secret in secrets), request.body, _hex_signature(request))


def check_base64(secrets: Iterable[str], request: SignedRequest) -> None:
    """`X-Shopify-Hmac-Sha256`, the HMAC-SHA256 of the body in base64. Raises `Unauthenticated`."""
    text = request.headers.get("x-shopify-hmac-sha256", "")
    try:
        given = base64.b64decode(text, validate=True)
    except ValueError:
        given = b""
    _check_hmac(secrets, request.body, given)


def check_password(passwords: Sequence[SecretStr], request: SignedRequest) -> None:
    """The password of `Authorization: Basic` (RFC 7617), whoever the user is. Raises `Unauthenticated`."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(text.strip(), validate=True).partition(b":")[2] if scheme.lower() == "basic" else b""
    except ValueError:
        given = b""
    if not any(hmac.compare_digest(password.get_secret_value().encode(), given) for password in passwords):
        raise Unauthenticated("The password is missing or not valid")


def check_timed_hex(secrets: Sequence[SecretStr], request: SignedRequest) -> None:
    """`X-Signature: sha256=<hex>`, the HMAC-SHA256 of `<X-Timestamp>.<body>`: at most five minutes old or new. Raises
    `Unauthenticated`."""
    timestamp, given = request.headers.get("x-timestamp", ""), _hex_signature(request)
    _check_fresh(timestamp, FRESH)
    signed = timestamp.encode() + b"." + request.body
    _check_hmac((secret.get_secret_value() for secret in secrets), signed, given)


def check_mailgun(keys: Sequence[SecretStr], timestamp: str, token: str, signature: str) -> None:
    """The HMAC-SHA256 of timestamp and token, in hex. It says nothing of the body: whoever uses it sees to it that a
    token is good for one body only. Raises `Unauthenticated`.

    https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
    """
    _check_fresh(timestamp, MAILGUN_TRIES)
    given = bytes.fromhex(signature) if _is_hex(signature) else b""
    _check_hmac((key.get_secret_value() for key in keys), f"{timestamp}{token}".encode(), given)


def check_sendgrid(keys: Sequence[SecretStr], request: SignedRequest) -> None:
    """ECDSA with SHA-256 over timestamp and body, in base64. Raises `Unauthenticated`.

    https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
    """
    timestamp = request.headers.get(f"{SENDGRID}-timestamp", "")
    _check_fresh(timestamp, SENDGRID_TRIES)
    try:
        signature = base64.b64decode(request.headers.get(f"{SENDGRID}-signature", ""), validate=True)
    except ValueError:
        raise _refused() from None
    signed = timestamp.encode() + request.body
    if not any(_is_signed_with(key.get_secret_value(), signature, signed) for key in keys):
        raise _refused()


def _is_signed_with(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        public_key_of(key).verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _check_fresh(timestamp: str, allowed: timedelta) -> None:
    seconds = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 else 0
    if abs(clock.now().timestamp() - seconds) > allowed.total_seconds():
        raise _refused()


def _hex_signature(request: SignedRequest) -> bytes:
    scheme, _, text = request.headers.get("x-signature", "").partition("=")
    return bytes.fromhex(text) if scheme == "sha256" and _is_hex(text) else b""


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except Exception:
        # It raises its own errors, and others for what it did not expect: headers that are no numbers or no base64.
        return False
    return True


def _check_hmac(secrets: Iterable[str], body: bytes, given: bytes) -> None:
    signatures = [hmac.digest(secret.encode(), body, hashlib.sha256) for secret in secrets]
    if not any(hmac.compare_digest(signature, given) for signature in signatures):
        raise _refused()


def _is_hex(text: str) -> bool:
    return len(text) == 2 * hashlib.sha256().digest_size and not set(text.lower()) - set("0123456789abcdef")


def _refused() -> Unauthenticated:
    return Unauthenticated("The signature is missing, not valid, or too old")
