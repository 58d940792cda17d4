"""Content negotiation (RFC 9110, section 12.5.1) between the three media types of GraphQL."""

from dataclasses import dataclass
from typing import Final, Self

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Accepted:
    """`json` is the media type to answer in, None where neither is accepted; `events` says whether a stream is."""

    json: str | None
    events: bool

    @classmethod
    def of(cls, header: str) -> Self:
        qualities: dict[str, float] = {}
        for part in header.split(","):
            media_type, quality = _quality(part)
            qualities.setdefault(media_type, quality)
        wildcard = qualities.get("application/*", qualities.get("*/*", 0.0))
        json, graphql_json = qualities.get(JSON, wildcard), qualities.get(GRAPHQL_JSON, 0.0)
        best = max(json, graphql_json)
        preferred = next((name for name in qualities if name in (JSON, GRAPHQL_JSON)), JSON)
        if json != graphql_json:
            preferred = JSON if json > graphql_json else GRAPHQL_JSON
        return cls(preferred if best > 0 else None, events=qualities.get(EVENT_STREAM, 0.0) > 0)


def _quality(part: str) -> tuple[str, float]:
    """A media range and its quality, which is 0 for a character set that is not UTF-8."""
    media_type, *parameters = (text.strip().lower() for text in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            quality = min(quality, _number(value))
        elif name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            quality = 0.0
    return media_type, quality


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
