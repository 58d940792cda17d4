"""Which of several media types a client prefers (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence


def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered type that the header values most, the earlier one among equals; None where none is acceptable.

    A client that sends no header, or an empty one, accepts everything.
    """
    ranges = [_range(part) for part in (accept or "*/*").split(",")]
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    return best if _quality(best, ranges) > 0 else None


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """That of the most specific range that covers the type."""
    family = media_type.partition("/")[0] + "/*"
    for covering in (media_type, family, "*/*"):
        qualities = [quality for name, quality in ranges if name == covering]
        if qualities:
            return max(qualities)
    return 0.0


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (text.strip().lower() for text in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name, _number(value)
    return name, 1.0


def _number(text: str) -> float:
    """A quality; what is not one counts as not acceptable."""
    try:
        return min(1.0, float(text)) if float(text) >= 0 else 0.0
    except ValueError:
        return 0.0
