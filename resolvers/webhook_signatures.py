"""Whether a webhook comes from whom it says: its signature is checked over the bytes as they came, in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from core.errors import InvalidInput, Unauthenticated

LONGEST_ID: Final = 255
SIGNED_PARTS: Final = ("id", "timestamp", "signature")


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
    scheme, _, text = request.headers.get("x-signature", "").partition("=")
    given = bytes.fromhex(text) if scheme == "sha256" and _is_hex(text) else b""
    _check_hmac((secret.get_secret_value() for secret in secrets), request.body, given)


def check_base64(secrets: Iterable[str], request: SignedRequest) -> None:
    """`X-Shopify-Hmac-Sha256`, the HMAC-SHA256 of the body in base64. Raises `Unauthenticated`."""
    text = request.headers.get("x-shopify-hmac-sha256", "")
    try:
        given = base64.b64decode(text, validate=True)
    except ValueError:
        given = b""
    _check_hmac(secrets, request.body, given)


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
    return Unauthenticated("The signature is missing, not valid, or older than five minutes")
