"""The text of HTML as it comes in mail: broken, nested without end, quoted by a dozen programs. Linear, and bounded.

Quotations are marked as in plain text, by `> ` at the beginning of their lines, so that one reader of lines finds the
new text of both.
"""

import html as html_entities
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_HTML: Final = 1_000_000
"""Characters that are read. Quotations of a long conversation are below what is new."""
LONGEST_TAG: Final = 20_000
DEEPEST: Final = 200
DEEPEST_QUOTATION: Final = 5

QUOTED_BELOW: Final = "\ue000"
"""A line of its own: what is below was not written by the sender. Only in text that was asked for with marks."""

TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,60})((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>")
ATTRIBUTE: Final = re.compile(r"([a-zA-Z-]{1,40})\s{0,20}=\s{0,20}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
SPACES: Final = re.compile(r"[ \t\r\n\f]+")
BLANK_LINES: Final = re.compile(r"\n{3,}")
HIDDEN: Final = re.compile(r"display\s{0,5}:\s{0,5}none|mso-hide\s{0,5}:\s{0,5}all", re.IGNORECASE)

RAW: Final = frozenset({"script", "style", "title", "textarea", "template", "noscript", "xmp", "iframe", "object"})
"""Nothing in them is shown."""
VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "dl"})
LINES: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dt", "figure", "footer", "form",
        "head", "header", "html", "li", "main", "nav", "section", "tr",
    }
)  # fmt: skip
QUOTATIONS: Final = re.compile(
    r"\b(?:gmail_quote|yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra|moz-email-headers-table"
    r"|ydp[0-9a-f]+yahoo_quoted)\b"
)
"""Classes of what mail programs quote. A blockquote is one by itself only where it cites."""
QUOTED_FROM_HERE: Final = frozenset(
    {
        "appendonsend", "divrplyfwdmsg", "mail-editor-reference-message-container", "olk_src_body_section",
        "replysplit", "x_divrplyfwdmsg", "x_appendonsend", "divtagdefaultwrapper_quoted", "quoted-content",
    }
)  # fmt: skip
"""Ids of the elements behind which Outlook and others put what they quote."""
SIGNATURES: Final = re.compile(
    r"\b(?:gmail_signature|moz-signature|protonmail_signature_block|ydp[0-9a-f]+signature|yahoo-signature"
    r"|applemailsignature|ms-outlook-mobile-signature|signature_block)\b"
)
"""Classes and ids. Outlook calls it `Signature`."""


@dataclass(slots=True)
class _Open:
    tag: str
    skipped: bool
    quoted: bool


def text_of_html(html: str, *, marks: bool = False) -> str:
    """Lines ended by `\\n`, paragraphs apart, quotations behind `> `, the words of links without their addresses.

    With `marks`, signatures that are marked as such are left out, and `QUOTED_BELOW` stands where a program says that
    the rest is quoted.
    """
    writer = _Writer(marks)
    for text, closing, tag, attributes in _tokens(html[:MAX_HTML]):
        if text:
            writer.text(text)
        if tag and closing:
            writer.close(tag)
        elif tag:
            writer.open(tag, attributes)
    return writer.written()


def flattened(html: str, deepest: int) -> str:
    """As it is, without comments, what is never shown (`RAW`), and elements that are nested deeper than mail needs.

    Parsers that follow the standard take time that grows with the square of the nesting.
    """
    pieces: list[str] = []
    is_open: Counter[str] = Counter()
    depth = 0
    for text, closing, tag, attributes in _tokens(html):
        pieces.append(text)
        if not tag or tag in RAW:
            continue
        if closing and is_open[tag]:
            is_open[tag] -= 1
            depth -= 1
        elif not closing and tag not in VOID:
            if depth >= deepest:
                continue
            is_open[tag] += 1
            depth += 1
        elif closing:
            continue
        pieces.append(f"<{'/' * closing}{tag}{attributes}>")
    return "".join(pieces)


def _tokens(html: str) -> Iterator[tuple[str, bool, str, str]]:
    """Text, and the tag behind it: whether it closes, its name in lower case, its attributes as written."""
    begin = at = 0
    while (at := html.find("<", at)) >= 0:
        tag = TAG.match(html, at, at + LONGEST_TAG)
        if tag:
            name = tag[2].lower()
            yield html[begin:at], bool(tag[1]), name, tag[3]
            begin = at = tag.end()
            if name in RAW and not tag[1]:
                begin = at = _after_raw(html, at, name)
        elif html.startswith(("<!", "<?", "</"), at):
            yield html[begin:at], False, "", ""
            end = html.find("-->", at) if html.startswith("<!--", at) else html.find(">", at)
            begin = at = end + (3 if html.startswith("-->", end) else 1) if end >= 0 else len(html)
        elif html[at + 1 : at + 2].isalpha():
            # A tag that is too long, or with a quotation mark too many.
            end = html.find(">", at)
            if end < 0:
                break
            yield html[begin:at], False, "", ""
            begin = at = end + 1
        else:
            at += 1
    yield html[begin:], False, "", ""


def _after_raw(html: str, at: int, name: str) -> int:
    closing = re.compile(f"</{name}\\b", re.IGNORECASE).search(html, at)
    end = html.find(">", closing.end()) if closing else -1
    return end + 1 if end >= 0 else len(html)


class _Writer:
    def __init__(self, marks: bool) -> None:
        self._marks = marks
        self._stack: list[_Open] = []
        self._open: Counter[str] = Counter()
        self._skipped = self._quoted = 0
        """How many of the open elements are not shown, and quote."""
        self._lines: list[str] = []
        self._line: list[str] = []
        self._preformatted = 0
        self._blank_before = False

    def text(self, text: str) -> None:
        if self._skipped:
            return
        if "&" in text:
            text = _unescaped(text)
        if self._preformatted:
            first, *others = text.split("\n")
            self._line.append(first)
            for line in others:
                self._end_line(always=True)
                self._line.append(line)
        else:
            self._line.append(SPACES.sub(" ", text))

    def open(self, tag: str, attributes: str) -> None:
        found = {name.lower(): a or b or c for name, a, b, c in ATTRIBUTE.findall(attributes)} if attributes else {}
        if tag in VOID:
            self._void(tag, found)
            return
        if len(self._stack) >= DEEPEST:
            return
        marks = f"{found.get('class', '')} {found.get('id', '')}".lower()
        skipped = bool(HIDDEN.search(found.get("style", ""))) or (self._marks and _is_signature(marks, found))
        quoted = tag == "blockquote" and (found.get("type", "").lower() == "cite" or bool(QUOTATIONS.search(marks)))
        self._break(tag)
        if self._marks and not self._skipped and _quotes_from_here(tag, marks, found):
            self._end_line()
            self._lines.append(QUOTED_BELOW)
        if quoted:
            self._end_line()
        self._stack.append(_Open(tag, skipped, quoted))
        self._open[tag] += 1
        self._skipped += skipped
        self._quoted += quoted
        self._preformatted += tag == "pre"
        if tag == "li" and not self._skipped:
            self._line.append("- ")

    def close(self, tag: str) -> None:
        if tag in LINES or tag in PARAGRAPHS:
            self._end_line()
        while self._open[tag]:
            element = self._stack.pop()
            self._open[element.tag] -= 1
            if element.quoted:
                self._end_line()
            self._skipped -= element.skipped
            self._quoted -= element.quoted
            self._preformatted -= element.tag == "pre"
            if element.tag == tag:
                break
        if tag in ("td", "th"):
            self._line.append(" ")
        else:
            self._break(tag)

    def written(self) -> str:
        self._end_line()
        return BLANK_LINES.sub("\n\n", "\n".join(self._lines)).strip("\n") + "\n"

    def _void(self, tag: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            return
        if tag == "br":
            self._end_line(always=True)
        elif tag == "hr":
            self._end_line()
            self._blank_before = True
        elif tag == "img" and (name := attributes.get("alt")):
            self._line.append(_unescaped(name))

    def _break(self, tag: str) -> None:
        if self._skipped:
            return
        if tag in PARAGRAPHS:
            self._end_line()
            self._blank_before = True
        elif tag in LINES:
            self._end_line()

    def _end_line(self, *, always: bool = False) -> None:
        text = "".join(self._line)
        text = text.rstrip() if self._preformatted else text.strip(" ")
        self._line.clear()
        if not text.strip() and not always:
            return
        mark = "> " * min(self._quoted, DEEPEST_QUOTATION)
        if self._blank_before and self._lines:
            self._lines.append(mark.rstrip())
        self._blank_before = False
        self._lines.append((mark + text).rstrip())


def _is_signature(marks: str, attributes: dict[str, str]) -> bool:
    return bool(SIGNATURES.search(marks)) or attributes.get("id") in ("Signature", "x_Signature")


def _quotes_from_here(tag: str, marks: str, attributes: dict[str, str]) -> bool:
    if not QUOTED_FROM_HERE.isdisjoint(marks.split()) or attributes.get("name", "").lower() == "quoted-content":
        return True
    return tag == "div" and "yahoo_quoted" in marks


def _unescaped(text: str) -> str:
    try:
        text = html_entities.unescape(text)
    except ValueError:
        # A reference with thousands of digits.
        text = text.replace("&", " ")
    return text.replace("\xa0", " ").replace("\u200b", "").replace(QUOTED_BELOW, "").replace("\ufeff", "")
