"""What stands where a link leads nowhere."""

from enum import StrEnum
from typing import Final

from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.rendering import rendered_page


class LinkProblem(StrEnum):
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"


STATUSES: Final = {
    LinkProblem.UNKNOWN: 404,
    LinkProblem.EXPIRED: 410,
    LinkProblem.USED: 410,
    LinkProblem.WITHDRAWN: 410,
}


def link_problem_page(language: Language, kind: LinkProblem) -> HTMLResponse:
    """Says what is wrong and what to do, under the status that goes with it."""
    return rendered_page("link_problem.html", language, STATUSES[kind], texts=f"link_{kind}")
