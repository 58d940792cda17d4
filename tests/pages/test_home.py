"""`GET /`: one reference in three forms, made from what is served."""

import re
from html.parser import HTMLParser
from typing import Final

import pytest
from graphql import parse, validate
from httpx import AsyncClient

from pages.highlighting import highlighted
from pages.negotiation import preferred
from rest_compat.routes import ALL
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from schema.samples import sample_of

BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ROUTES: Final = [route for routes in ALL.values() for route in routes]
FORMS: Final = ("application/json", "text/html", "text/markdown")


async def page(client: AsyncClient, accept: str = BROWSER) -> str:
    response = await client.get("/", headers={"Accept": accept})
    assert response.status_code == 200
    return response.text


class TestForms:
    @pytest.mark.parametrize(
        ("accept", "form"),
        [
            (BROWSER, "text/html"),
            ("*/*", "application/json"),
            ("text/markdown", "text/markdown"),
            ("application/json", "application/json"),
            ("text/html;q=0.5, text/markdown;q=0.9", "text/markdown"),
        ],
    )
    async def test_answers_as_the_client_prefers(self, client: AsyncClient, accept: str, form: str) -> None:
        response = await client.get("/", headers={"Accept": accept})
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(form)
        assert "Accept" in response.headers["vary"]

    async def test_what_it_does_not_come_as_is_a_406_that_names_the_forms(self, client: AsyncClient) -> None:
        response = await client.get("/", headers={"Accept": "image/png"})
        assert response.status_code == 406
        assert "text/markdown" in response.json()["error"]

    @pytest.mark.parametrize("form", FORMS)
    async def test_is_not_sent_again_when_nothing_changed(self, client: AsyncClient, form: str) -> None:
        first = await client.get("/", headers={"Accept": form})
        again = await client.get("/", headers={"Accept": form, "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_each_form_has_its_own_tag(self, client: AsyncClient) -> None:
        tags = {(await client.get("/", headers={"Accept": form})).headers["etag"] for form in FORMS}
        assert len(tags) == len(FORMS)

    async def test_is_compressed_for_those_who_take_it(self, client: AsyncClient) -> None:
        response = await client.get("/", headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in response.headers["vary"]


class TestContent:
    async def test_the_index_names_every_served_row(self, client: AsyncClient) -> None:
        index = (await client.get("/")).json()
        shown = {
            (category["name"], endpoint["method"], endpoint["path"])
            for category in index["categories"]
            for endpoint in category["endpoints"]
        }
        assert shown == {(name, route.method, route.path) for name, routes in ALL.items() for route in routes}
        first = index["categories"][0]["endpoints"][0]
        assert set(first) == {"method", "path", "summary", "auth", "statuses", "graphql"}
        assert (first["path"], first["auth"], first["graphql"]) == ("/auth/login", [], "logIn")

    @pytest.mark.parametrize("form", ["text/html", "text/markdown"])
    async def test_every_row_is_shown_with_its_graphql_field(self, client: AsyncClient, form: str) -> None:
        text = re.sub(r"<wbr>", "", await page(client, form))
        for field in (field for field in root_fields(SCHEMA) if any(route.calls is field.calls for route in ROUTES)):
            assert field.name in text
        for route in ROUTES:
            assert route.path in text

    async def test_html_escapes_and_links_within_itself(self, client: AsyncClient) -> None:
        document = Document()
        document.feed(await page(client))
        assert document.fragments <= document.ids
        assert len(document.ids) == document.number_of_ids

    async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(self, client: AsyncClient) -> None:
        response = await client.get("/", headers={"Accept": BROWSER})
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", response.text)
        document = Document()
        document.feed(response.text)
        assert document.loaded
        for path in document.loaded:
            asset = await client.get(path)
            assert (asset.status_code, "immutable" in asset.headers["cache-control"]) == (200, True)


class Document(HTMLParser):
    """The ids of a page, the fragments it links to, and the files it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.number_of_ids = 0
        self.fragments: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.add(given["id"] or "")
            self.number_of_ids += 1
        if (target := given.get("href") or "").startswith("#"):
            self.fragments.add(target[1:])
        if tag in ("script", "img"):
            self.loaded.add(given["src"] or "")
        if tag == "link":
            self.loaded.add(given["href"] or "")


class TestPreference:
    """RFC 9110, section 12.5.1."""

    @pytest.mark.parametrize(
        ("accept", "chosen"),
        [
            (None, "application/json"),
            ("", "application/json"),
            ("text/*", "text/html"),
            ("text/*, text/html;q=0", "text/markdown"),
            ("*/*;q=0.1, text/markdown;q=0.2", "text/markdown"),
            ("TEXT/HTML", "text/html"),
            ("text/html;level=1;q=0.3, application/json;q=0.2", "text/html"),
            ("text/html;q=nonsense", None),
            ("text/html;q=nan", None),
            ("text/html;q=-1", None),
            ("*/*;q=0", None),
            ("image/png", None),
            (",;,", None),
        ],
    )
    def test_the_most_valued_form_is_chosen(self, accept: str | None, chosen: str | None) -> None:
        assert preferred(accept, FORMS) == chosen


class TestSamples:
    @pytest.mark.parametrize("field", root_fields(SCHEMA), ids=lambda field: field.name)
    def test_every_field_has_a_sample_that_is_valid(self, field: RootField) -> None:
        assert validate(SCHEMA._schema, parse(sample_of(field))) == []

    def test_highlighting_escapes_and_loses_nothing(self) -> None:
        code = """curl -X POST http://127.0.0.1:8000/a -H "X: $KEY" -d '{"a<b": "</code>", "n": 4.5}' # & true"""
        marked = highlighted(code)
        assert re.sub(r"</?span[^>]*>", "", marked).count("<") == 0
        assert marked.striptags() == code
        assert '<span class="number">4.5</span>' in marked
        assert '<span class="number">127' not in marked
