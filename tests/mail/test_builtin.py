"""The built-in mails: the same in all languages, and safe to send."""

import re
from typing import Final

import pytest

from mail.builtin import BuiltIn, built_in, built_ins
from mail.content import Content, PersonalLinks, Rendered, prepare

LANGUAGES: Final = ("de", "en", "es", "fr", "pt")
STANDARD: Final = {"app_name": "", "name": ""}
EVERY: Final = [mail for of_key in built_ins().values() for mail in of_key.values()]
each = pytest.mark.parametrize("mail", EVERY, ids=lambda mail: f"{mail.key}.{mail.language}")


def content_of(mail: BuiltIn) -> Content:
    variables = STANDARD | dict(mail.defaults)
    return prepare(subject=mail.subject, html=mail.html, text=mail.text, variables=variables)


def rendered(mail: BuiltIn, name: str = "Ada <Lovelace>") -> Rendered:
    samples = {variable.name: variable.sample for variable in mail.variables}
    personal = PersonalLinks("https://mail.test/u")
    return content_of(mail).render({"app_name": "Banners & Co", "name": name, **samples}, personal)


def names_in(source: str) -> set[str]:
    found = re.findall(r"{{ (\w+)(?:\|nl2br)? }}|{% if (\w+) %}", source)
    return {word for pair in found for word in pair if word}


def test_the_mails_that_others_rely_on_are_there() -> None:
    tickets = {"ticket-received", "ticket-reply", "ticket-resolved", "ticket-merged"}
    assert {"newsletter-confirmation", "data-export", "magic-link", *tickets} <= built_ins().keys()


@pytest.mark.parametrize("key", built_ins())
def test_every_key_has_every_language(key: str) -> None:
    assert tuple(built_ins()[key]) == LANGUAGES


@pytest.mark.parametrize("key", built_ins())
def test_every_language_says_the_same_by_its_variables(key: str) -> None:
    mails = built_ins()[key].values()
    for part in ("html", "text"):
        assert len({frozenset(names_in(getattr(mail, part))) for mail in mails}) == 1


@each
def test_it_renders_whole_with_its_samples(mail: BuiltIn) -> None:
    result = rendered(mail)
    for part in (result.html or "", result.text):
        assert all(variable.sample in part for variable in mail.variables if variable.name.endswith("_url"))
        assert "{" not in re.sub(r"<style.*?</style>", "", part)
    assert "Ada &lt;Lovelace&gt;" in (result.html or "")
    assert "Ada <Lovelace>" in result.text
    assert "Banners & Co" in result.text + result.subject
    assert "\n" not in result.subject


def test_a_code_stands_where_it_is_seen_and_copied() -> None:
    mail = built_in("magic-link")
    assert mail is not None
    result = rendered(mail)
    assert re.search(r"font-size:28px[^>]*>274918<", result.html or "")
    assert "\n274918\n" in result.text


@each
def test_it_needs_no_name(mail: BuiltIn) -> None:
    assert " ," not in rendered(mail, name="").text


@each
def test_every_variable_is_used_and_described(mail: BuiltIn) -> None:
    used = names_in(mail.html) & names_in(mail.text + mail.subject)
    for variable in mail.variables:
        assert variable.name in used
        assert variable.description


@each
def test_it_reads_well_without_seeing_it(mail: BuiltIn) -> None:
    html = rendered(mail).html or ""
    assert f'lang="{mail.language}"' in html
    assert html.count("<table") == html.count('role="presentation"')
    assert html.count("<h1") == 1
    assert "<img" not in html


def test_what_somebody_wrote_stays_text_and_keeps_its_lines() -> None:
    reply = built_in("ticket-reply")
    assert reply is not None
    samples = {variable.name: variable.sample for variable in reply.variables}
    values = {**samples, "app_name": "Banners", "message": "First <script>alert(1)</script>\n\n{{ name }} & more"}
    result = content_of(reply).render(values, PersonalLinks("https://mail.test/u"))
    shown = "First &lt;script&gt;alert(1)&lt;/script&gt;<br>\n<br>\n{{ name }} &amp; more"
    assert shown in (result.html or "")
    assert values["message"] in result.text


def test_of_what_depends_on_a_value_nothing_is_left_without_it() -> None:
    reply = built_in("ticket-reply")
    assert reply is not None
    values = {"app_name": "Banners", "subject": "Tea", "reference": "#1", "message": "Yes"}
    result = content_of(reply).render(values, PersonalLinks("https://mail.test/u"))
    assert "<a " not in (result.html or "")
    assert "<p></p>" not in re.sub(r' style="[^"]*"', "", result.html or "")
    assert result.text == (
        "An answer to your request #1\n\nHello,\n\nsomebody of Banners writes:\n\nYes\n\n"
        "Nobody reads answers to this mail.\n"
    )


@each
def test_it_stays_small(mail: BuiltIn) -> None:
    result = rendered(mail)
    assert len(result.html or "") < 6_000
    assert len(result.subject) < 70


def test_of_several_languages_the_first_that_there_is_else_english() -> None:
    def language(*wanted: str) -> str:
        found = built_in("data-export", wanted)
        return found.language if found else ""

    assert language("it", "pt", "de") == "pt"
    assert language("it") == language() == "en"
    assert built_in("nothing") is None
