"""That this process is about to end: it still answers, and nobody new is to be sent to it."""

import asyncio
from typing import Final

_told: Final = asyncio.Event()


def begin_stopping() -> None:
    """Once: there is no way back."""
    _told.set()


def is_stopping() -> bool:
    return _told.is_set()


async def until_stopping() -> None:
    await _told.wait()
