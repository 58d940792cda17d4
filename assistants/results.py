"""What a tool answers with, for a model to read and for a program to use."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from mcp_types import CallToolResult, TextContent

from assistants.arguments import Json

LARGEST: Final = 200_000
"""Bytes of JSON, which is about 50,000 tokens: more would push everything else out of an assistant's memory."""


class Failed(Exception):
    """How a call failed: a sentence, and what a program needs, `code` at least."""

    def __init__(self, message: str, extensions: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = extensions


def result_of(answer: Json, *, reads: bool) -> CallToolResult:
    """The answer as JSON text and as structured content, and how a list goes on. What was written is told however large
    it is. Raises `Failed` where it was only read, and is too large."""
    text = orjson.dumps(answer)
    if reads:
        check_size(len(text))
    content = [TextContent(text=text.decode()), *(TextContent(text=sentence) for sentence in _going_on(answer))]
    return CallToolResult(content=[*content], structured_content=answer)


def check_size(size: int) -> None:
    """Raises `Failed` for what has too many bytes to be given to an assistant."""
    if size > LARGEST:
        sentence = f"The answer has {size:,} bytes, more than {LARGEST:,}: ask for less, by limit or filter"
        raise Failed(sentence, {"code": "RESULT_TOO_LARGE"})


def failure_of(sentence: str, extensions: Mapping[str, Any]) -> CallToolResult:
    """The sentence, the code and what else belongs to it, as GraphQL has them."""
    shown = TextContent(text=f"{sentence} ({extensions['code']})")
    structured = {"success": False, "error": sentence, **extensions}
    return CallToolResult(content=[shown], structured_content=structured, is_error=True)


def _going_on(answer: Json) -> list[str]:
    """By number where REST counts pages, by cursor where GraphQL follows them."""
    if isinstance(pagination := answer.get("pagination"), dict):
        page, pages, total = (pagination.get(name, 0) for name in ("page", "pages", "total"))
        more = f" Call again with page {page + 1} for more." if page < pages else ""
        return [f"Page {page} of {max(pages, 1)}, {total} in all.{more}"]
    data = answer.get("data")
    if isinstance(data, dict) and isinstance(page_info := data.get("pageInfo"), dict) and page_info["hasNextPage"]:
        return [f"There is more: call again with after {page_info['endCursor']}"]
    return []
