"""`GET /reference` and `/reference/{domain}`: what an operation is called on every interface, as HTML and Markdown."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.on_demand import OnDemand
from pages.assets import COMPRESSED
from pages.home import HTML, MARKDOWN, TEMPLATES, page
from pages.negotiation import preferred
from pages.operations import Domain, Surfaces, domains_of

OFFERED: Final = (HTML, MARKDOWN)


class Documentation:
    """Made when it is first asked for: a process that serves none need not."""

    def __init__(self, surfaces: Callable[[], Surfaces], title: str, url: str) -> None:
        self._domains = OnDemand(lambda: {domain.anchor: domain for domain in domains_of(surfaces())})
        self._title = title
        self._url = url

    async def prepare(self) -> None:
        """To be awaited before the rest is asked for, where others wait to be answered meanwhile."""
        await self._domains.get()

    @property
    def domains(self) -> Mapping[str, Domain]:
        """By the last part of their path."""
        return self._domains.now()

    def markdown(self, anchor: str | None = None) -> str | None:
        """Of one domain, or of their list; None where there is no such domain."""
        if anchor is not None and anchor not in self.domains:
            return None
        domain = self.domains[anchor] if anchor else None
        shown = {"domains": self.domains.values(), "domain": domain, "title": self._title, "url": self._url}
        return TEMPLATES.get_template("reference.md").render(shown)

    def html(self, static: Mapping[str, str], anchor: str | None = None) -> str | None:
        if anchor is not None and anchor not in self.domains:
            return None
        domain = self.domains[anchor] if anchor else None
        shown = {"domains": self.domains.values(), "domain": domain, "title": self._title, "static": static}
        return TEMPLATES.get_template("reference.html").render(shown)


class DocumentationPages:
    """`static` are the paths of the style sheet, the script and the picture."""

    def __init__(self, documentation: Documentation, static: Mapping[str, str]) -> None:
        self._documentation = documentation
        self._static = static
        self._bodies: dict[tuple[str, str | None], bytes] = {}

    def routes(self, path: str) -> list[Route]:
        return [
            Route(one, self._answer, methods=["GET"], middleware=COMPRESSED) for one in (path, f"{path}/{{domain}}")
        ]

    async def _answer(self, request: Request) -> Response:
        """A reader that takes anything gets Markdown."""
        media_type = preferred(request.headers.get("accept"), (MARKDOWN, HTML))
        if media_type is None:
            raise HTTPException(406, f"This page comes as {', '.join(OFFERED)}: ask for one of them by Accept")
        await self._documentation.prepare()
        return page(request, self._body(media_type, request.path_params.get("domain")), media_type)

    def _body(self, media_type: str, anchor: str | None) -> bytes:
        if (kept := self._bodies.get((media_type, anchor))) is not None:
            return kept
        shown = self._documentation
        text = shown.markdown(anchor) if media_type == MARKDOWN else shown.html(self._static, anchor)
        if text is None:
            raise HTTPException(404, "There is no such domain: /reference lists them")
        self._bodies[media_type, anchor] = text.encode()
        return self._bodies[media_type, anchor]
