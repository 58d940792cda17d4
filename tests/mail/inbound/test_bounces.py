"""Bounces: whom a notice is about, and what it means for the address."""

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from mail.bounces import Bounce
from mail.inbound import Action, bounce_of, read
from tests.mail.inbound.mails import mail

CORPUS: Final = Path(__file__).parent / "corpus"
LABELS: Final[dict[str, dict[str, Any]]] = tomllib.loads((CORPUS / "labels.toml").read_text())
NO_BOUNCES: Final = ("groupwise_03", "qmail_08")
RECOGNISED: Final = 1.0
"""The share of the corpus of which recipients, kind and action are right. It is what the phrases were made with."""

NOTICES: Final[dict[str, tuple[str, str, Bounce]]] = {
    "postfix": (
        "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"
        "<ann@tea.example>: host mx.tea.example[192.0.2.1] said: 550 5.1.1\n    <ann@tea.example>: User unknown "
        "(in reply to RCPT TO command)\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "exim, an alias": (
        "A message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) "
        "failed:\n\n  ann@old.example\n    (generated from ann@tea.example)\n    retry timeout exceeded\n",
        "ann@tea.example",
        Bounce.SOFT,
    ),
    "gmail": (
        "** Address not found **\n\nYour message wasn't delivered to ann@tea.example because the address couldn't be "
        "found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to"
        " reach "
        "does not exist.\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "gmail, blocked": (
        "** Message blocked **\n\nYour message to ann@tea.example has been blocked. See technical details below.\n\n"
        "550 5.7.1 This message was blocked because its content presents a potential security issue.\n",
        "ann@tea.example",
        Bounce.POLICY,
    ),
    "office 365": (
        "Delivery has failed to these recipients or groups:\n\nann@tea.example (ann@tea.example)\nThe email address"
        " you "
        "entered couldn't be found. Please check the recipient's email address and try to resend the message.\n\n"
        "Diagnostic information for administrators:\nann@tea.example\n#550 5.1.10 RESOLVER.ADR.RecipientNotFound ##\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "office 365, full": (
        "Delivery has failed to these recipients or groups:\n\nann@tea.example\nThe recipient's mailbox is full and"
        " can't "
        "accept messages now. Please try resending your message later, or contact the recipient directly.\n",
        "ann@tea.example",
        Bounce.SOFT,
    ),
    "a reason above the list": (
        "Your message:\n   Subject: Offer\n\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe "
        "following "
        "recipients were affected:\n    ann@tea.example\n\n\n\nAdditional Information\nOriginal Sender: "
        "<sam@banners.example>\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "a local part alone": (
        "The message that you sent was undeliverable to the following:\n\n\tann (User account is expired)\n",
        "ann@mail.tea.example",
        Bounce.HARD,
    ),
    "somebody whose name is contact": (
        "The following address failed:\n\n<contact@tea.example>: host mx said: 550 No Such User Here\n",
        "contact@tea.example",
        Bounce.HARD,
    ),
    "greylisting for too long": (
        "<ann@tea.example>: host mx said: 451 4.7.1 Greylisting in action, please come back later\n",
        "ann@tea.example",
        Bounce.SOFT,
    ),
    "german": (
        "Ihre Nachricht konnte nicht zugestellt werden:\n\nann@tea.example\nEmpfänger unbekannt\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "spanish": (
        "Su mensaje no pudo ser entregado a:\n\nann@tea.example\nEl buzón del destinatario está lleno\n",
        "ann@tea.example",
        Bounce.SOFT,
    ),
    "french": (
        "Votre message n'a pas pu être remis à :\n\nann@tea.example\nL'adresse n'existe pas\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
    "portuguese": (
        "Sua mensagem não pôde ser entregue para:\n\nann@tea.example\nUsuário desconhecido\n",
        "ann@tea.example",
        Bounce.HARD,
    ),
}  # fmt: skip
REPORT: Final = b"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.banners.example>
To: bounces@banners.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.banners.example

Original-Recipient: rfc822;ann@tea.example
Final-Recipient: rfc822; ann@office.example
Action: %s
Status: %s
Diagnostic-Code: smtp; %s

--b
Content-Type: message/rfc822

Message-ID: <65f1a2b3c4d5e6f708192a3b@banners.example>
References: <0@tea.example>
From: Banners <news@banners.example>
To: ann@tea.example
Subject: News

Hello
--b--
"""


def notice(text: str, **others: object) -> bytes:
    return (
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mail.tea.example>\nTo: bounces@banners.example\n"
        f"Subject: Undelivered Mail Returned to Sender\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    ).encode()


def _is_right(name: str) -> bool:
    report = bounce_of(read((CORPUS / f"{name}.txt").read_bytes()))
    label = LABELS[name]
    return report is not None and (
        sorted(recipient.email for recipient in report.recipients),
        {recipient.kind for recipient in report.recipients},
        {recipient.action for recipient in report.recipients},
    ) == (sorted(label["recipients"]), {label["kind"]}, {label.get("action", "failed")})


def test_the_corpus_is_recognised() -> None:
    wrong = [name for name in LABELS if not _is_right(name)]
    assert len(LABELS) == 115
    assert 1 - len(wrong) / len(LABELS) >= RECOGNISED, wrong


@pytest.mark.parametrize("name", NO_BOUNCES)
def test_what_is_no_bounce_in_the_corpus_is_none(name: str) -> None:
    assert bounce_of(read((CORPUS / f"{name}.txt").read_bytes())) is None


@pytest.mark.parametrize("server", NOTICES)
def test_a_notice_in_plain_words(server: str) -> None:
    text, address, kind = NOTICES[server]
    report = bounce_of(read(notice(text)))
    assert report is not None
    assert [(recipient.email, recipient.kind) for recipient in report.recipients] == [(address, kind)]


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
@pytest.mark.parametrize("server", ["postfix", "office 365"])
def test_lines_may_end_otherwise(server: str, line_end: str) -> None:
    text, address, _ = NOTICES[server]
    report = bounce_of(read(notice(text).replace(b"\n", line_end.encode())))
    assert report is not None and [recipient.email for recipient in report.recipients] == [address]


def test_failed_recipients_may_be_encoded() -> None:
    header = {"X-Failed-Recipients": "=?utf-8?B?asO8cmdlbkB0ZWEuZXhhbXBsZQ==?="}
    report = bounce_of(mail("It did not work.", sender="postmaster@tea.example", headers=header))
    assert report is not None and [recipient.email for recipient in report.recipients] == ["jürgen@tea.example"]


def test_a_report_for_programs() -> None:
    report = bounce_of(read(REPORT % (b"failed", b"5.1.1", b"550 5.1.1 User unknown")))
    assert report is not None and report.is_undelivered
    (recipient,) = report.recipients
    assert (recipient.email, recipient.final) == ("ann@tea.example", "ann@office.example")
    assert (recipient.action, recipient.status, recipient.kind) == (Action.FAILED, "5.1.1", Bounce.HARD)
    assert "User unknown" in recipient.diagnostic
    assert report.server == "mx.banners.example"


def test_the_mail_that_was_not_delivered_is_named_first() -> None:
    report = bounce_of(read(REPORT % (b"failed", b"5.1.1", b"550 User unknown")))
    assert report is not None
    assert report.message_id == "<65f1a2b3c4d5e6f708192a3b@banners.example>"
    assert report.message_ids == (report.message_id, "<0@tea.example>")
    assert report.original.raw("subject") == "News"


def test_it_is_found_in_a_copy_within_the_text_too() -> None:
    copy = (
        "--- Below this line is a copy of the message.\n\nReturn-Path: <news@banners.example>\nMessage-ID: "
        "<7@banners.example>\n"
    )
    report = bounce_of(read(notice(f"<ann@tea.example>:\nuser is over quota\n\n{copy}To: ann@tea.example\n\nHello\n")))
    assert report is not None and report.message_id == "<7@banners.example>"


@pytest.mark.parametrize(
    ("action", "status", "said", "expected"),
    [
        ("delayed", "4.4.1", "connect to mx: timed out", (Action.DELAYED, Bounce.SOFT)),
        ("relayed", "2.0.0", "250 ok", (Action.DELIVERED, Bounce.SOFT)),
        ("failed", "5.2.2", "552 mailbox full", (Action.FAILED, Bounce.SOFT)),
        ("failed", "5.7.1", "554 5.7.1 spam", (Action.FAILED, Bounce.POLICY)),
        ("failed", "5.0.0", "550 this user doesn't exist here", (Action.FAILED, Bounce.HARD)),
        ("failed", "4.0.0", "DNS Error: domain name not found, NXDOMAIN", (Action.FAILED, Bounce.HARD)),
        ("failed", "5.0.0", "", (Action.FAILED, Bounce.SOFT)),
    ],
)
def test_what_a_report_means(action: str, status: str, said: str, expected: tuple[Action, Bounce]) -> None:
    report = bounce_of(read(REPORT % (action.encode(), status.encode(), said.encode())))
    assert report is not None
    assert [(recipient.action, recipient.kind) for recipient in report.recipients] == [expected]
    assert report.is_undelivered == (action != "relayed")


def test_a_notice_that_names_nobody_is_one_nevertheless() -> None:
    report = bounce_of(read(notice("<<< No Message Collected >>>\n")))
    assert report is not None and report.recipients == () and report.is_undelivered


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Re: Undelivered Mail Returned to Sender",
            "Can you check this?\n\n> <sam@x.example>: 550 5.1.1 User unknown\n",
        ),
        ("Mail failure", "Hello, mail to these could not be delivered:\n\nann@tea.example\n\nCan you help?\n"),
        ("Undelivered mails", "Your app says 'undelivered'. Why were they rejected by the recipient?\n"),
        ("Delivery failed", "The delivery of my order 1042 failed, the courier said the address was unknown.\n"),
        ("Re: Error", "It says: 550 5.1.1 user unknown for ann@tea.example. What does it mean?\n"),
    ],
)
def test_a_person_who_tells_of_a_bounce_sends_none(subject: str, text: str) -> None:
    assert bounce_of(mail(text, subject=subject)) is None


def test_a_bounce_that_somebody_sends_on_is_none() -> None:
    attached = REPORT % (b"failed", b"5.1.1", b"550 User unknown")
    forwarded = (
        b"From: Ann <ann@tea.example>\nTo: help@banners.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n"
        b'Content-Type: multipart/mixed; boundary="f"\n\n--f\n\nWhat is this?\n--f\nContent-Type: message/rfc822\n\n'
        + attached
        + b"\n--f--\n"
    )
    assert bounce_of(read(forwarded)) is None
