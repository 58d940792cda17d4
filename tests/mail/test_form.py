"""A whole newsletter, as receivers judge it: signed so that one click unsubscribes, and in a form that is no spam's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dkim
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core import clock
from mail.content import PersonalLinks, prepare
from mail.dkim import Signer
from mail.headers import address
from mail.links import TrackingTokens, UnsubscribeTokens
from mail.message import Outgoing, Skeleton
from tests.mail.spam_filter import rules_against

SIGNER: Final = Signer(
    "example.com",
    "s1",
    generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
)
SITE: Final = "https://mail.example.com"
KEYS: Final = [b"a key of the tests, 32 bytes long"]

HTML: Final = """<html><head><title>Banners All Over</title><style>
p { line-height: 1.5 } .button { background: #008060; color: #fff; padding: 12px 20px; text-decoration: none }
</style></head><body style="font-family: sans-serif">
<div style="display: none">Plan a banner ahead of time.</div>
<h1>What is new this month</h1>
<p>Hello {{ first_name }},</p>
<p>Since our last letter the editor has learnt to plan a banner ahead of time: choose the days on which it is shown,
and it goes live and comes down by itself. You find it beside each banner, under Schedule.</p>
<p><a class="button" href="https://example.com/blog/schedules">Read how it works</a></p>
{% for name, words in parts %}<h2>{{ name }}</h2><p>{{ words }}</p>{% endfor %}
<table>{% for shop in shops %}
<tr><td>{{ shop }}</td><td><a href="https://example.com/shops">Visit</a></td></tr>
{% endfor %}</table>
<p>Questions? Answer this mail: people read it.</p>
<hr><p><small>You get this letter because you subscribed to it at example.com.<br>
Example GmbH, Hauptstrasse 1, 10115 Berlin. <a href="{{ unsubscribe_url }}">Unsubscribe</a></small></p>
</body></html>"""
SHORT_HTML: Final = """<p>Hello {{ first_name }},</p><p>the planner is there, as you asked:
<a href="https://example.com/planner">have a look</a>.</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>"""
TEXT: Final = """Hello {{ first_name }},

the editor can plan a banner ahead of time now: https://example.com/blog/schedules

You get this letter because you subscribed to it at example.com.
Unsubscribe: {{ unsubscribe_url }}
"""
PARTS: Final = [
    (
        f"{name} in the editor",
        "The list of banners shows what comes next at a glance. A banner that went live tells you so by mail, and one "
        "that ended says how often it was seen. Nothing changes for the banners that you have: they are shown until "
        "you take them down, as before. Should two of them meet, the one that you dragged to the top of the list wins.",
    )
    for name in ("Calendars", "Time zones", "Holidays", "Countdowns", "Markets", "Languages", "Drafts", "Copies")
]


@dataclass(frozen=True)
class Letter:
    subject: str
    sender: str
    reader: str
    html: str | None = HTML
    text: str | None = None


LETTERS: Final = [
    Letter("What is new in Banners All Over", "Banners All Over", "Ada Lovelace"),
    Letter("Überraschung für Ihren Laden: Banner mit Zeitplan", "Bänner überall", "Jürgen Müller"),
    Letter("バナーの予約表示ができるようになりました", "バナー", "山田 太郎"),
    Letter("What is new in Banners All Over", "Banners All Over", "", html=None, text=TEXT),
    Letter("What is new in Banners All Over", "Banners All Over", "Ada Lovelace", text=TEXT),
    Letter("The planner is there", "Banners All Over", "Ada Lovelace", html=SHORT_HTML),
]


def newsletter(letter: Letter) -> Outgoing:
    """As a campaign sends it: with tracked links and the pixel, an unsubscribe link of its reader, signed."""
    delivery = ObjectId()
    content = prepare(
        subject=letter.subject,
        html=letter.html,
        text=letter.text,
        variables={"first_name": None, "parts": None, "shops": None},
        track_clicks=True,
        track_opens=True,
    )
    tracking = TrackingTokens(KEYS)
    unsubscribe_url = f"{SITE}/banners-all-over/newsletter/unsubscribe/{UnsubscribeTokens(KEYS).issue(delivery)}"
    links = [f"{SITE}/t/c/{tracking.issue(delivery, number)}" for number in range(1, len(content.links) + 1)]
    values = {
        "first_name": letter.reader.split(" ")[0] or "there",
        "parts": PARTS,
        "shops": ["Tea & Time", "Café Ünal"],
    }
    body = content.render(values, PersonalLinks(unsubscribe_url, links, f"{SITE}/t/o/{tracking.issue(delivery, 0)}"))
    skeleton = Skeleton(
        address("news@example.com", letter.sender),
        reply_to=address("help@example.com"),
        list_id="news.banners-all-over.example.com",
        feedback_id="campaign:banners-all-over",
        sign=SIGNER.sign,
    )
    recipient = address("ada@example.org", letter.reader)
    return skeleton.message(delivery, recipient, body, date=clock.now(), unsubscribe_url=unsubscribe_url)


@pytest.mark.parametrize("letter", LETTERS)
def test_one_click_is_covered_by_the_signature(letter: Letter) -> None:
    """RFC 8058: both headers, signed; an https address that knows the reader."""
    message = newsletter(letter)
    assert dkim.verify(message.content, dnsfunc=lambda *_, **__: SIGNER.dns_record.encode())
    signature = message.content.partition(b"\r\nDate:")[0].replace(b"\r\n", b"").replace(b" ", b"").decode()
    signed = signature.partition(";h=")[2].partition(";")[0].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-id", "from", "subject", "date"} <= set(signed)
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.headers["List-Unsubscribe"].startswith("<https://")


@pytest.mark.parametrize("letter", LETTERS)
def test_no_rule_of_spamassassin_is_against_its_form(letter: Letter, tmp_path: Path) -> None:
    """As it leaves, pixel and all."""
    assert rules_against([newsletter(letter).content], tmp_path) == [{}]
