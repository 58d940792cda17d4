"""What a draft is looked at for: each check with what it lets through, and what not."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.writers import Fact
from mail.writers.checks import LONGEST_BODY, Draft, checked
from mail.writers.languages import language_of

FIT = "Thank you for the time that you took to look at our app. Would you tell me what you think of it?"
FACTS = (
    Fact("from_price", "9.00 USD every 30 days", vouched=True),
    Fact("points", "There is 20% off until May.", vouched=True),
    Fact("trial_days", "14", vouched=True),
    Fact("shop_domain", "tea-and-time.myshopify.com"),
    Fact("note", "They were told 5 USD, and that it is free of charge"),
)


def failing(
    body: str, *, subject: str = "A question", language: str | None = "en", facts: Sequence[Fact] = FACTS
) -> dict[str, str]:
    """What did not pass, with what was found. The text is put between sentences that are fit."""
    draft = Draft(subject, f"{FIT} {body}", language, {"banners.example.com"}, facts)
    return {check.name: check.detail for check in checked(draft) if not check.passed}


def test_what_is_fit_passes_all() -> None:
    assert failing("") == {}
    names = [check.name for check in checked(Draft("Hi", FIT, "en", set(), []))]
    assert names == ["length", "links", "placeholders", "markup", "language", "prices"]


@pytest.mark.parametrize(
    ("subject", "body"), [("", FIT), ("x" * 121, FIT), ("Hi", "Hi"), ("Hi", "x" * (LONGEST_BODY + 1))]
)
def test_length(subject: str, body: str) -> None:
    checks = {check.name: check.passed for check in checked(Draft(subject, body, None, set(), []))}
    assert not checks["length"]


@pytest.mark.parametrize(
    "text",
    [
        "https://banners.example.com/start?a=1",
        "help.banners.example.com",
        "Write to help@banners.example.com.",
        "your shop tea-and-time.myshopify.com",
        "It begins at 10:30. And so on, e.g. today. Version 4.2 is out.",
    ],
)
def test_links_to_the_app_s_domains_pass(text: str) -> None:
    assert failing(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/x",
        "HTTPS://EVIL.EXAMPLE",
        "evil.com",
        "//evil.com/x",
        "https://banners.example.com.evil.com",
        "https://banners.example.com@evil.com",
        "https://evil.com\\@banners.example.com",
        "https://xbanners.example.com",
        "javascript:alert(1)",
        "data:text/html,hello",
        "ada@evil.com",
        "mailto:ada@evil.com",
        "\uff45vil\uff0ecom",
        "\u0435vil.com",
    ],
)
def test_other_links_do_not(text: str) -> None:
    assert "links" in failing(text)


@pytest.mark.parametrize(
    "text", ["[First name]", "{{ name }}", "{name}", "<company>", "%NAME%", "____", "XXX", "TODO", "Lorem ipsum"]
)
def test_placeholders_do_not_pass(text: str) -> None:
    assert "placeholders" in failing(f"Dear {text}, hello.")


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b>",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "[here](x)",
        "**bold**",
        "te\u200bst",
        "\u202ereversed",
        "\x07",
    ],
)
def test_markup_and_what_nobody_sees_do_not_pass(text: str) -> None:
    assert "markup" in failing(text)


def test_a_subject_is_one_line() -> None:
    assert failing("", subject="Hi\nBcc: eve@banners.example.com").keys() == {"markup"}


def test_another_language_does_not_pass() -> None:
    assert failing("", language="de") == {"language": "The text seems to be in en, not in de"}
    assert failing("", language=None) == {}


def test_what_is_too_short_has_no_language() -> None:
    assert language_of("Banners All Over 2000") is None


@pytest.mark.parametrize(
    "text", ["9 USD", "$9", "US$ 9.00", "9,00 dollars", "20 %", "20 percent", "In 2026 we had 300 guests."]
)
def test_prices_of_facts_that_are_vouched_for_pass(text: str) -> None:
    assert failing(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "$5",
        "5 USD",
        "€ 1.200,50",
        "9 %",
        "14 USD",
        "20 dollars",
        "30 Prozent",
        "It is free of charge.",
        "a full refund",
        "kostenlos",
    ],
)
def test_other_claims_of_prices_do_not_pass(text: str) -> None:
    assert "prices" in failing(text)


@pytest.mark.parametrize("part", ["a", "a.", "a@", "<", "< ", "[", "[a](", "**", "http:", "1 000 ", "$1,", "{", "-a"])
def test_the_worst_of_texts_takes_no_time(part: str) -> None:
    text = (part * 20_000)[:20_000]
    begin = time.process_time()
    checked(Draft("Hi", text, "en", {"banners.example.com"}, [Fact("x", text, vouched=True)]))
    assert time.process_time() - begin < 1


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_any_text_is_looked_at(text: str) -> None:
    found = checked(Draft(text[:40], text, "en", {"banners.example.com"}, [Fact("x", text, vouched=True)]))
    assert all(check.passed or check.detail for check in found)
