"""Received mail: as people and servers write it, and as services post and sign it. Signatures are made here by hand: a
second opinion on ours."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from core.actor import Actor
from core.errors import found
from models.inbound_messages import InboundMessage, InboundProvider
from resolvers.inbound_processing import process_inbound_message
from resolvers.inbound_receiving import keep_inbound_mail
from resolvers.webhook_signatures import SignedRequest
from tests.conftest import SETTINGS

SYSTEM: Final = Actor.system("tests")
DOMAIN: Final = "in.example.com"
CUSTOMER: Final = "ada@tea.example"
SENDGRID_PRIVATE: Final = (7_919_104_729, 1_299_709_15_485_863)

_numbers = count(1)


def a_mail(
    text: str = "It works now, thank you!",
    *,
    sender: str = f"Ada Byron <{CUSTOMER}>",
    to: str = f"hello@{DOMAIN}",
    subject: str = "Re: The banner",
    message_id: str | None = None,
    answers: str | None = None,
    html: str | None = None,
    files: Sequence[tuple[str, str, bytes]] = (),
    date: datetime = datetime(2025, 3, 4, 9, tzinfo=UTC),
    **fields: str,
) -> bytes:
    """As a person's mail program writes it. `answers` is the Message-ID of ours; `fields` are further ones of the
    header, such as `auto_submitted`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = message_id or f"<{next(_numbers)}@mail.tea.example>"
    mail["Date"] = format_datetime(date)
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = answers
    for name, value in fields.items():
        mail[name.replace("_", "-").title()] = value
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def a_bounce(
    original: str, address: str = CUSTOMER, *, status: str = "5.1.1", action: str = "failed", said: str = ""
) -> bytes:
    """As mail servers report (RFC 3464) of our mail of that Message-ID."""
    said = said or f"550 {status} User unknown"
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.tea.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@{DOMAIN}
Message-ID: <bounce-{next(_numbers)}@mx.tea.example>
Date: Tue, 04 Mar 2025 10:00:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<{address}>: {said}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.tea.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: message/rfc822

Message-ID: {original}
To: {address}

Hello
--b--
""".encode()


def a_complaint(original: str, address: str = CUSTOMER, kind: str = "abuse") -> bytes:
    """A feedback report (RFC 5965) about our mail of that Message-ID."""
    return f"""From: <feedback@mailhost.example>
To: abuse@{DOMAIN}
Subject: FW: News
Message-ID: <report-{next(_numbers)}@mailhost.example>
Date: Tue, 04 Mar 2025 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Mailhost/1.0
Version: 1
Original-Rcpt-To: {address}

--b
Content-Type: message/rfc822

Message-ID: {original}
To: {address}
Subject: News

Hello
--b--
""".encode()


async def kept(raw: bytes, *recipients: str, provider: InboundProvider = InboundProvider.SMTP) -> InboundMessage:
    """Received, and not worked off yet."""
    assert await keep_inbound_mail(SYSTEM, provider, raw, recipients)
    return found(await InboundMessage.find_all().sort("-_id").first_or_none(), "Inbound message")


async def received(raw: bytes, *recipients: str) -> InboundMessage:
    """Received and worked off."""
    return await processed(await kept(raw, *recipients))


async def processed(message: InboundMessage) -> InboundMessage:
    return found(await process_inbound_message(SYSTEM, str(message.id)), "Inbound message")


def secret_of(values: Sequence[Any], number: int = 0) -> str:
    secret: str = values[number].get_secret_value()
    return secret


def from_postmark(raw: bytes, recipient: str = f"hello@{DOMAIN}", *, password: str | None = None) -> SignedRequest:
    """https://postmarkapp.com/developer/webhooks/inbound-webhook"""
    body = orjson.dumps(posted_by_postmark(raw, recipient))
    return SignedRequest(body, signed_by_postmark(body, password=password))


def posted_by_postmark(raw: bytes, recipient: str = f"hello@{DOMAIN}") -> dict[str, Any]:
    return {
        "FromName": "Ada Byron",
        "MessageStream": "inbound",
        "From": CUSTOMER,
        "FromFull": {"Email": CUSTOMER, "Name": "Ada Byron", "MailboxHash": ""},
        "ToFull": [{"Email": recipient, "Name": "", "MailboxHash": ""}],
        "OriginalRecipient": recipient,
        "Subject": "Re: The banner",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "TextBody": "as Postmark reads it",
        "RawEmail": raw.decode(),
        "Headers": [{"Name": "X-Spam-Status", "Value": "No"}],
        "Attachments": [],
    }


def signed_by_postmark(_: bytes, *, password: str | None = None) -> Mapping[str, str]:
    password = password or secret_of(SETTINGS.inbound_postmark_passwords)
    credentials = base64.b64encode(f"inbound:{password}".encode()).decode()
    return {"authorization": f"Basic {credentials}", "content-type": "application/json"}


def from_mailgun(
    raw: bytes,
    recipient: str = f"hello@{DOMAIN}",
    *,
    key: str | None = None,
    at: float | None = None,
    token: str | None = None,
) -> SignedRequest:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http"""
    timestamp = str(int(time.time() if at is None else at))
    token = token or f"{next(_numbers):050d}"
    key = key or secret_of(SETTINGS.inbound_mailgun_keys)
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {
        "recipient": recipient,
        "sender": CUSTOMER,
        "from": f"Ada Byron <{CUSTOMER}>",
        "subject": "Re: The banner",
        "body-mime": raw,
        "timestamp": timestamp,
        "token": token,
        "signature": signature,
    }
    return SignedRequest(urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"})


def from_sendgrid(
    raw: bytes, recipient: str = f"hello@{DOMAIN}", *, private: int = SENDGRID_PRIVATE[0], at: float | None = None
) -> SignedRequest:
    """https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook"""
    fields = {
        "email": raw,
        "to": f"Hello <{recipient}>".encode(),
        "from": f"Ada Byron <{CUSTOMER}>".encode(),
        "sender_ip": b"192.0.2.1",
        "subject": b"Re: The banner",
        "envelope": orjson.dumps({"to": [recipient], "from": CUSTOMER}),
    }
    parts = [f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
             for name, value in fields.items()]  # fmt: skip
    body = b"".join(parts) + b"--xYzZY--\r\n"
    timestamp = str(int(time.time() if at is None else at))
    key = derive_private_key(private, SECP256R1())
    signature = base64.b64encode(key.sign(timestamp.encode() + body, ECDSA(SHA256()))).decode()
    return SignedRequest(
        body,
        {
            "content-type": "multipart/form-data; boundary=xYzZY",
            "x-twilio-email-event-webhook-signature": signature,
            "x-twilio-email-event-webhook-timestamp": timestamp,
        },
    )


def from_anybody(raw: bytes, *, secret: str | None = None, at: float | None = None) -> SignedRequest:
    """The mail itself, signed as ours is."""
    return SignedRequest(raw, signed_raw(raw, secret=secret, at=at))


def signed_raw(raw: bytes, *, secret: str | None = None, at: float | None = None) -> Mapping[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    key = secret or secret_of(SETTINGS.inbound_raw_secrets)
    signature = hmac.new(key.encode(), f"{timestamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"x-timestamp": timestamp, "x-signature": f"sha256={signature}", "content-type": "message/rfc822"}


POSTED: Final = posted_by_postmark(a_mail(message_id="<posted@mail.tea.example>"))
"""A mail as Postmark posts it."""
