"""The text part of a mail, made from its HTML."""

import re
from html.parser import HTMLParser
from typing import Final

from mail.masking import MASK

SKIPPED: Final = frozenset({"head", "style", "script", "title", "template"})
VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"})
LINES: Final = frozenset({"div", "section", "article", "header", "footer", "tr", "li", "center", "address", "figure"})
HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
SPACES: Final = re.compile(r"[ \t\r\n\f]+")
LINE_BREAK: Final = "\v"
"""Between two lines; unlike `\\n`, two of them are no empty line."""
BREAKS: Final = re.compile(r"([\n\v][ \t\n\v]*)")
RULE: Final = "-" * 40


def plain_text(html: str) -> str:
    """The text of well-formed HTML, to be `tidied` after it was rendered.

    Paragraphs stand apart, list items after `- `, a link's address behind its words. Jinja's masks stay,
    other comments go. Hidden elements, such as preheaders, are left out.
    """
    parser = _PlainText()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


def tidied(text: str) -> str:
    """Made text once its blocks have run: breaks that met are one, with at most one empty line in a row."""
    lines = BREAKS.split(text)
    lines[::2] = [line.rstrip(" \t") for line in lines[::2]]
    lines[1::2] = ["\n\n" if breaks.count("\n") > 1 else "\n" for breaks in lines[1::2]]
    return "".join(lines).strip() + "\n"


class _PlainText(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._skipped = 0
        """How many elements deep inside one that is not shown."""
        self._links: list[tuple[str, int]] = []
        """Address of each open link, and where its words begin."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in VOID and (self._skipped or tag in SKIPPED or HIDDEN.search(attributes.get("style") or "")):
            self._skipped += 1
        if self._skipped:
            return
        self._break_before(tag)
        if tag == "br":
            self.pieces.append("\n")
        elif tag == "hr":
            self.pieces.append(f"\n\n{RULE}\n\n")
        elif tag == "li":
            self.pieces.append("- ")
        elif tag == "img":
            self.pieces.append(attributes.get("alt") or "")
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self.pieces)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self._skipped:
            self._skipped -= 1
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        else:
            self._break_before(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(SPACES.sub(" ", data))

    def handle_comment(self, data: str) -> None:
        comment = f"<!--{data}-->"
        if not self._skipped and MASK.fullmatch(comment):
            self.pieces.append(comment)

    def _break_before(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in LINES:
            self.pieces.append(LINE_BREAK)

    def _end_link(self, address: str, begin: int) -> None:
        words = "".join(self.pieces[begin:]).strip()
        if not address or address.startswith("#"):
            return
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        if not words:
            self.pieces.append(shown)
        elif shown != words:
            self.pieces.append(f" ({shown})")
