"""Tasks that run until somebody stops them."""

import asyncio

import pytest

from core import background
from core.background import heard, stopped


async def test_a_task_is_ended() -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    await stopped(task)
    assert task.cancelled()


async def test_also_one_that_loses_a_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a library turns it into an error of its own."""
    monkeypatch.setattr(background, "AGAIN_SECONDS", 0.01)
    lost = 0

    async def survive() -> None:
        nonlocal lost
        while lost < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
        await asyncio.sleep(60)

    task = asyncio.create_task(survive())
    await asyncio.sleep(0)
    await stopped(task)
    assert (lost, task.cancelled()) == (2, True)


async def test_what_it_failed_with_is_raised() -> None:
    async def fail() -> None:
        raise ConnectionError("lost")

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    with pytest.raises(ConnectionError):
        await stopped(task)


async def test_one_that_has_ended_already_is_left_alone() -> None:
    task = asyncio.create_task(asyncio.sleep(0, "done"))
    assert await task == "done"
    await stopped(task)


async def test_word_is_waited_for_no_longer_than_so_long() -> None:
    word = asyncio.Event()
    await heard(word, 0.01)
    word.set()
    async with asyncio.timeout(5):
        await heard(word, 60)


async def test_a_cancellation_that_comes_with_the_word_is_not_lost() -> None:
    word = asyncio.Event()
    waiting = asyncio.create_task(heard(word, 60))
    await asyncio.sleep(0)
    word.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
