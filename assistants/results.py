"""What a tool answers with, for a model to read and for a program to use."""

from typing import Final

import orjson
from mcp_types import CallToolResult, TextContent

from assistants.arguments import Json
from core.errors import DomainError

LARGEST: Final = 200_000
"""Bytes of JSON, which is about 50,000 tokens: more would push everything else out of an assistant's memory."""


def result_of(answer: Json, *, reads: bool) -> CallToolResult:
    """The answer as JSON text and as structured content, and how a list goes on. What was only read and is too large is
    an error; what was written is told however large it is."""
    text = orjson.dumps(answer)
    if reads and len(text) > LARGEST:
        return _failed(
            f"The answer has {len(text):,} bytes, and at most {LARGEST:,} are given: ask for less, by limit or a filter",
            {"code": "RESULT_TOO_LARGE"},
        )
    content = [TextContent(text=text.decode()), *(TextContent(text=sentence) for sentence in _going_on(answer))]
    return CallToolResult(content=[*content], structured_content=answer)


def failure_of(error: DomainError) -> CallToolResult:
    """The sentence, the code and what else belongs to it, as GraphQL has them."""
    return _failed(error.message, error.extensions)


def internal_failure(error_id: str) -> CallToolResult:
    """For what nobody expected, which is in the log under this id."""
    return _failed(f"Internal error (id {error_id})", {"code": "INTERNAL"})


def _failed(sentence: str, extensions: Json) -> CallToolResult:
    structured = {"success": False, "error": sentence, **extensions}
    code = extensions["code"]
    return CallToolResult(
        content=[TextContent(text=f"{sentence} ({code})")], structured_content=structured, is_error=True
    )


def _going_on(answer: Json) -> list[str]:
    pagination = answer.get("pagination")
    if not isinstance(pagination, dict):
        return []
    page, pages, total = (pagination.get(name, 0) for name in ("page", "pages", "total"))
    more = f" Call again with page {page + 1} for more." if page < pages else ""
    return [f"Page {page} of {max(pages, 1)}, {total} in all.{more}"]
