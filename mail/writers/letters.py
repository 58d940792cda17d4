"""What a draft looks like as a mail: the text as it was written, and the same in HTML, its addresses as links."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from mail.builtin import DEFAULT_LANGUAGE, BuiltIn, Variable

ADDRESS: Final = re.compile(r"https?://[^\s<>\"'`{}|\\^]*[^\s<>\"'`{}|\\^.,:;!?)\]]")
PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n+")

HTML: Final = (
    "{% for paragraph in paragraphs %}<p>{% for piece in paragraph %}"
    '{% if piece.url %}<a href="{{ piece.url }}">{{ piece.url }}</a>{% else %}{{ piece.text|nl2br }}{% endif %}'
    "{% endfor %}</p>{% endfor %}"
)
LETTER: Final = BuiltIn(
    key="letter",
    language=DEFAULT_LANGUAGE,
    name="What a person sends in their own words",
    category="letters",
    subject="{{ subject }}",
    html=HTML,
    text="{{ body }}\n",
    variables=tuple(
        Variable(name=name, description=description, sample=sample)
        for name, description, sample in (
            ("subject", "What it is about", "A question"),
            ("body", "Plain text, its paragraphs apart by an empty line", "Hello"),
            ("paragraphs", "The same, taken apart: lists of texts and addresses", [[{"text": "Hello"}]]),
        )
    ),
)
"""The same for all letters: what one says never becomes a part of a template."""

Piece = dict[str, str]


def letter_values(subject: str, body: str) -> dict[str, Any]:
    """What `LETTER` is rendered with."""
    return {"subject": subject, "body": body, "paragraphs": paragraphs_of(body)}


def paragraphs_of(body: str) -> Sequence[Sequence[Piece]]:
    return [list(_pieces(paragraph)) for paragraph in PARAGRAPHS.split(body.strip())]


def html_of(body: str) -> str:
    """The body in HTML, as it is shown before it is sent."""
    return "".join(f"<p>{''.join(map(_shown, paragraph))}</p>" for paragraph in paragraphs_of(body))


def _pieces(paragraph: str) -> Iterator[Piece]:
    begin = 0
    for found in ADDRESS.finditer(paragraph):
        if found.start() > begin:
            yield {"text": paragraph[begin : found.start()]}
        yield {"url": found[0]}
        begin = found.end()
    if begin < len(paragraph):
        yield {"text": paragraph[begin:]}


def _shown(piece: Piece) -> str:
    if url := piece.get("url"):
        return Markup('<a href="{0}">{0}</a>').format(url)
    return Markup("<br>\n").join(escape(line) for line in piece["text"].split("\n"))
