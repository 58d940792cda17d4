"""Every mail that people may refuse shows them how, whatever its author wrote."""

from html import escape
from typing import Any

import pytest

from mail.content import Content, PersonalLinks, Rendered
from mail.footer import label_in, prepare_with_footer
from mail.templates import TemplateProblem

URL = "https://mail.test/u/1?a=1&b=2"
LINK = '<a href="{{ unsubscribe_url }}">No more</a>'
VARIABLES = {"name": "", "premium": False, "unsubscribe_label": "Unsubscribe", "postal_address": ""}


def prepared(html: str | None, text: str | None = None, *, address: bool = False, **options: Any) -> Content:
    return prepare_with_footer(
        subject="News", html=html, text=text, variables=VARIABLES, postal_address=address, **options
    )


def render(html: str | None, text: str | None = None, **options: Any) -> Rendered:
    personal = PersonalLinks(URL, ["https://mail.test/c/1"])
    values = {"postal_address": "Tea & Co, 1 High Street"}
    return prepared(html, text, **options).render(values, personal)


def test_what_offers_the_link_to_everybody_stays_as_it_is() -> None:
    result = render(f"<p>{LINK}</p>")
    assert result.text == f"No more ({URL})\n"
    assert (result.html or "").endswith(">No more</a></p></body></html>")


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hi</p>",
        "<html><body><p>Hi</p></body></html>",
        "<html><BODY><p>Hi</p></BODY ></html>",
        "<html><p>Hi</p></html>",
        f"<!-- {LINK} --><p>Hi</p>",
        f"{{# {LINK} #}}<p>Hi</p>",
        f"{{% if premium %}}{LINK}{{% endif %}}",
        f"{{% for one in [] %}}{LINK}{{% endfor %}}",
        f'<div style="display:none">{LINK}</div>',
        f"<style>.no{{display:none}}</style><p class=no>{LINK}</p>",
        '<a href="{{ unsubscribe_url if premium else name }}">x</a>',
        "<html><head><title>{{ unsubscribe_url }}</title></head><body>Hi</body></html>",
        "<p>The tag </body> in the middle</p>",
    ],
)
def test_what_does_not_gets_one_at_its_end(html: str) -> None:
    result = render(html)
    shown = (result.html or "").rpartition("<p ")[2]
    assert f'href="{escape(URL)}"' in shown
    assert ">Unsubscribe</a></p>" in shown
    assert f"Unsubscribe ({URL})" in result.text


def test_a_text_part_written_by_hand_gets_its_own() -> None:
    assert render(LINK, "Hi").text == f"Hi\n\nUnsubscribe: {URL}\n"
    assert render("<p>Hi</p>", "{{ unsubscribe_url }}").text == URL
    assert "Unsubscribe" in (render("<p>Hi</p>", "{{ unsubscribe_url }}").html or "")
    assert render(None, "Hi").text == f"Hi\n\nUnsubscribe: {URL}\n"


def test_the_postal_address_stands_below_where_there_is_one() -> None:
    result = render("<p>Hi</p>", address=True)
    assert "Tea &amp; Co, 1 High Street" in (result.html or "")
    assert "Tea & Co, 1 High Street\n\nUnsubscribe" in result.text
    assert "Tea" not in render("<p>Hi</p>").text
    assert render(f"{LINK} {{{{ postal_address }}}}", address=True).text.count("Tea") == 1


def test_links_keep_their_numbers() -> None:
    html = '<a href="https://a.test">a</a>'
    assert prepared(html, track_clicks=True).links == ("https://a.test",)
    assert prepared(html, track_clicks=True, address=True).links == ("https://a.test",)


@pytest.mark.parametrize("html", ["<p>Hi</p><!-- open", '<p>Hi</p><div style="display:none">', "<p>Hi</p><style>"])
def test_what_would_swallow_the_footer_is_refused(html: str) -> None:
    with pytest.raises(TemplateProblem, match="close what was opened") as problem:
        prepared(html)
    assert problem.value.field == "html"


def test_the_words_of_the_link_are_the_reader_s() -> None:
    assert [label_in(language) for language in ("de", "pt-BR", "xx", "")] == [
        "Abbestellen",
        "Cancelar a inscrição",
        "Unsubscribe",
        "Unsubscribe",
    ]
