"""`GET /`: the reference for a person (HTML), for a reader of text (Markdown), and as an index for a program (JSON)."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.on_demand import OnDemand
from pages.assets import COMPRESSED, Assets
from pages.highlighting import highlighted
from pages.negotiation import preferred
from pages.reference import Reference, first_steps, pretty
from rest_compat.routing import MEANINGS

HERE: Final = Path(__file__).parent
JSON, HTML, MARKDOWN = "application/json", "text/html", "text/markdown"
OFFERED: Final = (JSON, HTML, MARKDOWN)
"""A client that takes anything, such as curl, gets the first."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["highlighted"] = highlighted
TEMPLATES.filters["breakable"] = lambda path: Markup("/<wbr>").join(path.split("/"))
TEMPLATES.filters["pretty"] = pretty
TEMPLATES.filters["compact"] = lambda value: orjson.dumps(value).decode()


def page(request: Request, body: bytes, media_type: str) -> Response:
    """A page as it is now: 304 to whoever has it."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache", "Vary": "Accept"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if media_type == HTML:
        headers["Content-Security-Policy"] = POLICY
    return Response(body, headers=headers, media_type=media_type)


def static_files(assets: Assets) -> dict[str, str]:
    """The style sheet, the script and the picture of the pages: their paths, by the ends of their names."""
    return {file.suffix[1:]: assets.add(file) for file in sorted((HERE / "static").iterdir())}


class Home:
    """All three are rendered once, for whoever asks first."""

    def __init__(self, reference: Callable[[], Reference], static: Mapping[str, str]) -> None:
        self._bodies = OnDemand(lambda: _bodies(reference(), static))

    def route(self) -> Route:
        return Route("/", self._answer, methods=["GET"], middleware=COMPRESSED)

    async def _answer(self, request: Request) -> Response:
        media_type = preferred(request.headers.get("accept"), OFFERED)
        if media_type is None:
            sentence = f"This page comes as {', '.join(OFFERED)}: ask for one of them by Accept"
            return JSONResponse({"success": False, "error": sentence}, 406, {"Vary": "Accept"})
        bodies = await self._bodies.get()
        return page(request, bodies[media_type], media_type)


def _bodies(reference: Reference, static: Mapping[str, str]) -> dict[str, bytes]:
    """By media type."""
    html = TEMPLATES.get_template("home.html").render(
        reference=reference, static=static, meanings=MEANINGS, **first_steps(reference.url)
    )
    markdown = TEMPLATES.get_template("home.md").render(reference=reference)
    return {JSON: orjson.dumps(reference.index), HTML: html.encode(), MARKDOWN: markdown.encode()}
