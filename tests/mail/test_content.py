"""What a campaign says: prepared once, rendered per recipient."""

import re
from html import unescape
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import Browser, Route

from mail.content import Content, PersonalLinks, Rendered, prepare
from mail.templates import TemplateProblem

PERSONAL = PersonalLinks(
    "https://mail.test/u/1?a=1&b=2",
    [f"https://mail.test/c/{number}" for number in range(1, 6)],
    "https://mail.test/o/1",
)


def prepared(html: str | None, text: str | None = None, subject: str = "News", **options: Any) -> Content:
    names = ("name", "shops", "color", "a")
    return prepare(subject=subject, html=html, text=text, variables=dict.fromkeys(names), **options)


def render(html: str | None, text: str | None = None, values: dict[str, Any] | None = None, **options: Any) -> Rendered:
    return prepared(html, text, **options).render(values or {}, PERSONAL)


def body(html: str, **values: Any) -> str:
    """What is rendered between <body> and </body>."""
    result = render(html, values=values).html or ""
    return result.partition("<body>")[2].partition("</body>")[0]


def problem(html: str) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        prepared(html)
    assert caught.value.field == "html"
    return caught.value


def test_css_is_inlined_and_media_queries_are_kept() -> None:
    html = render("<style>p{color:red} @media print{p{color:black}}</style><p>Hi</p>").html or ""
    assert '<p style="color: red;">Hi</p>' in html
    assert "@media print{p{color:black}}" in html


def test_a_value_may_stand_in_a_style() -> None:
    assert body("<style>p{color:{{ color }}}</style><p>Hi</p>", color="red") == '<p style="color: red;">Hi</p>'


def test_a_fragment_becomes_a_whole_document() -> None:
    html = render("Hi {{ name }}", values={"name": "<Ada>"}).html or ""
    assert html.startswith("<!DOCTYPE html><html><head>")
    assert "<body>Hi &lt;Ada&gt;</body>" in html


def test_loops_around_rows_of_a_table_stay_where_they_are() -> None:
    source = (
        "<style>td{color:red}</style><table>{% for shop in shops %}<tr><td>{{ shop }}</td></tr>{% endfor %}</table>"
    )
    cell = '<tr><td style="color: red;">{}</td></tr>'
    assert body(source, shops=["a", "b"]) == f"<table><tbody>{cell.format('a')}{cell.format('b')}</tbody></table>"


def test_conditions_work_in_attributes_titles_and_comments() -> None:
    source = (
        "<html><head><title>{{ name }}</title></head>"
        "<body><p title=\"{% if a > 1 %}{{ name }}{% endif %}\" class='{{ name }}'>x</p>"
        "<!--[if mso]>{{ a }}<![endif]--></body></html>"
    )
    html = render(source, values={"name": "Ada", "a": 2}).html or ""
    assert "<title>Ada</title>" in html
    assert '<p class="Ada" title="Ada">x</p><!--[if mso]>2<![endif]-->' in html


def test_raw_blocks_and_jinja_comments_keep_their_meaning() -> None:
    assert body("{# note #}{% raw %}{{ <b>not</b> {% a %} {# b #}{% endraw %}") == "{{ <b>not</b> {% a %} {# b #}"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_value_arrives_escaped_and_whole(value: str) -> None:
    rendered = body("<p>[{{ name }}]</p>", name=value)
    assert not set("<>\"'") & set(rendered.removeprefix("<p>").removesuffix("</p>"))
    assert unescape(rendered) == f"<p>[{value}]</p>"


def test_links_are_numbered_by_address_and_lead_to_the_reader_s_own() -> None:
    source = (
        '<a href="https://a.test/?x=1&amp;y=2">one</a><a class="b" href=\'https://a.test/?x=1&y=2\'>same</a>'
        '<a href="http://b.test">two</a>'
    )
    content = prepared(source, track_clicks=True)
    assert content.links == ("https://a.test/?x=1&y=2", "http://b.test")
    html = content.render({}, PERSONAL).html or ""
    assert [html.count(f"https://mail.test/c/{number}") for number in (1, 2)] == [2, 1]
    assert "a.test" not in html


@pytest.mark.parametrize(
    "address",
    ["mailto:a@b.test", "tel:+491234", "#top", "{{ unsubscribe_url }}", "https://a.test/?shop={{ name }}", "/path"],
)
def test_links_without_a_fixed_web_address_stay_as_they_are(address: str) -> None:
    content = prepared(f'<a href="{address}">x</a>', track_clicks=True)
    assert content.links == ()
    assert "mail.test/c/" not in (content.render({"name": "s"}, PERSONAL).html or "")


def test_links_in_comments_and_without_tracking_stay_as_they_are() -> None:
    source = '<!--[if mso]><a href="https://a.test"><![endif]--><a href="https://b.test">b</a>'
    assert prepared(source, track_clicks=True).links == ("https://b.test",)
    assert prepared(source).links == ()


LONG: Final = f"<p>{'Hello and welcome. ' * 300}</p>"


def test_opens_are_tracked_by_an_image_at_the_end() -> None:
    html = render(LONG, track_opens=True).html or ""
    assert html.endswith('<img src="https://mail.test/o/1" width="1" height="1" alt=""></body></html>')


def test_of_a_short_mail_by_a_background_and_a_comment_for_outlook() -> None:
    """Filters take little text with a picture for a picture of text."""
    html = render("<p>Hi</p>", track_opens=True).html or ""
    shown = re.sub(r"<!--\[if mso\]>.*<!\[endif\]-->", "", html)
    assert "background-image:url(https://mail.test/o/1)" in shown
    assert "<img" not in shown
    assert '<!--[if mso]><img src="https://mail.test/o/1" width="1" height="1" alt=""><![endif]--></body>' in html


@pytest.mark.parametrize("html", ["<p>Hi</p>", LONG], ids=["short", "long"])
async def test_opening_asks_for_the_pixel_once(html: str, chromium: Browser) -> None:
    asked = list[str]()

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body=b"GIF89a", content_type="image/gif")

    page = await chromium.new_page()
    await page.route("https://mail.test/**", answer)
    await page.set_content(render(html, track_opens=True).html or "", wait_until="networkidle")
    await page.close()
    assert asked == ["https://mail.test/o/1"]


def test_the_text_part_is_made_from_the_html() -> None:
    source = """<style>.p{display:none}</style><div class="p">Preheader</div>
        <h1>Hello  {{ name }}</h1>
        <p>Two<br>lines &amp; a <a href="https://a.test">link</a>.</p>
        <ul>{% for shop in shops %}<li>{{ shop }}</li>{% endfor %}</ul>
        <table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>
        <img alt="Logo"><a href="mailto:x@y.test">x@y.test</a>"""
    result = render(source, values={"name": "<Ada>", "shops": ["s & t", "u"]}, track_clicks=True)
    assert result.text == (
        "Hello <Ada>\n\nTwo\nlines & a link (https://mail.test/c/1).\n\n- s & t\n- u\n\na b\nc d\n\nLogox@y.test\n"
    )


def test_a_text_part_written_by_hand_is_left_as_written() -> None:
    result = render("<p>HTML</p>", "Hi {{ name }}\n\n\n  https://a.test\n", {"name": "<A>"}, track_clicks=True)
    assert result.text == "Hi <A>\n\n\n  https://a.test\n"


def test_a_mail_of_text_alone_has_no_html() -> None:
    assert render(None, "Hi {{ name }}", {"name": "A"}, subject="For {{ name }}") == Rendered("For A", "Hi A", None)


def test_it_is_known_whether_a_reader_finds_the_unsubscribe_link() -> None:
    link = '<a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    assert prepared(link).offers_unsubscribe
    assert not prepared("Hi").offers_unsubscribe
    assert not prepared(link, "text without").offers_unsubscribe
    assert not prepared(f"<p>{{% if a %}}{link}{{% endif %}}</p>").offers_unsubscribe
    assert not prepared(f"<!-- {link} --><p>Hi</p>").offers_unsubscribe
    assert 'href="https://mail.test/u/1?a=1&amp;b=2"' in (render(link).html or "")


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("<ul>{% for a in shops %}<li>{{ a }}{% endfor %}</ul>", 1, "close what was opened"),
        ("\n{% if a %}<div>{% else %}<div class=x>{% endif %}</div>", 2, "close what was opened"),
        ("<p>{% if a %}</p>{% endif %}", 1, "close what was opened"),
        ("<a {% if a %}href='1'{% else %}href='2'{% endif %}>x</a>", 1, "put it inside of a value"),
        ("<p\n{{ a }}>x</p>", 2, "put it inside of a value"),
        ("<style>{% if a %}p{}{% endif %}</style>", 1, "values alone can"),
        ("{{ a }}<html><body></body></html>", 1, "outside of <html>"),
        ("\n{{ nobody }}", 2, "unknown variables: nobody"),
        ("{{ _links[0] }}", 1, "unknown variables: _links"),
        ("one\njinja0x", 2, "'jinja0x' is reserved"),
        ("<b {{ a", 1, "unexpected end of template"),
    ],
)
def test_what_would_not_survive_is_refused_with_its_line(source: str, line: int, reason: str) -> None:
    found = problem(source)
    assert found.line == line
    assert reason in found.reason


def test_a_missing_value_is_told_by_name_and_field() -> None:
    with pytest.raises(TemplateProblem, match="'name' is undefined") as caught:
        render("<p>Hi {{ name }}</p>", "Hi")
    assert caught.value.field == "html"


def test_a_mail_has_html_or_text() -> None:
    with pytest.raises(TemplateProblem, match="HTML or text"):
        prepared(None)
