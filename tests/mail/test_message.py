"""A message as it is sent: the standard library reads out of it what was put in."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from mail.content import Rendered
from mail.headers import address
from mail.message import Outgoing, Skeleton, quoted_printable

DELIVERY = ObjectId("0123456789abcdef01234567")
DATE = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
SENDER = address("news@example.com", "Example News")
BODY = Rendered("Hi", "Text\n", "<p>HTML</p>\n")

texts = st.text(st.characters(exclude_categories=["Cs"]))


def compose(body: Rendered = BODY, unsubscribe_url: str | None = None, **options: Any) -> Outgoing:
    skeleton = Skeleton(SENDER, **options)
    recipient = address("ada@example.org", "Ada")
    return skeleton.message(DELIVERY, recipient, body, date=DATE, unsubscribe_url=unsubscribe_url)


def parsed(outgoing: Outgoing) -> EmailMessage:
    return message_from_bytes(outgoing.content, policy=SMTP)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return cast(str, cast(EmailMessage, found).get_content()).replace("\r\n", "\n")


def as_lines(text: str) -> str:
    """What a mail makes of line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"


def test_a_message_has_both_parts_and_who_when_and_what() -> None:
    message = parsed(compose(reply_to=address("help@example.com")))
    assert (part(message, "plain"), part(message, "html")) == ("Text\n", "<p>HTML</p>\n")
    assert message.get_content_type() == "multipart/alternative"
    assert dict(message) == {
        "Date": "Tue, 03 Mar 2026 09:30:00 +0000",
        "To": "Ada <ada@example.org>",
        "Subject": "Hi",
        "Message-ID": f"<{DELIVERY}@example.com>",
        "From": "Example News <news@example.com>",
        "Reply-To": "help@example.com",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{DELIVERY}"',
    }


@given(texts, texts, texts)
def test_what_was_written_is_what_is_read(subject: str, text: str, html: str) -> None:
    message = parsed(compose(Rendered(subject, text, html)))
    assert (part(message, "plain"), part(message, "html")) == (as_lines(text), as_lines(html))
    assert not message.defects


@given(texts)
def test_lines_are_short_ascii_and_end_with_crlf(text: str) -> None:
    encoded = quoted_printable(text)
    assert encoded.endswith(b"\r\n")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert all(line.isascii() and len(line) <= 76 and line[-1:] not in (b" ", b"\t") for line in encoded.split(b"\r\n"))
    assert b"=_" not in encoded


def test_text_alone_is_one_part() -> None:
    message = parsed(compose(Rendered("Hi", "Text", None)))
    assert message.get_content_type() == "text/plain"
    assert part(message, "plain") == "Text\n"


def test_a_reader_unsubscribes_by_one_click() -> None:
    outgoing = compose(unsubscribe_url="https://mail.test/u/token", list_id="news.example.com", feedback_id="c1:app")
    message = parsed(outgoing)
    assert message["List-Unsubscribe"] == "<https://mail.test/u/token>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<news.example.com>"
    assert message["Feedback-ID"] == "c1:app"
    assert {name: message[name] for name in outgoing.headers} == outgoing.headers


def test_automatic_mail_says_so_and_other_headers_can_be_set() -> None:
    references = " ".join(f"<{number:070}@example.com>" for number in range(4))
    message = parsed(compose(automatic=True, headers={"References": references, "X-Ticket": "Größe"}))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == references
    assert message["X-Ticket"] == "Größe"


def test_sending_again_is_the_same_message_to_the_byte() -> None:
    assert compose().content == compose().content


def test_a_signature_is_put_before_the_finished_message() -> None:
    assert compose(sign=lambda content: b"Signed: yes\r\n" + content).content == b"Signed: yes\r\n" + compose().content


@pytest.mark.parametrize("name", ["Bcc", "subject", "DKIM-Signature", "X Y", "X-Y:", "X\r\nBcc", ""])
def test_headers_that_are_written_here_or_malformed_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="not a header that can be set"):
        compose(headers={name: "x"})


@given(st.text())
def test_no_value_begins_a_header_of_its_own(value: str) -> None:
    hostile = f"{value}\r\nBcc: all@example.com\r\n\r\n{value}"
    message = parsed(compose(Rendered(hostile, "t", None), headers={"X-Note": hostile}))
    assert "Bcc" not in message
    assert part(message, "plain") == "t\n"


@pytest.mark.parametrize(
    "options",
    [
        {"list_id": "news"},
        {"list_id": "news.example.com>\r\nBcc: x"},
        {"feedback_id": "a b"},
        {"unsubscribe_url": "https://mail.test/u\r\nBcc: x"},
        {"unsubscribe_url": "https://mail.test/u>,<mailto:x@y.test"},
        {"unsubscribe_url": "javascript:alert(1)"},
    ],
)
def test_list_headers_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        compose(**options)
