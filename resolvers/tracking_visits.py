"""Who asks for the pixel and the links of a mail: a person who reads it, or a machine."""

import re
from dataclasses import dataclass
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
PURPOSES: Final = ("prefetch", "preview", "prerender")
LONGEST: Final = 500
"""Of a user agent, so many characters are looked at and kept."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, as far as a request tells."""

    ip: str | None = None
    user_agent: str | None = None
    is_machine: bool = False


def visit_of(connection: HTTPConnection) -> Visit:
    headers = connection.headers
    user_agent = headers.get("user-agent", "")[:LONGEST]
    purpose = headers.get("sec-purpose") or headers.get("purpose") or headers.get("x-moz") or ""
    method = connection.scope.get("method", "GET")
    return Visit(
        connection.client.host if connection.client else None,
        user_agent or None,
        is_machine(method, user_agent, purpose),
    )


def is_machine(method: str, user_agent: str, purpose: str) -> bool:
    """`purpose` is what the header `Sec-Purpose`, `Purpose` or `X-Moz` says (Fetch standard, "Sec-Purpose")."""
    if method == "HEAD" or (purpose and any(one in purpose.lower() for one in PURPOSES)):
        return True
    return SCANNERS.search(user_agent) is not None
