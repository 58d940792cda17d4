"""DKIM signatures (RFC 6376; Ed25519 after RFC 8463), relaxed for headers and body."""

import hashlib
import re
from base64 import b64encode
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from core.errors import InvalidInput
from mail.headers import header

SIGNED: Final = (
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "mime-version", "content-type",
    "content-transfer-encoding",
)  # fmt: skip
"""RFC 8058 wants both List-Unsubscribe headers signed."""
SIGNED_ONCE_MORE: Final = ("from", "to", "subject", "date")
"""Named once more than they occur, so that nobody can add a second one."""
PIECE: Final = 64
"""Characters of a signature between two places where it may be folded."""
SMALLEST_RSA_KEY: Final = 2048
DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
SPACES: Final = re.compile(rb"[ \t]+")
FOLDS: Final = re.compile(rb"\r\n(?=[ \t])")
SPACES_AT_ENDS: Final = re.compile(rb"[ \t]+(?=\r\n)")


class Signer:
    """Signs for `domain` by the key that its DNS publishes under `selector`.

    `private_key` is PEM: RSA of at least 2048 bits, or Ed25519 (which few receivers check yet). Raises `InvalidInput`.
    """

    def __init__(self, domain: str, selector: str, private_key: bytes) -> None:
        try:
            key = load_pem_private_key(private_key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise InvalidInput("The DKIM key is not an unencrypted private key in PEM", "dkimPrivateKey") from None
        if isinstance(key, RSAPrivateKey):
            if key.key_size < SMALLEST_RSA_KEY:
                raise InvalidInput(f"The DKIM key has fewer than {SMALLEST_RSA_KEY} bits", "dkimPrivateKey")
        elif not isinstance(key, Ed25519PrivateKey):
            raise InvalidInput("The DKIM key is neither RSA nor Ed25519", "dkimPrivateKey")
        for name, value in (("dkimDomain", domain), ("dkimSelector", selector)):
            if not DOMAIN.fullmatch(value):
                raise InvalidInput(f"{value!r} is not a domain name", name)
        self._key = key
        algorithm = "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"
        self._tags = ("v=1;", f"a={algorithm};", "c=relaxed/relaxed;", f"d={domain};", f"s={selector};")

    @property
    def dns_record(self) -> str:
        """The text of the TXT record at `<selector>._domainkey.<domain>`."""
        if isinstance(self._key, Ed25519PrivateKey):
            public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}"
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"

    def sign(self, content: bytes) -> bytes:
        """The message with its signature before it. Lines end with CRLF."""
        head, _, body = content.partition(b"\r\n\r\n")
        fields = _relaxed_fields(head)
        present = [name for name in SIGNED if name in fields]
        names = ":\n".join([*present, *SIGNED_ONCE_MORE]).split("\n")
        body_hash = b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        words = [*self._tags, f"h={names[0]}", *names[1:-1], f"{names[-1]};", f"bh={body_hash};"]
        own = f"dkim-signature:{' '.join(words)} b=".encode()
        signature = b64encode(self._signature(b"\r\n".join([*(fields[name] for name in present), own]))).decode()
        pieces = [signature[start : start + PIECE] for start in range(0, len(signature), PIECE)]
        return header("DKIM-Signature", [*words, f"b={pieces[0]}", *pieces[1:]]) + content

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(hashlib.sha256(data).digest())
        return self._key.sign(data, PKCS1v15(), SHA256())


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4."""
    body = SPACES_AT_ENDS.sub(b"", SPACES.sub(b" ", body)).rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _relaxed_fields(head: bytes) -> dict[str, bytes]:
    """Name and canonical form (RFC 6376, 3.4.2) of each header. Each that is signed occurs once in what we write."""
    fields = {}
    for field in FOLDS.sub(b"", head).split(b"\r\n"):
        name, _, value = field.partition(b":")
        fields[name.decode().lower()] = name.lower() + b":" + SPACES.sub(b" ", value).strip(b" ")
    return fields
