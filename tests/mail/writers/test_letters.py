"""Drafts as mail: text, and the same in HTML."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mail.content import PersonalLinks, prepare
from mail.writers.letters import LETTER, html_of, letter_values

NOBODY = PersonalLinks("https://apps.example.com/unsubscribe")


def rendered(subject: str, body: str) -> tuple[str, str, str]:
    variables = dict(LETTER.defaults)
    content = prepare(subject=LETTER.subject, html=LETTER.html, text=LETTER.text, variables=variables)
    mail = content.render(letter_values(subject, body), NOBODY)
    return mail.subject, mail.text, mail.html or ""


def test_paragraphs_lines_and_addresses() -> None:
    body = "Hi & hello,\nAda\n\nSee https://a.example/x?a=1&b=2."
    assert html_of(body) == (
        "<p>Hi &amp; hello,<br>\nAda</p>"
        '<p>See <a href="https://a.example/x?a=1&amp;b=2">https://a.example/x?a=1&amp;b=2</a>.</p>'
    )


def test_what_is_sent_is_what_was_shown() -> None:
    body = "Hi & hello,\nAda\n\nSee https://a.example/x?a=1&b=2."
    subject, text, html = rendered("A question", body)
    assert (subject, text.strip()) == ("A question", body)
    assert html_of(body).replace("\n", "") in html.replace("\n", "")


def test_what_is_written_is_never_a_template() -> None:
    body = "{{ 7 * 7 }} {% raw %} <script>alert(1)</script>"
    subject, text, html = rendered(body, body)
    assert (subject, text.strip()) == (body, body)
    assert "{{ 7 * 7 }} {% raw %} &lt;script&gt;alert(1)&lt;/script&gt;" in html


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    html = html_of(text)
    for allowed in ("<p>", "</p>", "<br>", "</a>"):
        html = html.replace(allowed, "")
    assert "<" not in html.replace('<a href="http', "")
