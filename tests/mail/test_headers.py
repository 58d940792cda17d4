"""Header fields: what the standard library reads out of them is what was put in."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InvalidInput
from mail.headers import Address, address, header, mailbox, one_line, unstructured

lines = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def parsed(field: bytes) -> EmailMessage:
    return message_from_bytes(field + b"\r\nbody", policy=SMTP)


@given(lines)
@example("=?utf-8?q?not_encoded?=")
@example("Grüße " * 40)
@example("word " * 60)
@example("\r\nBcc: everyone@example.com\r\n\r\nbody")
@example("a" * 2_000)
def test_a_subject_is_read_back(subject: str) -> None:
    field = header("Subject", unstructured(subject))
    message = parsed(field)
    assert message["Subject"] == one_line(subject)
    assert message.keys() == ["Subject"]
    assert message.get_payload() == "body"


@given(lines)
def test_a_header_is_ascii_in_lines_of_998_and_encoded_words_in_lines_of_76(text: str) -> None:
    for line in header("Subject", unstructured(text)).removesuffix(b"\r\n").split(b"\r\n"):
        assert line.isascii()
        assert len(line) <= (76 if b"=?utf-8?b?" in line else 998)


@given(lines)
@example('O"Hara, J. \\ (x)')
@example("Änn Straße, Inc. " * 10)
@example("=?utf-8?q?x?=")
def test_a_display_name_is_read_back(name: str) -> None:
    field = header("From", mailbox(address("a.b+c@example.com", name)))
    # Not by the policy's parser: it puts a space between the encoded words of a name, which RFC 2047 (6.2) forbids.
    encoded, email = parseaddr(message_from_bytes(field)["From"].replace("\r\n", ""))
    assert (email, str(make_header(decode_header(encoded)))) == ("a.b+c@example.com", one_line(name))


def test_an_international_domain_is_encoded() -> None:
    assert address("ada@Exämple.com").email == "ada@xn--exmple-cua.com"


def test_an_address_shows_as_in_a_header() -> None:
    assert str(address("ada@example.com", "Ada  Lovelace")) == "Ada Lovelace <ada@example.com>"
    assert str(Address("ada@example.com")) == "ada@example.com"


@pytest.mark.parametrize(
    "email",
    [
        "", "ada", "@example.com", "ada@", "a b@example.com", "ada@exam ple.com", "<ada@example.com>",
        "ada@example.com\r\nBcc: b@example.com", "ada@-example.com", "ada@example..com", ".ada@example.com",
        "ädä@example.com", "a@b@example.com", f"{'a' * 65}@example.com", f"ada@{'a' * 250}.com",
        "ada\x00@example.com", "ada@exa\u2028mple.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_field(email: str) -> None:
    with pytest.raises(InvalidInput, match="not an e-mail address") as caught:
        address(email, field="replyTo")
    assert caught.value.field == "replyTo"
