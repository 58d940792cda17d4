"""GraphiQL and the REST reference, as the front-end build left them, and what stands there without a build."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app import OPENAPI, documentation_of, reference_to
from core.settings import Settings
from pages import routes as pages
from rest_compat.edge import install_errors

SCRIPT = "export const answer = 42;\n" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The folder that a build would fill."""
    return tmp_path / "dist"


@pytest_asyncio.fixture
async def browser(built: Path, settings: Settings) -> AsyncIterator[AsyncClient]:
    site = FastAPI(openapi_url=None)
    site.router.routes.extend(pages.routes(lambda: reference_to(settings), documentation_of(settings), OPENAPI, built))
    install_errors(site)
    async with AsyncClient(transport=ASGITransport(site), base_url="http://test") as http:
        yield http


def build(folder: Path) -> None:
    (folder / "assets").mkdir(parents=True)
    (folder / "graphiql.html").write_text("<!doctype html><title>GraphiQL</title>")
    (folder / "reference.html").write_text("<!doctype html><title>REST reference</title>")
    (folder / "assets" / "graphiql-1a2b3c.js").write_text(SCRIPT)
    (folder / "secret.txt").write_text("not an asset")


class TestBuilt:
    @pytest.mark.parametrize(("path", "title"), [("/graphiql", "GraphiQL"), ("/docs", "REST reference")])
    async def test_pages_are_served_under_a_strict_policy(
        self, browser: AsyncClient, built: Path, path: str, title: str
    ) -> None:
        build(built)
        response = await browser.get(path)
        policy = response.headers["content-security-policy"]
        assert (response.status_code, title in response.text) == (200, True)
        assert "default-src 'none'; script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["cache-control"] == "no-cache"

    async def test_only_the_editor_may_write_styles(self, browser: AsyncClient, built: Path) -> None:
        build(built)
        policies = [(await browser.get(path)).headers["content-security-policy"] for path in ("/graphiql", "/docs")]
        assert ["unsafe-inline" in policy for policy in policies] == [True, False]
        assert all("script-src 'self';" in policy for policy in policies)

    async def test_assets_are_kept_for_good_and_compressed(self, browser: AsyncClient, built: Path) -> None:
        build(built)
        response = await browser.get("/assets/graphiql-1a2b3c.js", headers={"Accept-Encoding": "gzip"})
        assert response.text == SCRIPT
        assert response.headers["content-type"].startswith("text/javascript")
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"

    @pytest.mark.parametrize("name", ["gone-000000.js", "..%2Fsecret.txt", "%2e%2e%2fsecret.txt", "", "x" * 300])
    async def test_nothing_else_is_an_asset(self, browser: AsyncClient, built: Path, name: str) -> None:
        build(built)
        response = await browser.get(f"/assets/{name}")
        assert (response.status_code, response.json()["success"]) == (404, False)


class TestNotBuilt:
    @pytest.mark.parametrize("path", ["/graphiql", "/docs"])
    async def test_the_page_says_what_is_missing_and_what_to_do(self, browser: AsyncClient, path: str) -> None:
        response = await browser.get(path)
        assert response.status_code == 503
        assert f"{path} is not built yet" in response.text
        assert "make assets" in response.text
        assert response.headers["content-security-policy"].startswith("default-src 'none'")

    async def test_a_build_is_served_without_a_restart(self, browser: AsyncClient, built: Path) -> None:
        assert (await browser.get("/docs")).status_code == 503
        build(built)
        assert (await browser.get("/docs")).status_code == 200

    async def test_the_reference_needs_no_build(self, browser: AsyncClient) -> None:
        assert (await browser.get("/", headers={"Accept": "text/html"})).status_code == 200
