"""Whatever a mail says, reading it raises nothing."""

import random
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.inbound import auto_reply_of, bounce_of, classify, feedback_report_of, new_text, read, shown

CORPUS: Final = sorted((Path(__file__).parent / "corpus").glob("*.txt"))
MUTATIONS: Final = 3
"""Of each mail of the corpus."""

NAMES: Final = st.sampled_from(
    [
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition",
        "Return-Path", "Content-Transfer-Encoding", "Content-ID", "Auto-Submitted", "X-Failed-Recipients", "Reply-To",
        "Delivered-To", "",
    ]
)  # fmt: skip
VALUES: Final = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"text/plain", b"text/html; charset=utf-16", b"multipart/mixed; boundary=b",
            b"multipart/report; boundary=b", b'multipart/alternative; boundary="b', b"message/rfc822",
            b"message/delivery-status", b"message/feedback-report", b"application/ms-tnef", b"base64",
            b"quoted-printable", b"7bit", b"<>", b"MAILER-DAEMON", b"=?utf-8?b?4pi6?=", b"=?a?q?=?=",
            b"text/plain; charset=\"\x00\"; name*0*='; name*999=a; format=flowed", b"attachment; filename*=x''%",
            b"auto-replied", b"Mon, 3 Mar 2025 10:00:00 +9999", b"Undelivered Mail Returned to Sender",
            b'"a\\" <b@c> (((', b"a@b, <c@d", b"<1@2> <3@4>",
        ]
    ),
)  # fmt: skip
LINES: Final = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"--b", b"--b--", b"", b"> quoted", b"On Mon, 3 Mar 2025 at 10:00, Ann <a@b.c> wrote:", b"From: a@b.c",
            b"-- ", b"Final-Recipient: rfc822; a@b.c", b"Action: failed", b"Status: 5.1.1",
            b"<p>Hi<blockquote type=cite>", b"<!--", b"&#99999999999;", b"<a@b.c>: 550 5.1.1 unknown", b"=", b"=C3",
            b"Feedback-Type: abuse", b"Unsubscribe me", b"Sent from my iPhone",
        ]
    ),
)  # fmt: skip


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        fields = draw(st.lists(st.tuples(NAMES, VALUES), max_size=6))
        pieces += [name.encode() + b": " + value for name, value in fields]
        pieces += [b"", *draw(st.lists(LINES, max_size=8))]
    return end.join(pieces)


def _read_all(raw: bytes) -> None:
    mail = read(raw)
    feedback_report_of(mail)
    bounce_of(mail)
    auto_reply_of(mail)
    new_text(mail)
    classified = classify(mail)
    assert 0 <= classified.confidence <= 1
    assert not {"\0"} & set(mail.text + mail.subject)
    for attachment in mail.attachments:
        assert len(attachment.content()) == attachment.size
        assert "/" not in attachment.name and len(attachment.name) <= 255
    if mail.html is not None:
        shown(mail.html)


@settings(max_examples=200, deadline=None)
@given(mails())
def test_any_mail_can_be_read(raw: bytes) -> None:
    _read_all(raw)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    _read_all(raw)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_bounce_that_is_cut_off_and_damaged_can_be_read(path: Path) -> None:
    chance = random.Random(path.name)
    whole = path.read_bytes()
    for _ in range(MUTATIONS):
        raw = bytearray(whole[: chance.randrange(len(whole))])
        for _ in range(min(20, len(raw))):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(3)] = bytes(chance.choices(b'\x00\r\n=?<>"; \xff-', k=chance.randrange(3)))
        _read_all(bytes(raw))


TEXTS: Final = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=200)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.none() | TEXTS, st.none() | st.binary(max_size=100), TEXTS)
def test_it_reads_what_pythons_own_parser_reads(text: str, html: str | None, file: bytes | None, subject: str) -> None:
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message.set_content(text)
    if html is not None:
        message.add_alternative(f"<p>{html}</p>", subtype="html")
    if file is not None:
        message.add_attachment(file, maintype="application", subtype="octet-stream", filename="a.bin")
    raw = message.as_bytes()
    mail, other = read(raw), message_from_bytes(raw, policy=default)
    body = other.get_body(("plain",))
    assert body is not None and isinstance(other, EmailMessage)
    if text.strip() or html is None:
        assert mail.text == body.get_content().replace("\ufeff", "", 1 if text.startswith("\ufeff") else 0)
    assert (mail.html is not None) == (html is not None)
    assert mail.subject == " ".join(str(other["subject"]).split(" ")).strip()
    assert [attachment.content() for attachment in mail.attachments] == [
        part.get_content() for part in other.iter_attachments()
    ]
