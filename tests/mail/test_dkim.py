"""DKIM signatures, verified by a library that did not make them."""

from datetime import UTC, datetime

import dkim
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from mail.content import Rendered
from mail.dkim import Signer
from mail.headers import address
from mail.message import Skeleton

RSA = generate_rsa_key(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()


def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


SIGNERS = [Signer("example.com", "s1", pem(RSA)), Signer("example.com", "s1", pem(ED25519))]


def message(signer: Signer, body: Rendered) -> bytes:
    skeleton = Skeleton(address("news@example.com", "Änne"), list_id="news.example.com", sign=signer.sign)
    return skeleton.message(
        ObjectId(),
        address("ada@example.org"),
        body,
        date=datetime(2026, 3, 3, tzinfo=UTC),
        unsubscribe_url="https://mail.test/u/token",
    ).content


def verified(content: bytes, signer: Signer) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes:
        return signer.dns_record.encode() if name == b"s1._domainkey.example.com." else b""

    return bool(dkim.verify(content, dnsfunc=dns))


@pytest.mark.parametrize("signer", SIGNERS, ids=["rsa", "ed25519"])
@given(
    subject=st.text(st.characters(exclude_categories=["Cs"])), text=st.text(st.characters(exclude_categories=["Cs"]))
)
def test_a_signature_verifies(signer: Signer, subject: str, text: str) -> None:
    assert verified(message(signer, Rendered(subject, text, f"<p>{text}</p>")), signer)


@pytest.mark.parametrize("signer", SIGNERS, ids=["rsa", "ed25519"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello", b"Hullo"),
        (b"Subject: Hi", b"Subject: Ho"),
        (b"Subject: Hi", b"Subject: Ho\r\nSubject: Hi"),
        (b"https://mail.test/u/token", b"https://evil.test/u/token"),
        (b"One-Click", b"No-Click"),
        (b"<news.example.com>", b"<spam.example.com>"),
    ],
)
def test_a_change_on_the_way_is_noticed(signer: Signer, old: bytes, new: bytes) -> None:
    content = message(signer, Rendered("Hi", "Hello", None))
    assert verified(content, signer)
    assert old in content
    assert not verified(content.replace(old, new), signer)


def test_a_relay_may_fold_headers_and_trim_spaces() -> None:
    content = message(SIGNERS[0], Rendered("Hi there", "Hello", None))
    assert verified(content.replace(b"Subject: Hi there", b"SUBJECT:  Hi\r\n  there") + b"\r\n\r\n", SIGNERS[0])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (b"not a key", "private key in PEM"),
        (pem(generate_rsa_key(65537, 1024)), "fewer than 2048 bits"),
        (
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "neither RSA nor Ed25519",
        ),
    ],
)
def test_keys_that_receivers_refuse_are_refused(key: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Signer("example.com", "s1", key)


def test_names_that_would_break_the_header_are_refused() -> None:
    with pytest.raises(InvalidInput, match="not a domain name"):
        Signer("example.com; d=evil.test", "s1", pem(ED25519))
