"""Feedback reports: who complained of which mail (RFC 5965)."""

import pytest

from mail.inbound import bounce_of, feedback_report_of, read

REPORT = b"""From: <abusedesk@example.com>
To: <abuse@banners.example>
Subject: FW: News
Content-Type: multipart/report; report-type=feedback-report; boundary="f"

--f
Content-Type: text/plain

This is an email abuse report for an email message received from IP 192.0.2.2.

--f
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <news@banners.example>
Original-Rcpt-To: <ann@tea.example>

--f
Content-Type: message/rfc822

From: Banners <news@banners.example>
To: <undisclosed@tea.example>
Message-ID: <65f1a2b3c4d5e6f708192a3b@banners.example>
Subject: News

Hello
--f--
"""
JUNK = b"""From: staff@hotmail.com
To: abuse@banners.example
Subject: complaint about message from 192.0.2.2
Content-Type: multipart/mixed; boundary="j"

--j
Content-Type: message/rfc822

X-HmXmrOriginalRecipient: ann@tea.example
Message-ID: <1@banners.example>
From: news@banners.example
To: ann@tea.example

Hello
--j--
"""


def test_a_report_names_who_complained_of_what() -> None:
    report = feedback_report_of(read(REPORT))
    assert report is not None and report.is_complaint
    assert (report.kind, report.recipients, report.reporter) == ("abuse", ("ann@tea.example",), "SomeGenerator/1.0")
    assert report.message_id == "<65f1a2b3c4d5e6f708192a3b@banners.example>"
    assert report.original.raw("subject") == "News"


def test_where_it_does_not_the_mail_does() -> None:
    report = feedback_report_of(read(REPORT.replace(b"Original-Rcpt-To: <ann@tea.example>\n", b"")))
    assert report is not None and report.recipients == ("undisclosed@tea.example",)


def test_reports_of_outlook_have_a_format_of_their_own() -> None:
    report = feedback_report_of(read(JUNK))
    assert report is not None and (report.kind, report.recipients) == ("abuse", ("ann@tea.example",))


@pytest.mark.parametrize(
    ("kind", "complaint"), [(b"fraud", True), (b"opt-out", True), (b"not-spam", False), (b"auth-failure", False)]
)
def test_not_all_of_them_are_complaints(kind: bytes, complaint: bool) -> None:
    report = feedback_report_of(read(REPORT.replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind)))
    assert report is not None and report.is_complaint == complaint


def test_it_is_no_bounce() -> None:
    assert bounce_of(read(b"Return-Path: <>\n" + REPORT.replace(b"abusedesk", b"MAILER-DAEMON"))) is None


def test_what_is_none() -> None:
    assert (
        feedback_report_of(read(b"From: ann@tea.example\nSubject: complaint about message from you\n\nStop it\n"))
        is None
    )
