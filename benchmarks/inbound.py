"""Received mail, read and classified: messages per second, against Python's own parser.

`python -m benchmarks.inbound`. The floor is `email.message_from_bytes` with its default policy and a walk over
the parts of the message: what has to be done at least to know what it consists of. The work is all that we do with a
mail.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from mail.inbound import classify, read

SECONDS: Final = 2.0
"""How long each is measured."""
QUOTED: Final = "".join(f"> Line {n} of what was said before, which goes on for a while.\n" for n in range(200))
REPLY: Final = (
    "Hi Sam,\n\nyes, Thursday at ten works for us. Could you send an invitation?\n\nBest regards,\nAda Byron\n"
)
ATTRIBUTION: Final = "\nOn Tue, Mar 4, 2025 at 9:12 AM Sam <sam@banners.example> wrote:\n\n"
NOTICE: Final = b"""Return-Path: <>
From: MAILER-DAEMON@mx.banners.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@banners.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<ann@tea.example>: host mx.tea.example[192.0.2.1] said: 550 5.1.1 User unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.banners.example

Final-Recipient: rfc822; ann@tea.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b
Content-Type: message/rfc822

Message-ID: <65f1a2b3c4d5e6f708192a3b@banners.example>
To: ann@tea.example

Hello
--b--
"""


def _reply(text: str, html: bool = False, file: bytes | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "Ada Byron <ada@tea.example>"
    message["To"] = "Sam <sam@banners.example>"
    message["Subject"] = "Re: Größe und Preis"
    message["Date"] = "Tue, 4 Mar 2025 10:00:00 +0100"
    message["Message-ID"] = "<1@tea.example>"
    message["References"] = "<0@banners.example>"
    for n in range(12):
        message["Received"] = (
            f"from mx{n}.tea.example (mx{n}.tea.example [192.0.2.{n}]) by mx{n + 1}.tea.example with ESMTPS"
        )
    message.set_content(text)
    if html:
        lines = "".join(f"<div>{line}</div>" for line in text.split("\n"))
        message.add_alternative(f"<html><body>{lines}</body></html>", subtype="html")
    if file is not None:
        message.add_attachment(file, maintype="image", subtype="png", filename="picture.png")
    return message.as_bytes()


MAILS: Final[dict[str, Sequence[bytes]]] = {
    "short replies": [_reply(REPLY)],
    "replies with quotation and HTML": [_reply(REPLY + ATTRIBUTION + QUOTED, html=True)],
    "replies with a picture of 1 MB": [_reply(REPLY, file=bytes(range(256)) * 4_000)],
    "bounces": [NOTICE],
}


def _floor(raw: bytes) -> None:
    for part in message_from_bytes(raw, policy=default).walk():
        part.get_content_type()


def _reading(raw: bytes) -> None:
    read(raw)


def _work(raw: bytes) -> None:
    classify(read(raw))


def _per_second(work: Callable[[bytes], None], mails: Sequence[bytes]) -> float:
    """The median of tenths of the time, so that somebody else's work on the machine matters less."""
    rates = []
    for _ in range(10):
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < SECONDS / 10:
            for raw in mails:
                work(raw)
            count += len(mails)
        rates.append(count / (time.perf_counter() - begun))
    return statistics.median(rates)


def main() -> None:
    sys.stdout.write(f"{'':36}{'floor/s':>10}{'read/s':>10}{'all/s':>10}{'all / floor':>13}\n")
    for title, mails in MAILS.items():
        floor, reading, work = (_per_second(done, mails) for done in (_floor, _reading, _work))
        sys.stdout.write(f"{title:36}{floor:10.0f}{reading:10.0f}{work:10.0f}{work / floor:13.2f}\n")


if __name__ == "__main__":
    main()
