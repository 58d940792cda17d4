"""The pages for people: the reference at `/`, and the two that the front-end build makes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from core.on_demand import OnDemand
from pages.assets import COMPRESSED, Assets
from pages.documentation import Documentation, DocumentationPages
from pages.home import TEMPLATES, Home, static_files
from pages.reference import Reference

BUILT: Final = Path(__file__).parents[1] / "admin" / "dist"

_BASE: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
)
GRAPHIQL_POLICY: Final = _BASE + "worker-src 'self'; style-src 'self' 'unsafe-inline'"
"""Monaco, its editor, writes styles into the page."""
DOCS_POLICY: Final = _BASE + "style-src 'self'"
MISSING_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def routes(
    reference: Callable[[], Reference],
    documentation: Documentation,
    openapi: OnDemand[dict[str, Any]],
    built: Path = BUILT,
) -> list[BaseRoute]:
    assets = Assets(built / "assets")
    static = static_files(assets)
    return [
        Home(reference, static).route(),
        *DocumentationPages(documentation, static).routes("/reference"),
        _built_page("/graphiql", built / "graphiql.html", GRAPHIQL_POLICY),
        _openapi("/openapi.json", openapi),
        _built_page("/docs", built / "reference.html", DOCS_POLICY),
        assets.route(),
    ]


def _openapi(path: str, openapi: OnDemand[dict[str, Any]]) -> Route:
    async def document(_: Request) -> Response:
        return JSONResponse(await openapi.get())

    return Route(path, document, methods=["GET"], name=path.strip("/"))


def _built_page(path: str, file: Path, policy: str) -> Route:
    def page(_: Request) -> Response:
        if not file.is_file():
            missing = TEMPLATES.get_template("missing.html").render(path=path)
            return HTMLResponse(missing, 503, _headers(MISSING_POLICY))
        return FileResponse(file, headers=_headers(policy))

    return Route(path, page, methods=["GET"], middleware=COMPRESSED, name=path.strip("/"))


def _headers(policy: str) -> dict[str, str]:
    """The page names its assets by their hashes, so it is asked for again each time."""
    return {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
