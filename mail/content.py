"""What a campaign says: prepared once, rendered per recipient.

Prepared: CSS inlined, links found and numbered, the text part made, templates compiled. Per recipient nothing is left
but values and signed links.
"""

import html as html_entities
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import css_inline

from mail.limits import MAX_PREPARED
from mail.masking import MASK, Masked, mask
from mail.plain_text import plain_text, tidied
from mail.structure import check_result, check_source
from mail.templates import Template, TemplateProblem

UNSUBSCRIBE: Final = "unsubscribe_url"
"""The variable that every template may use, and a newsletter's must."""
LINKS: Final = "_links"
PIXEL: Final = "_pixel"

SHORT: Final = 4_000
"""Characters of HTML below which filters take mail with a picture in it, be it of one pixel, for mail that is a picture
(SpamAssassin's HTML_IMAGE_ONLY rules: 3,200 as it is sent, of which conditions may leave out some)."""
PICTURE: Final = f'<img src="{{{{ {PIXEL} }}}}" width="1" height="1" alt="">'
BACKGROUND: Final = (
    f'<div style="width:1px;height:1px;line-height:0;background-image:url({{{{ {PIXEL} }}}})"></div>'
    f"<!--[if mso]>{PICTURE}<![endif]-->"
)
"""Outlook on Windows shows no background, and reads such comments; other programs do the opposite."""

MAX_LINKS: Final = 1_000
INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
BARE_TABLE: Final = re.compile(r"(<table\b[^>]*>)((?:\s|<!--.*?-->)*)(?=<tr\b)", re.IGNORECASE | re.DOTALL)
WHOLE_DOCUMENT: Final = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
LINK: Final = re.compile(r'<!--.*?-->|(<a(?:\s+[^\s=>]+(?:="[^"]*")?)*?\s+href=")([^"]*)"', re.DOTALL)
"""A link as the serialiser writes it, or a comment, in which links are none of ours."""


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """One recipient's addresses. `links` has one for each of `Content.links`, in their order."""

    unsubscribe_url: str
    links: Sequence[str] = ()
    pixel_url: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one recipient reads. `html` is None for a mail of text alone."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """`links` are the addresses that tracked links lead to: the first is link number 1."""

    subject: Template
    text: Template
    html: Template | None
    made_text: bool
    """Whether the text part was made from the HTML."""
    links: tuple[str, ...]
    shown: Mapping[str, frozenset[str]]
    """Of each part, `html` and `text`, the variables that every reader of it sees, whatever the values are. What is
    hidden, in a comment or in the head is not seen."""

    @property
    def offers_unsubscribe(self) -> bool:
        """Whether every reader finds the unsubscribe link, in each part."""
        return all(UNSUBSCRIBE in names for names in self.shown.values())

    def render(self, values: Mapping[str, Any], personal: PersonalLinks) -> Rendered:
        """Raises `TemplateProblem` where a value is missing: better no mail than one with a hole."""
        values = {
            **values,
            UNSUBSCRIBE: personal.unsubscribe_url,
            LINKS: personal.links,
            PIXEL: personal.pixel_url,
        }
        try:
            return Rendered(
                self.subject.render(values),
                tidied(self.text.render(values)) if self.made_text else self.text.render(values),
                self.html.render(values) if self.html else None,
            )
        except TemplateProblem as problem:
            # A prepared template's lines are not those of its source.
            raise TemplateProblem(None, problem.reason, problem.field) from None


def prepare(
    *,
    subject: str,
    html: str | None,
    text: str | None,
    variables: Mapping[str, Any],
    track_clicks: bool = False,
    track_opens: bool = False,
) -> Content:
    """Compiles a mail. `variables` are the names that it may use, with their defaults (None: none).

    Links with a fixed http address are numbered where `track_clicks` says so; an address that differs from reader to
    reader stays as it is. Without `text` the text part is made from the HTML, with the same links; a text part that was
    written by hand is left as written.

    Raises `TemplateProblem` with the field, the line of the source and the reason.
    """
    if html is None and text is None:
        raise TemplateProblem(None, "A mail needs HTML or text", "html")
    declared = {**variables, UNSUBSCRIBE: None}
    known = {**declared, LINKS: None, PIXEL: None}
    prepared, made_text, links = (
        _prepared(html, declared, track_clicks, track_opens) if html is not None else (None, "", ())
    )
    made = Template(made_text, known, field="html", most=MAX_PREPARED)
    written = made if text is None else Template(text, declared, field="text")
    return Content(
        subject=Template(subject, declared, field="subject"),
        text=written,
        html=None if prepared is None else Template(prepared, known, html=True, field="html", most=MAX_PREPARED),
        made_text=text is None,
        links=links,
        shown={"text": written.always_written} | ({"html": made.always_written} if html is not None else {}),
    )


def _prepared(
    html: str, declared: Mapping[str, Any], track_clicks: bool, track_opens: bool
) -> tuple[str, str, tuple[str, ...]]:
    """The sources of the HTML and of the text made from it, and the addresses of their links."""
    Template(html, declared, html=True, field="html")
    masked = mask(html)
    body = _inlined(masked)
    body, links = _numbered(body) if track_clicks else (body, ())
    made_text = masked.reveal(plain_text(body))
    if track_opens:
        pixel = BACKGROUND if len(body) < SHORT else PICTURE
        body = body.replace("</body>", f"{pixel}</body>")
    return masked.reveal(body), made_text, links


def _inlined(masked: Masked) -> str:
    """The masked HTML as a whole document, its CSS in style attributes."""
    check_source(masked)
    html = masked.html
    if not WHOLE_DOCUMENT.search(html):
        html = f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{html}</body></html>'
    # A parser puts rows into a <tbody>: made here, it encloses the loop around them too.
    html = BARE_TABLE.sub(r"\1<tbody>\2", html)
    try:
        html = INLINER.inline(html)
    except css_inline.InlineError as error:
        raise TemplateProblem(None, f"its CSS can't be read: {error}", "html") from None
    check_result(masked, html)
    return html


def _numbered(html: str) -> tuple[str, tuple[str, ...]]:
    """The HTML with its tracked links as placeholders, and where they lead to. The same address has one number."""
    numbers: dict[str, int] = {}

    def placeholder(match: re.Match[str]) -> str:
        address = html_entities.unescape(match[2] or "").strip()
        if not address.lower().startswith(("http://", "https://")) or MASK.search(address):
            return match[0]
        index = numbers.setdefault(address, len(numbers))
        return f'{match[1]}{{{{ {LINKS}[{index}] }}}}"'

    html = LINK.sub(placeholder, html)
    if len(numbers) > MAX_LINKS:
        raise TemplateProblem(None, f"A mail has at most {MAX_LINKS:,} different links", "html")
    return html, tuple(numbers)
