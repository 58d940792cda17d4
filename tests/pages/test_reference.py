"""`/reference`: every operation, with what it is called on each interface."""

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from httpx import AsyncClient
from playwright.async_api import Browser, Page, Request, Route

from rest_compat.routes import ALL
from schema.fields import root_fields
from schema.root import SCHEMA
from tests.assistants.conversations import CATALOGUE
from tests.pages.test_home import BROWSER, Document

ROUTES: Final = [route for routes in ALL.values() for route in routes]
INDEX: Final = re.compile(r"^## .* \(http\S+(/reference/[\w-]+)\)$", re.MULTILINE)
WIDTHS: Final = (390, 820, 1440)


async def domains(client: AsyncClient) -> list[str]:
    """The paths of the pages."""
    return INDEX.findall((await client.get("/reference")).text)


class TestContent:
    async def test_everything_that_is_served_is_found(self, client: AsyncClient) -> None:
        """On the page of some domain."""
        pages = [(await client.get(path)).text for path in await domains(client)]
        text = "\n".join(pages)
        for route in ROUTES:
            assert f"- REST: `{route.method} {route.path}`" in text
        for root in root_fields(SCHEMA):
            assert f"- GraphQL: {root.kind} `{root.name}`" in text
        for tool in CATALOGUE:
            assert tool.calls is None or f"- MCP: `{tool.name}`" in text

    async def test_what_belongs_together_is_one_operation(self, client: AsyncClient) -> None:
        page = (await client.get("/reference/plans")).text
        operation = page.partition("## `create_plan`")[2].partition("\n## ")[0]
        for fact in (
            "- Who: Staff (owner, admin)",
            "- REST: `POST /{appId}/plans/`",
            "- GraphQL: mutation `planCreate`",
            "- MCP: `create_plan` (changes one thing, or answers one person)",
            "- Statuses: 201, 400, 401, 403, 404, 409, 413",
            "`trialDays` (integer)",
        ):
            assert fact in operation

    async def test_what_is_no_tool_says_why(self, client: AsyncClient) -> None:
        page = (await client.get("/reference/auth")).text
        assert "- MCP: no tool. A password, a key, a secret or a link that signs" in page

    async def test_a_domain_that_does_not_exist_is_a_404(self, client: AsyncClient) -> None:
        refused = await client.get("/reference/nothing", headers={"Accept": BROWSER})
        assert (refused.status_code, refused.json()["error"]) == (404, "There is no such domain: /reference lists them")


class TestForms:
    @pytest.mark.parametrize("path", ["/reference", "/reference/tickets"])
    async def test_html_is_strict_and_links_within_itself(self, client: AsyncClient, path: str) -> None:
        response = await client.get(path, headers={"Accept": BROWSER})
        assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", response.text)
        document = Document()
        document.feed(response.text)
        assert document.fragments <= document.ids
        assert len(document.ids) == document.number_of_ids

    async def test_is_not_sent_again_when_nothing_changed(self, client: AsyncClient) -> None:
        first = await client.get("/reference/plans")
        again = await client.get("/reference/plans", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_what_it_does_not_come_as_is_a_406(self, client: AsyncClient) -> None:
        assert (await client.get("/reference", headers={"Accept": "image/png"})).status_code == 406


class TestInABrowser:
    @pytest_asyncio.fixture
    async def page(self, client: AsyncClient, chromium: Browser) -> AsyncIterator[Page]:
        """What the browser complains of, such as a violated policy, fails the test."""
        page = await chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))

        async def answer(route: Route, request: Request) -> None:
            response = await client.get(request.url, headers={"Accept": request.headers.get("accept", "*/*")})
            headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
            await route.fulfill(status=response.status_code, headers=headers, body=response.content)

        await page.route("**/*", answer)
        yield page
        await page.close()
        assert complaints == []

    async def test_search_finds_an_operation_by_any_of_its_names(self, page: Page) -> None:
        await page.goto("http://test/reference")
        for words in ("campaignPause", "pause_campaign", "stops sending for a while"):
            await page.fill("#search", words)
            shown = page.locator("article:visible h3")
            assert await shown.all_inner_texts() == ["pause_campaign"], words

    @pytest.mark.parametrize("path", ["/reference", "/reference/tickets"])
    async def test_fits_every_screen(self, page: Page, path: str) -> None:
        await page.goto(f"http://test{path}")
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
