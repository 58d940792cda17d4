"""How content somebody is with the help that they got. What the link leads to changes nothing; the form on the page
does."""

from typing import Final

from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.rendering import rendered_page

SCORES: Final = (5, 4, 3, 2, 1)
LONGEST_COMMENT: Final = 2000


def rating_page(
    language: Language,
    app_name: str,
    reference: str,
    action_url: str,
    *,
    score: int | None = None,
    comment: str = "",
    is_incomplete: bool = False,
) -> HTMLResponse:
    """Asks for a score from 1 to 5 and a comment; the form sends both to `action_url`. `score` and `comment` are what
    was said before; `is_incomplete` says that a score is needed, under a 400."""
    return rendered_page(
        "rating.html",
        language,
        400 if is_incomplete else 200,
        texts="rating",
        app_name=app_name,
        reference=reference,
        action_url=action_url,
        scores=SCORES,
        score=score,
        comment=comment,
        longest=LONGEST_COMMENT,
        is_incomplete=is_incomplete,
    )


def rated_page(language: Language, app_name: str, reference: str) -> HTMLResponse:
    return rendered_page("telling.html", language, texts="rated", common="rated", app_name=app_name, address=reference)
