"""Messages as Slack takes them: what people wrote stays text, and calls nobody.

https://docs.slack.dev/messaging/formatting-message-text and https://docs.slack.dev/reference/block-kit say how.

Besides blocks there is a plain text, for notifications and for services that speak like Slack and know no blocks.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

LONGEST_SECTION: Final = 2900
"""Of 3,000 characters that a section may have."""
LONGEST_LINE: Final = 400
"""Of one piece of news within a digest."""
LONGEST_LINK: Final = 320
LONGEST_NAME: Final = 120
MOST_LINES: Final = 40
"""As long as they may be, they are less than the 40,000 characters of a message."""
CALLS: Final = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
LINK: Final = re.compile(r"https?://[!-~]+", re.ASCII)
NOTHING_WITHIN_IT: Final = "\u2060"
"""A word joiner: not to be seen, and the name after it is none."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """`about` is the app's name, None for the whole company."""

    text: str
    about: str | None = None
    link: str | None = None


def message_of(news: News) -> Message:
    """One piece of news."""
    return _message([_shown(news, LONGEST_SECTION)])


def digest_of(several: Sequence[News]) -> Message:
    """At most `MOST_LINES` of them in one message, in their order."""
    return _message([f"{len(several)} more:", *(f"• {_shown(news, LONGEST_LINE, one_line=True)}" for news in several)])


def escaped(text: str, most: int) -> str:
    """Text without markup, at most so long when it is escaped; what is cut ends with an ellipsis."""
    plain = CALLS.sub("@" + NOTHING_WITHIN_IT, CONTROL.sub(" ", text)).strip()
    characters: list[str] = []
    length = 0
    for character in plain:
        written = ENTITIES.get(character, character)
        length += len(written)
        if length > most - 1:
            return "".join(characters) + "…"
        characters.append(written)
    return "".join(characters)


def _shown(news: News, most: int, *, one_line: bool = False) -> str:
    link = f" <{_address(news.link)}|Open>" if news.link and LINK.fullmatch(news.link) else ""
    link = link if len(link) <= LONGEST_LINK else ""
    about = f"*{escaped(news.about, LONGEST_NAME)}*: " if news.about else ""
    text = " ".join(news.text.split()) if one_line else news.text
    return about + escaped(text, max(most - len(about) - len(link), 100)) + link


def _address(link: str) -> str:
    return link.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


def _message(lines: Sequence[str]) -> Message:
    return {
        "text": "\n".join(lines),
        "blocks": [_section(text) for text in _sections(lines)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _section(text: str) -> Message:
    """`verbatim`: Slack makes no links and no mentions of what looks like some."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _sections(lines: Iterable[str]) -> list[str]:
    sections: list[str] = []
    for line in lines:
        if sections and len(sections[-1]) + len(line) < LONGEST_SECTION:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    return sections
