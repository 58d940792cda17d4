"""What few ask for is made once, for whoever asks first, and nobody else waits."""

import asyncio
import threading

import pytest

import commands
from core.on_demand import OnDemand


class TestOnDemand:
    async def test_is_made_once_however_many_ask_at_a_time(self) -> None:
        made: list[object] = []

        def make() -> object:
            made.append(object())
            return made[-1]

        wanted = OnDemand(make)
        assert made == []
        found = await asyncio.gather(*(wanted.get() for _ in range(5)))
        assert [*found, wanted.now()] == made * 6

    async def test_is_made_while_others_are_answered(self) -> None:
        is_answered = threading.Event()
        making = asyncio.create_task(OnDemand(lambda: is_answered.wait(5)).get())
        await asyncio.sleep(0)
        is_answered.set()
        assert await making

    async def test_is_tried_again_where_it_failed(self) -> None:
        divisors = iter((0, 1))
        wanted = OnDemand(lambda: 1 / next(divisors))
        with pytest.raises(ZeroDivisionError):
            await wanted.get()
        assert await wanted.get() == 1


def test_a_package_has_no_modules_but_its_own() -> None:
    assert callable(commands.people.create)
    assert not hasattr(commands, "nobody")
