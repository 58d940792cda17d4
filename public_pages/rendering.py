"""From a template to an answer: one page with its style in it, which loads nothing and is kept by nobody."""

import base64
import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.texts import text

HERE: Final = Path(__file__).parent
STYLE: Final = (HERE / "static" / "page.css").read_text("utf-8")

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals["style"] = Markup(STYLE)  # noqa: S704  our own file

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PRIVATE: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
"""Of what is for whoever has the link alone. The gate adds `Referrer-Policy: no-referrer` to every answer: the address
is a credential."""


def rendered_page(
    template: str, language: Language, status: int = 200, *, leads_to: str | None = None, **values: object
) -> HTMLResponse:
    """In the template, `t("name", placeholder=…)` is a text in the page's language. `leads_to` is the origin that the
    page's form is redirected to in the end: browsers ask the policy about that too."""
    html = TEMPLATES.get_template(template).render(language=language, t=partial(text, language), **values)
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}") if leads_to else POLICY
    headers = {**PRIVATE, "Content-Security-Policy": policy, "Content-Language": language.value}
    return HTMLResponse(html, status, headers)
