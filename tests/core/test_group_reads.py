"""Group reads."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from core.group_reads import GroupReads


class Stored:
    """What there is, each query waiting for its turn before it looks."""

    def __init__(self, **values: int) -> None:
        self.values = values
        self.queries: list[list[str]] = []
        self.turn = asyncio.Semaphore(0)

    async def read(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.queries.append(list(keys))
        await self.turn.acquire()
        if "lost" in keys:
            raise ConnectionError("lost")
        return {key: self.values[key] for key in keys if key in self.values}


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_asked_for_during_a_query_shares_the_next_one() -> None:
    stored = Stored(a=1, b=2)
    reads = GroupReads(stored.read)
    first = asyncio.create_task(reads.get("a"))
    await settled()
    others = [asyncio.create_task(reads.get(key)) for key in ("b", "a", "b", "missing")]
    await settled()
    stored.turn.release()
    stored.turn.release()
    assert [await first, *[await other for other in others]] == [1, 2, 1, 2, None]
    assert stored.queries == [["a"], ["b", "a", "missing"]]


async def test_who_asks_after_a_write_sees_it_though_a_query_is_under_way() -> None:
    stored = Stored(a=1)
    reads = GroupReads(stored.read)
    before = asyncio.create_task(reads.get("b"))
    await settled()
    stored.values["b"] = 2
    after = asyncio.create_task(reads.get("b"))
    await settled()
    stored.turn.release()
    stored.turn.release()
    await before
    assert await after == 2
    assert stored.queries == [["b"], ["b"]]


async def test_a_query_that_fails_fails_for_those_alone_who_asked_for_it() -> None:
    stored = Stored(a=1)
    reads = GroupReads(stored.read)
    failing = asyncio.create_task(reads.get("lost"))
    await settled()
    fine = asyncio.create_task(reads.get("a"))
    stored.turn.release()
    stored.turn.release()
    with pytest.raises(ConnectionError):
        await failing
    assert await fine == 1
