"""What a refusal means for the address: sentences that mail servers send, by what follows from them."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.bounces import Bounce, classify, is_about_a_mailbox

HARD: Final = [
    "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
    "550-5.1.1 double-checking the recipient's email address for typos 550 5.1.1 unnecessary spaces. - gsmtp",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@example.com not found by SMTP address lookup",
    "550 5.1.2 Host unknown (Name server: mail.example.com: host not found)",
    "553 5.1.3 The recipient address <ann@@example.com> is not a valid RFC 5321 address",
    "551 5.1.6 Recipient no longer on server: ann@example.com",
    "556 5.1.10 Recipient address has null MX",
    "556 No mail here",
    "550 5.2.1 The email account that you tried to reach is disabled.",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
    "5.4.4 (unable to route) Host or domain name not found. Name service error for name=example.invalid type=A",
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    "550 Requested action not taken: mailbox unavailable or not local.",
    "550 unknown user <ann@example.com>",
    "550 joe@example.com... User unknown",
    "550 No such user here",
    "550 ann@example.com: no such address here",
    "550 Unrouteable address",
    "550 Invalid recipient <ann@example.com>",
    "550 <ann@example.com>: Recipient address rejected: User unknown in local recipient table",
    "550 Mailbox not found",
    "551 User not local; please try <ann@example.org>",
    "553 5.3.0 <ann@example.net>... Addressee unknown, relay=[192.0.2.1]",
    "553 sorry, no mailbox here by that name",
    "554 delivery error: dd This user doesn't have a yahoo.com account (ann@yahoo.com) [0]",
    "550 account ann@example.com has been disabled or discontinued",
    "5.0.0 smtp; 550 5.1.1 User unknown",
    "Unknown user: ann@example.net",
    "Domain does not exist",
    "550 5.7.504 Recipient address rejected: Access denied",
    "553 5.7.1 Invalid recipient ann@example.com (Mode: normal)",
    "550 5.7.1 No such user!",
    "550 Administrative prohibition: unknown user",
    "550 relay not permitted, user unknown",
    "553 Recipient mailbox is not allowed",
    "554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain",
    "550 5.4.310 DNS domain tea.example does not exist",
    "552 1 Requested mail action aborted, mailbox not found",
    "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
    "5.1.2 - Bad destination host 'DNS Hard Error looking up tea.example (MX): NXDomain'",
]
SOFT: Final = [
    "421 4.7.0 Try again later",
    "450 5.1.1 Try again later",
    "450 4.1.1 <ann@example.com>: Recipient address rejected: unverified address",
    "451 user unknown, but not for long",
    "452 4.2.2 The email account that you tried to reach is over quota.",
    "552 5.2.2 Mailbox full",
    "552 Quota violation for ann@example.com",
    "552 Requested mail action aborted",
    "550 User account is overquota",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
    "550 5.2.0 Something is wrong with this mailbox",
    "5.0.0 (recipient reached disk quota)",
    "4.4.7 (delivery time expired) 550 user unknown",
    "5.4.7 Delivery time expired",
    "554 5.4.6 Too many hops",
    "550 5.3.0 Other mail system problem",
    "The e-mail message could not be delivered because the user's mailfolder is full.",
    "550 Account storage limit",
    "550 User mailbox size limit exceeded",
    "550 5.7.1 <ann@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example",
    "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]",
    "5.1.2 - Bad destination host 'DNS Soft Error looking up tea.example (A): timeout'",
]
POLICY: Final = [
    "550-5.7.1 [192.0.2.1 12] Our system has detected that this message is\n550 5.7.1 likely unsolicited mail.",
    "550 5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail users",
    "550 5.7.1 Unable to relay for ann@example.com",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 5.1.8 <news@example.org>: Sender address rejected: Domain not found",
    "550 <news@example.org>: Sender address rejected: User unknown in relay recipient table",
    "550 Mail rejected: user unknown or blocked by spam policy",
    "550 relay not permitted",
    "550 Requested action not taken: mailbox unavailable. Reject due to policy restrictions.",
    "552 5.3.4 Message size exceeds fixed limit",
    "552 Message exceeds maximum inbound message size",
    "554 5.6.0 Invalid message content",
    "501 5.5.4 Invalid arguments",
    "550 5.2.1 Content Filter agent quarantined this message",
    "550 5.2.0 <news@example.org> From: Domain is invalid. Please provide a valid From: IB506",
    "550 5.1.1 RCP-P2 Refused due to recipient preferences",
    "550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; sender was not authenticated for mailbox",
    "Mail size limit exceeded.",
    "554 Maximum email size exceeded",
    "554 Transaction failed",
    "550 Rejected",
    "",
]


@pytest.mark.parametrize(
    ("text", "bounce"),
    [*((text, Bounce.HARD) for text in HARD), *((text, Bounce.SOFT) for text in SOFT)]
    + [(text, Bounce.POLICY) for text in POLICY],
)
def test_what_a_refusal_means(text: str, bounce: Bounce) -> None:
    assert classify(text) is bounce


@pytest.mark.parametrize("version", ["5.5.2653.19", "5.1.1.7", "v5.1.1", "15.1.1"])
def test_a_version_or_an_address_is_no_status_code(version: str) -> None:
    assert classify(f"554 Rejected by {version}") is Bounce.POLICY


@pytest.mark.parametrize(
    ("text", "is_about_it"),
    [
        ("452 4.2.2 The email account that you tried to reach is over quota.", True),
        ("450 4.1.1 <ann@example.com>: Recipient address rejected: unverified address", True),
        ("450 4.2.1 The user is receiving mail at a rate that prevents additional messages", True),
        ("450 4.2.0 <ann@example.com>: Recipient address rejected: Greylisted", False),
        ("451 4.3.0 Temporary server error", False),
        ("452 4.3.1 Insufficient system storage", False),
        ("421 4.7.0 Too many connections", False),
        ("450 4.1.8 <news@example.org>: Sender address rejected: Domain not found", False),
        ("452 Requested action not taken", False),
    ],
)
def test_whether_a_refusal_for_now_is_about_the_mailbox(text: str, is_about_it: bool) -> None:
    assert is_about_a_mailbox(text) is is_about_it


@given(st.text())
def test_any_text_means_something(text: str) -> None:
    assert classify(text) in Bounce


@given(st.integers(400, 499), st.text())
def test_what_is_said_to_be_passing_is_never_hard(code: int, text: str) -> None:
    assert classify(f"{code} {text}") is Bounce.SOFT
