"""Who asks for the pixel and the links of a mail: a person who reads it, or a machine."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from starlette.requests import HTTPConnection

SCANNERS: Final = re.compile(
    "|".join(
        (
            "barracuda",
            "bitdefender",
            "checkpoint",
            "cloudmark",
            "fireeye",
            "forcepoint",
            "googlebot|bingbot|yandexbot|baiduspider|duckduckbot|applebot|slurp",
            "google-safety|google-inspectiontool",
            "ironport",
            "link ?preview|slackbot|twitterbot|facebookexternalhit|linkedinbot|telegrambot|whatsapp|discordbot",
            "mimecast",
            "netcraft",
            "skypeuripreview|bingpreview|microsoft office existence discovery",
            "phishtank|urlscan|virustotal",
            "proofpoint",
            "safelinks",
            "sophos",
            "symantec|messagelabs",
            "trend ?micro",
            "urldefense",
            "zscaler",
            r"\bbot\b|\bcrawler\b|\bspider\b|headlesschrome",
        )
    ),
    re.IGNORECASE,
)
"""User agents that say so. Programs that fetch for people are not among them: the image proxies of Gmail, Yahoo and
Apple ask because a mail was, or seems to have been, opened."""
SAY_WHO_ASKS: Final = frozenset((b"user-agent", b"sec-purpose", b"purpose", b"x-moz"))
"""Headers."""
PURPOSES: Final = ("prefetch", "preview", "prerender")
REMEMBERED: Final = 4_096
"""User agents: most are seen again and again, and searching one takes as long as all the rest of an answer."""
LONGEST: Final = 500
"""Of a user agent, so many characters are looked at and kept."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, as far as a request tells."""

    ip: str | None = None
    user_agent: str | None = None
    is_machine: bool = False


def visit_of(connection: HTTPConnection) -> Visit:
    scope = connection.scope
    said = {name: value.decode("latin-1") for name, value in scope["headers"] if name in SAY_WHO_ASKS}
    user_agent = said.get(b"user-agent", "")[:LONGEST]
    purpose = said.get(b"sec-purpose") or said.get(b"purpose") or said.get(b"x-moz") or ""
    client = scope.get("client")
    return Visit(
        client[0] if client else None,
        user_agent or None,
        is_machine(scope.get("method", "GET"), user_agent, purpose),
    )


def is_machine(method: str, user_agent: str, purpose: str) -> bool:
    """`purpose` is what the header `Sec-Purpose`, `Purpose` or `X-Moz` says (Fetch standard, "Sec-Purpose")."""
    if method == "HEAD" or (purpose and any(one in purpose.lower() for one in PURPOSES)):
        return True
    return _is_scanner(user_agent)


@lru_cache(REMEMBERED)
def _is_scanner(user_agent: str) -> bool:
    return SCANNERS.search(user_agent) is not None
