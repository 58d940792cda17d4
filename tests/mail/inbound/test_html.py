"""HTML as it comes in mail: its text, and what of it can be shown."""

import time
from collections.abc import Callable
from typing import Final

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.inbound import shown
from mail.inbound.html import text_of_html

SECONDS: Final = 5
"""Of processor time, for what takes one at most; a parser that follows the standard takes minutes for some of it."""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo\n"),
        ("<div>one</div><div>two<br>three</div>", "one\ntwo\nthree\n"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo\n"),
        ("a &amp; b &lt;c&gt; &nbsp;&#8364; &unknown; &", "a & b <c> € &unknown; &\n"),
        ("<ul><li>one<li>two</ul>", "- one\n- two\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ('<a href="https://tea.example">tea</a>', "tea\n"),
        ('<img src="x" alt="a cup">', "a cup\n"),
        ("<style>p{}</style><script>x<y</script><title>t</title>shown<!-- not -->", "shown\n"),
        ('<div style="display:none">not</div>shown', "shown\n"),
        ("<p>one<p>two", "one\n\ntwo\n"),
        ("<b>bold</i></b> <x:y>and</x:y> so", "bold and so\n"),
        ("1 < 2 and <3", "1 < 2 and <3\n"),
        (
            "<blockquote type=cite>quoted<blockquote type='cite'>deep</blockquote></blockquote>new",
            "> quoted\n> > deep\nnew\n",
        ),
        ("<script>never closed", "\n"),
        ("<p title='a > b'>kept</p>", "kept\n"),
        ("", "\n"),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert text_of_html(html) == text


@given(st.text(st.sampled_from("<>/!-&;'\"= abpdiv#0x\n"), max_size=200))
def test_any_html_has_a_text(html: str) -> None:
    text_of_html(html)
    text_of_html(html, marks=True)
    shown(html)


LONG: Final[dict[str, Callable[[], str]]] = {
    "tags without end": lambda: "<a " * 3_000_000,
    "quotation marks without end": lambda: '<a "' * 3_000_000,
    "comments without end": lambda: "<!--" * 3_000_000,
    "nested": lambda: "<div>" * 1_000_000,
    "nested, and closed as something else": lambda: "<div>" * 100_000 + "</p>" * 100_000,
    "misnested": lambda: "<b><div>" * 200_000 + "</b></div>" * 200_000,
    "lists": lambda: "<ul><li>" * 200_000,
    "styles of many kinds": lambda: "".join(f"<p><font color={n}>" for n in range(100_000)),
    "references": lambda: "&#9" + "9" * 5_000_000,
    "spaces": lambda: "<p>" + " " * 5_000_000,
}


@pytest.mark.parametrize("html", LONG)
def test_no_html_takes_long(html: str) -> None:
    long = LONG[html]()
    begun = time.process_time()
    text_of_html(long)
    shown(long)
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\tscript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<img src="https://evil.example/pixel.gif">',
        '<img src="//evil.example/pixel.gif">',
        '<img srcset="https://evil.example/pixel.gif 2x">',
        '<div style="background:url(https://evil.example/p)">x</div>',
        '<div style="color:red;background-image:u\\72l(https://evil.example/p)">x</div>',
        '<p style="position:fixed;top:0">x</p>',
        '<table background="https://evil.example/p"><tr><td background="https://evil.example/p">x</td></tr></table>',
        '<link rel="stylesheet" href="https://evil.example/s.css">',
        "<style>@import url(https://evil.example/s.css)</style>",
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<base href="https://evil.example/">',
        '<form action="https://evil.example"><input name=password><button>x</button></form>',
        '<iframe src="https://evil.example"></iframe>',
        '<object data="https://evil.example"></object><embed src="https://evil.example">',
        '<video poster="https://evil.example/p" src="https://evil.example/v"></video>',
        '<svg><use href="https://evil.example/s.svg#x"/><script>alert(1)</script></svg>',
        '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
        '<!--[if mso]><img src="https://evil.example/p"><![endif]-->',
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
        '<blockquote cite="javascript:alert(1)">x</blockquote>',
        '<a href="/admin/delete">x</a>',
        '<p id="root" class="admin" onclick="alert(1)">x</p>',
    ],
)
def test_nothing_is_loaded_or_run(html: str) -> None:
    safe = shown(f"<body onload=alert(1)>{html}</body>").lower()
    for word in (
        "evil.example",
        "script",
        "onerror",
        "onload",
        "onclick",
        "<form",
        "<input",
        "<iframe",
        "url(",
        "position",
        "/admin",
        "class=",
        "id=",
    ):
        assert word not in safe
    assert nh3.is_html(safe) or "<" not in safe


def test_what_is_harmless_stays() -> None:
    html = (
        '<p style="color: rgb(1, 2, 3); text-align: center">Hello <b>Sam</b></p><img src="cid:logo@tea" '
        'alt="Tea" width="20">'
    )
    safe = shown(html)
    assert "<b>Sam</b>" in safe and 'src="cid:logo@tea"' in safe and 'width="20"' in safe
    assert "rgb(1" in safe.replace(" ", "").replace("rgb(1,2,3)", "rgb(1") and "text-align" in safe


def test_links_tell_nobody_where_they_were_followed() -> None:
    (link,) = [
        shown(
            '<a href="https://tea.example/?a=1&amp;b=2" target="_top" rel="opener" ping="https://evil.example">tea</a>'
        )
    ]
    assert 'href="https://tea.example/?a=1&amp;b=2"' in link and 'rel="noopener nofollow noreferrer"' in link
    assert 'target="_blank"' in link and "evil" not in link and "_top" not in link
