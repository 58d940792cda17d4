"""Jinja's tags hidden from programs that read HTML, and put back afterwards.

An HTML parser moves text that stands between the rows of a table out of it, and quotes what looks like markup. A mask
is a comment where a comment may stand, and a word where it may not: inside a tag, a comment, a style or a title.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mail.templates import HTML, TemplateProblem

MASK: Final = re.compile(r"<!--jinja(\d+)x-->|jinja(\d+)x")
WORDS: Final = re.compile(r"jinja(\d+)x")
PARTS: Final = re.compile(
    r"<!--.*?-->|<(style|title|script|textarea)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>.*?</\1\s*>"
    r"|</?[a-z!](?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.IGNORECASE | re.DOTALL,
)
"""Where a comment may not begin."""
DELIMITERS: Final = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class Tag:
    """One of Jinja's tags, as written. `keyword` is the first word of a statement, or `{{`."""

    text: str
    keyword: str
    line: int


@dataclass(frozen=True, slots=True)
class Masked:
    """`html` has a mask for each of `tags`, by number."""

    html: str
    tags: tuple[Tag, ...]

    def reveal(self, html: str) -> str:
        """`html`, made from `self.html`, with its tags back."""
        return MASK.sub(lambda match: self.tags[int(match[1] or match[2])].text, html)


def mask(source: str) -> Masked:
    """Raises `TemplateProblem` where the text itself has something that looks like a mask."""
    if match := WORDS.search(source):
        raise TemplateProblem(source.count("\n", 0, match.start()) + 1, f"{match[0]!r} is reserved", "html")
    pieces: list[str] = []
    tags: list[Tag] = []
    for line, kind, text in _parts(source):
        if kind == "data":
            pieces.append(text)
        elif kind != "{#":
            pieces.append(f"jinja{len(tags)}x")
            tags.append(Tag(text, kind, line))
    return Masked(_with_comments("".join(pieces)), tuple(tags))


def _parts(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, kind and text of what the source is made of. The kind is `data` or a tag's keyword.

    Raw blocks come as data, in which each of Jinja's delimiters is a tag of its own that writes it.
    """
    tokens = iter(HTML.lex(source))
    for line, kind, value in tokens:
        if kind == "data":
            yield from _literal(line, value)
        elif kind not in ("raw_begin", "raw_end"):
            rest = list(_until_end(tokens))
            keyword = next((text for _, part, text in rest if part == "name"), "")
            yield line, keyword if kind == "block_begin" else value[:2], value + "".join(text for _, _, text in rest)


def _until_end(tokens: Iterator[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
    for token in tokens:
        yield token
        if token[1].endswith("_end"):
            return


def _literal(line: int, text: str) -> Iterator[tuple[int, str, str]]:
    end = 0
    for match in DELIMITERS.finditer(text):
        yield line, "data", text[end : match.start()]
        yield line, "{{", f"{{{{ '{match[0]}' }}}}"
        end = match.end()
    yield line, "data", text[end:]


def _with_comments(html: str) -> str:
    """Masks in running text become comments."""
    pieces: list[str] = []
    end = 0
    for part in PARTS.finditer(html):
        pieces += [WORDS.sub(r"<!--\g<0>-->", html[end : part.start()]), part[0]]
        end = part.end()
    return "".join([*pieces, WORDS.sub(r"<!--\g<0>-->", html[end:])])
