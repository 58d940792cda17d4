"""Text whose lines were broken to be put together again (RFC 3676, `format=flowed`)."""

from collections.abc import Mapping
from typing import Final

SIGNATURE: Final = "-- "


def unflowed(text: str, parameters: Mapping[str, str]) -> str:
    """The paragraphs as they were typed; text that is not flowed as it is."""
    if parameters.get("format", "").lower() != "flowed":
        return text
    deletes_space = parameters.get("delsp", "").lower() == "yes"
    lines: list[str] = []
    open_depth = -1
    """Of the quotation whose last line goes on; -1 if none does."""
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != SIGNATURE
        if open_depth == depth and content != SIGNATURE:
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth else "") + content)
        open_depth = depth if flows else -1
        if flows and deletes_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(line if line == SIGNATURE else line.rstrip(" ") for line in lines)
