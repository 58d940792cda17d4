"""A person's own copy of their data, behind a link: a page to read and a file to keep."""

from typing import Annotated, Final

from fastapi import Path, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from core.errors import NotFound
from models.data_exports import DataExportAccess
from public_pages.data_exports import data_export_page
from public_pages.languages import Language, language_for
from public_pages.link_problems import LinkProblem, link_problem_page
from public_pages.rendering import PRIVATE
from resolvers.data_exports import ClosedLink, open_data_export, visitor_of
from rest_compat.edge import CurrentActor
from rest_compat.personal_data import JSON, streamed

Token = Annotated[str, Path(alias="token")]

SHOWN: Final = 25
"""Rows of each collection on the page."""


async def show_data_export(actor: CurrentActor, request: Request, token: Token) -> Response:
    """A page in the language that the link was made for."""
    try:
        opened = await open_data_export(actor, token, DataExportAccess.VIEWED, visitor_of(request))
    except (NotFound, ClosedLink) as error:
        return _problem(request, error)
    data = opened.data
    return data_export_page(
        _language(request, opened.language),
        data.email,
        data.gathered_at,
        opened.expires_at,
        await data.excerpts(SHOWN),
        opened.apps,
        f"/data-export/{token}/download",
    )


async def download_data_export(actor: CurrentActor, request: Request, token: Token) -> Response:
    """A JSON file. A link that does not work is told of on a page."""
    try:
        opened = await open_data_export(actor, token, DataExportAccess.DOWNLOADED, visitor_of(request))
    except (NotFound, ClosedLink) as error:
        return _problem(request, error)
    name = f"data-export-{opened.data.gathered_at:%Y-%m-%d}.json"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(streamed(opened.data), headers=headers, media_type=JSON)


def _problem(request: Request, error: NotFound | ClosedLink) -> HTMLResponse:
    if not isinstance(error, ClosedLink):
        return link_problem_page(_language(request), LinkProblem.UNKNOWN)
    kind = LinkProblem.EXPIRED if error.has_expired else LinkProblem.WITHDRAWN
    return link_problem_page(_language(request, error.language), kind)


def _language(request: Request, known: str | None = None) -> Language:
    return language_for(known, request.headers.get("accept-language"))
