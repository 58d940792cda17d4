"""Samples of code with their parts marked, so that a style sheet can colour them."""

import re
from typing import Final

from markupsafe import Markup, escape

TOKENS: Final = re.compile(
    r"""(?P<name>"[\w$]+"(?=:))        # a key of an object
      |(?P<text>"[^"\n]*")             # a string
      |(?P<variable>\$\w+)             # of a shell or of GraphQL
      |(?P<word>\b(?:query|mutation|subscription|true|false|null|curl|GET|POST|PUT|PATCH|DELETE)\b|(?<=\s)-[XHd]\b)
      |(?P<number>(?<![\w./:-])\d+(?:\.\d+)?(?![\w.]))""",
    re.VERBOSE,
)


def highlighted(code: str) -> Markup:
    """HTML: each token in a `span` whose class is its kind."""
    parts, end = [], 0
    for token in TOKENS.finditer(code):
        kind = token.lastgroup or ""
        parts += [escape(code[end : token.start()]), Markup('<span class="{}">{}</span>').format(kind, token[0])]
        end = token.end()
    return Markup("").join([*parts, escape(code[end:])])
