"""What holds for every page for people, in every language."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest
from starlette.responses import HTMLResponse

from models.contacts import ConsentCategory
from public_pages.addresses import masked
from public_pages.data_exports import data_export_page
from public_pages.languages import Language
from public_pages.link_problems import LinkProblem, link_problem_page
from public_pages.magic_links import sign_in_code_page, sign_in_page
from public_pages.newsletters import confirm_page, confirmed_page, unsubscribe_page, unsubscribed_page
from public_pages.texts import TEXTS
from public_pages.ticket_ratings import rated_page, rating_page
from tests.public_pages.tags import Tags

APP: Final = "Tea & <i>Cakes</i>"
ADDRESS: Final = "a•••@example.com"
ACTION: Final = '/tea/newsletter/unsubscribe/token?a="b"'
NOW: Final = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
CATEGORIES: Final = [one.value for one in ConsentCategory if one is not ConsentCategory.TRANSACTIONAL]
Page = Callable[[Language], HTMLResponse]

PAGES: Final[dict[str, Page]] = {
    **{
        f"unsubscribe.{category}": lambda language, category=category: unsubscribe_page(  # type: ignore[misc]
            language, category, APP, ADDRESS, ACTION
        )
        for category in CATEGORIES
    },
    **{
        f"unsubscribed.{category}": lambda language, category=category: unsubscribed_page(  # type: ignore[misc]
            language, category, APP, ADDRESS
        )
        for category in CATEGORIES
    },
    "confirm": lambda language: confirm_page(language, APP, ADDRESS, ACTION),
    "confirmed": lambda language: confirmed_page(language, APP, ADDRESS),
    "sign_in": lambda language: sign_in_page(language, APP, ADDRESS, ACTION, "https://tea.example.com"),
    "sign_in_code": lambda language: sign_in_code_page(language, APP, ADDRESS, "274918"),
    "rating": lambda language: rating_page(language, APP, "#1", ACTION, score=4, comment=APP),
    "rated": lambda language: rated_page(language, APP, "#1"),
    "data_export": lambda language: data_export_page(language, APP, NOW, NOW, [], {}, "/download"),
    **{
        f"link_{kind}": lambda language, kind=kind: link_problem_page(language, kind)  # type: ignore[misc]
        for kind in LinkProblem
    },
}
EVERY_PAGE = pytest.mark.parametrize("name", PAGES)
EVERY_LANGUAGE = pytest.mark.parametrize("language", Language)


def html_of(response: HTMLResponse) -> str:
    return bytes(response.body).decode()


@EVERY_PAGE
@EVERY_LANGUAGE
def test_a_page_speaks_its_language_and_has_one_heading_in_one_main_part(name: str, language: Language) -> None:
    response = PAGES[name](language)
    tags = Tags(html_of(response))
    assert tags.all("html") == [{"lang": language, "dir": "ltr"}]
    assert response.headers["content-language"] == language
    assert len(tags.all("main")) == len(tags.all("h1")) == len(tags.all("title")) == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in tags.all("meta")
    assert TEXTS[language][f"{name}.title"] in html_of(response)


@EVERY_PAGE
def test_a_page_has_no_script_loads_nothing_and_is_kept_and_found_by_nobody(name: str) -> None:
    response = PAGES[name](Language.EN)
    html, policy = html_of(response), response.headers["content-security-policy"]
    tags = Tags(html)
    assert not {tag for tag, _ in tags.found} & {"script", "link", "img", "iframe", "object", "base"}
    assert not [one for _, attributes in tags.found for one in attributes if one.startswith("on") or one == "style"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert re.search(r"; form-action 'self'( https://tea.example.com)?; frame-ancestors 'none'$", policy)
    assert {"name": "robots", "content": "noindex, nofollow"} in tags.all("meta")
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@EVERY_PAGE
def test_the_policy_allows_just_the_style_that_is_in_the_page(name: str) -> None:
    response = PAGES[name](Language.EN)
    (style,) = re.findall(r"<style>(.*?)</style>", html_of(response), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response.headers["content-security-policy"]


@EVERY_PAGE
def test_what_is_shown_is_escaped(name: str) -> None:
    assert "<i>" not in html_of(PAGES[name](Language.EN))


@pytest.mark.parametrize("name", ["unsubscribe.newsletter", "unsubscribe.product", "confirm", "sign_in"])
@EVERY_LANGUAGE
def test_one_button_sends_one_form(name: str, language: Language) -> None:
    html = html_of(PAGES[name](language))
    tags = Tags(html)
    assert tags.all("form") == [{"method": "post", "action": ACTION}]
    assert tags.all("button") == [{}]
    assert TEXTS[language][f"{name.partition('.')[0]}.button"] in html


@pytest.mark.parametrize("name", ["unsubscribed.newsletter", "unsubscribed.outreach", "confirmed", "sign_in_code"])
def test_what_was_done_is_said_without_a_form(name: str) -> None:
    html = html_of(PAGES[name](Language.EN))
    assert "<form" not in html
    assert ADDRESS in html


def test_a_page_may_lead_on_to_one_other_origin_alone() -> None:
    policy = PAGES["sign_in"](Language.EN).headers["content-security-policy"]
    assert "form-action 'self' https://tea.example.com;" in policy
    assert "form-action 'self';" in sign_in_page(Language.EN, APP, ADDRESS, ACTION).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [(LinkProblem.UNKNOWN, 404), (LinkProblem.EXPIRED, 410), (LinkProblem.USED, 410), (LinkProblem.WITHDRAWN, 410)],
)
def test_a_link_that_leads_nowhere_says_so_by_its_status(kind: LinkProblem, status: int) -> None:
    assert link_problem_page(Language.EN, kind).status_code == status


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada@example.com", "a•••@example.com"),
        ("a@example.com", "•••@example.com"),
        ("élodie.martin@example.fr", "é•••@example.fr"),
        ('"odd@local"@example.com', '"•••@example.com'),
        ("", "•••"),
        ("nonsense", "•••"),
    ],
)
def test_addresses_are_masked_whatever_their_length(address: str, shown: str) -> None:
    assert masked(address) == shown
