"""That this process is about to end: it still answers, and nobody new is to be sent to it."""

import asyncio
from typing import Final

_waiting: Final[set[asyncio.Event]] = set()
_is_stopping = False


def begin_stopping() -> None:
    """There is no way back."""
    global _is_stopping  # noqa: PLW0603 - a process ends once
    _is_stopping = True
    for told in _waiting:
        told.set()


def is_stopping() -> bool:
    return _is_stopping


async def until_stopping() -> None:
    """For what would go on for ever."""
    told = asyncio.Event()
    _waiting.add(told)
    try:
        if not _is_stopping:
            await told.wait()
    finally:
        _waiting.discard(told)
