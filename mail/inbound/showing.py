"""The HTML of received mail, made fit to be shown to staff: it loads nothing, runs nothing, and leaks nothing."""

import re
from typing import Final

import nh3

from mail.inbound.html import flattened

MAX_SHOWN: Final = 2_000_000
"""Characters of HTML; what is beyond is cut off."""
DEEPEST: Final = 150
"""Elements within one another."""
TAGS: Final = frozenset(
    {
        "a", "abbr", "address", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite", "code", "col",
        "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small",
        "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt",
        "u", "ul", "var", "wbr",
    }
)  # fmt: skip
DROPPED: Final = frozenset(
    {"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "textarea"}
)
"""With what they contain. Of all other elements that are not in `TAGS` the text stays."""
ATTRIBUTES: Final = {
    "*": {"dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "blockquote": {"type"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "size"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"colspan", "rowspan", "width"},
    "th": {"colspan", "rowspan", "width"},
}
STYLES: Final = frozenset(
    {
        "color", "font-size", "font-style", "font-weight", "margin-left", "padding-left", "text-align",
        "text-decoration", "vertical-align", "white-space",
    }
)  # fmt: skip
"""Properties that can't load anything, nor cover what is around the mail."""
LOADING: Final = re.compile(r"url|expression|javascript|\\", re.IGNORECASE)
"""What a style must not say, even where no browser of today would listen."""
SCHEMES: Final = frozenset({"cid", "http", "https", "mailto", "tel"})


def _without_remote(tag: str, attribute: str, value: str) -> str | None:
    """An image of the mail itself stays, by its Content-ID; one that would be fetched tells its sender who reads."""
    if (tag, attribute) == ("img", "src") and not value.strip().lower().startswith("cid:"):
        return None
    if (tag, attribute) == ("a", "href") and value.strip().lower().startswith("cid:"):
        return None
    return None if attribute == "style" and LOADING.search(value) else value


def shown(html: str) -> str:
    """No scripts, styles that load, forms or remote images; links tell nobody where they were followed from."""
    return nh3.clean(
        flattened(html[:MAX_SHOWN], DEEPEST),
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes={tag: {*names, "style"} if tag == "*" else set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_without_remote,
        filter_style_properties=set(STYLES),
        url_schemes=set(SCHEMES),
        link_rel="noopener nofollow noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_relative="deny",
    )
