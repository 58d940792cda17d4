"""The new text of replies: fixtures in the formats of many mail programs and languages, and the time that they take."""

import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.inbound import new_text, reply_of
from mail.inbound.replies import split_reply
from mail.inbound.subjects import bare_subject, is_forwarding
from tests.mail.inbound.mails import mail

FOLDER: Final = Path(__file__).parent
REPLIES: Final[list[dict[str, Any]]] = [
    reply
    for name in ("replies_en.toml", "replies_others.toml")
    for reply in tomllib.loads((FOLDER / name).read_text("utf-8"))["reply"]
]
SECONDS: Final = 3
"""Of processor time, for what takes a tenth of one; work that grows with the square of these texts would take hours."""


def test_there_are_replies_of_many_programs() -> None:
    assert len(REPLIES) >= 80


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["name"])
def test_a_reply(reply: dict[str, Any]) -> None:
    found = split_reply(reply["text"], forwarding=is_forwarding(reply.get("subject", "")))
    assert found.text == reply["new"].strip()
    if "signature" in reply:
        assert found.signature == reply["signature"].strip()


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["name"])
def test_the_ends_of_lines_do_not_matter(reply: dict[str, Any]) -> None:
    text, forwarding = reply["text"], is_forwarding(reply.get("subject", ""))
    assert split_reply(text.replace("\n", "\r\n"), forwarding=forwarding).text == reply["new"].strip()
    assert split_reply(text.strip("\n"), forwarding=forwarding).text == reply["new"].strip()


HTML: Final = {
    "gmail": (
        '<div dir="ltr">Yes, <b>Thursday</b>.<br><br>See you</div><br><div class="gmail_quote"><div dir="ltr" '
        'class="gmail_attr">'
        'On Tue, Mar 4, 2025 at 9:12 AM Sam &lt;<a href="mailto:sam@b.example">sam@b.example</a>&gt; wrote:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0"><div>Hello</div></blockquote></div>',
        "Yes, Thursday.\n\nSee you",
    ),
    "outlook in a browser": (
        '<div class="elementToProof">Fine with us.</div><div id="appendonsend"></div><hr style="width:98%">'
        '<div id="divRplyFwdMsg"><b>From:</b> Sam &lt;sam@b.example&gt;<br><b>Sent:</b> Monday<br><b>To:</b> '
        'Ada<br></div>'
        "<div>Is it fine?</div>",
        "Fine with us.",
    ),
    "outlook on a desk": (
        '<div class="WordSection1"><p class="MsoNormal">We will not renew.<o:p></o:p></p><p '
        'class="MsoNormal"><o:p>&nbsp;</o:p></p>'
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=\"MsoNormal\"><b>From:</b> Sam "
        "&lt;sam@b.example&gt;<br>"
        "<b>Sent:</b> Monday, April 7, 2025 10:15 AM<br><b>To:</b> Ada<br><b>Subject:</b> Renewal<o:p></o:p></p></div>"
        '<p class="MsoNormal">Will you?</p></div>',
        "We will not renew.",
    ),
    "apple mail": (
        '<html><body>It works now.<div><br><blockquote type="cite"><div>On 3 Jun 2025, at 14:02, Sam '
        '&lt;sam@b.example&gt; wrote:'
        "</div><div>Try again</div></blockquote></div></body></html>",
        "It works now.",
    ),
    "apple mail, answers between": (
        '<blockquote type="cite"><div>Which theme?</div></blockquote><div>Dawn.</div><blockquote '
        'type="cite"><div>Since when?'
        "</div></blockquote><div>Monday.</div>",
        "Dawn.\n\nMonday.",
    ),
    "yahoo": (
        '<div class="ydp1yahoo-style-wrap"><div>no thanks</div></div><div id="yahoo_quoted_1" '
        'class="yahoo_quoted"><div>On Monday, '
        "March 3, 2025, Sam &lt;sam@b.example&gt; wrote:</div><div>Interested?</div></div>",
        "no thanks",
    ),
    "thunderbird": (
        '<p>Thanks, solved.</p><div class="moz-cite-prefix">Am 04.03.25 um 10:11 schrieb Sam:<br></div>'
        '<blockquote type="cite" cite="mid:1@b.example"><p>Solved?</p></blockquote><div class="moz-signature">-- '
        '<br>Ada</div>',
        "Thanks, solved.",
    ),
    "a signature that is marked": (
        '<div>Call me.</div><div class="gmail_signature">Ada Byron<br>Countess</div>',
        "Call me.",
    ),
    "all of it in a signature": ('<div class="gmail_signature">Yes, go ahead.</div>', "Yes, go ahead."),
    "a mail that is sent on": (
        '<div>FYI</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message '
        '---------<br>From: Sam<br></div>'
        "<p>Prices</p></div>",
        "FYI\n---------- Forwarded message ---------\nFrom: Sam\n\nPrices",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", HTML)
def test_a_reply_in_html(program: str) -> None:
    html, expected = HTML[program]
    assert new_text(mail(html, html=True)).replace("\n\n", "\n") == expected.replace("\n\n", "\n")


def test_what_is_quoted_is_known() -> None:
    assert reply_of(mail("Yes\n\n> Is it?\n")).quotes
    assert not reply_of(mail("Yes\n")).quotes
    assert reply_of(mail("---------- Forwarded message ---------\nFrom: Sam\n", subject="Fwd: x")).forwards


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_any_text_has_a_new_one_within(text: str) -> None:
    reply = split_reply(text)
    for line in reply.text.split("\n"):
        assert line in text or line.rstrip() in text


MEGABYTES: Final = 10
LONG: Final[dict[str, Callable[[], str]]] = {
    "50,000 empty lines": lambda: "\n" * 50_000,
    "ten megabytes of empty lines": lambda: "\n" * (MEGABYTES * 1_000_000),
    "ten megabytes of quoted lines": lambda: "> quoted\n" * (MEGABYTES * 111_111),
    "ten megabytes of marks": lambda: ">\n" * (MEGABYTES * 500_000),
    "on and on": lambda: "On Mon, 3 Mar 2025 " * (MEGABYTES * 50_000),
    "lines that begin as an attribution": lambda: "On Mon, 3 Mar 2025 at 10:00\n" * (MEGABYTES * 35_000),
    "lines that end as one": lambda: "ann@tea.example 3.3.2025 wrote:\n" * (MEGABYTES * 30_000),
    "fields of a header": lambda: "From: ann@tea.example\nTo: x\n" * (MEGABYTES * 35_000),
    "rules": lambda: ("_" * 40 + "\n") * (MEGABYTES * 25_000),
    "delimiters of signatures": lambda: "-- \n" * (MEGABYTES * 250_000),
    "closings": lambda: "Best regards,\n" * (MEGABYTES * 70_000),
    "one word": lambda: "a" * (MEGABYTES * 1_000_000),
    "one line of spaces": lambda: " " * (MEGABYTES * 1_000_000),
}


@pytest.mark.parametrize("text", LONG)
def test_no_text_takes_long(text: str) -> None:
    long = LONG[text]()
    begun = time.process_time()
    split_reply(long)
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize(
    ("subject", "forwards", "words"),
    [
        ("Re: Your shop", False, "Your shop"),
        ("AW: WG: Ihr Shop", False, "Ihr Shop"),
        ("Fwd: Your shop", True, "Your shop"),
        ("RV: Su tienda", True, "Su tienda"),
        ("[banners] Re[2]: Your shop", False, "Your shop"),
        ("RES: Sua loja", False, "Sua loja"),
        ("Regarding your shop", False, "Regarding your shop"),
        ("Re:", False, ""),
        ("Re: " * 1_000, False, ("Re: " * 980).strip()),
    ],
)
def test_the_prefixes_of_a_subject(subject: str, forwards: bool, words: str) -> None:
    assert (is_forwarding(subject), bare_subject(subject)) == (forwards, words)
