"""API keys: `aoa_<environment>_<32 random base62><CRC-32 in base62>`.

The checksum tells a mistyped or truncated key without a look-up, and lets secret scanners recognise a leaked one.
"""

import secrets
import string
import zlib
from dataclasses import dataclass
from typing import Final

from core.tokens import fingerprint

ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM: Final = 32
CHECKSUM: Final = 6
VISIBLE: Final = 4


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is shown once; `prefix` and `digest` are kept."""

    secret: str
    prefix: str
    digest: str


def new_key(environment: str) -> NewKey:
    """`environment` is `live` or `test`."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    head = f"aoa_{environment}_"
    secret = f"{head}{body}{_checksum(body)}"
    return NewKey(secret, prefix=head + body[:VISIBLE], digest=fingerprint(secret))


def is_well_formed(secret: str) -> bool:
    scheme, _, rest = secret.partition("_")
    environment, _, body = rest.partition("_")
    return (
        scheme == "aoa"
        and environment in ("live", "test")
        and len(body) == RANDOM + CHECKSUM
        and secrets.compare_digest(_checksum(body[:RANDOM]).encode(), body[RANDOM:].encode())
    )


def _checksum(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
