"""Group commit."""

import asyncio
from collections.abc import Sequence

import pytest

from core.group_commit import GroupCommit


class Written:
    """Groups that were written, each write waiting for its turn."""

    def __init__(self) -> None:
        self.waiting: list[list[int]] = []
        self.groups: list[list[int]] = []
        self.turn = asyncio.Semaphore(0)

    async def write(self, items: Sequence[int]) -> Sequence[int]:
        self.waiting.append(list(items))
        await self.turn.acquire()
        if -1 in items:
            raise ConnectionError("lost")
        self.groups.append(list(items))
        return [item * 10 for item in items]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_arrives_during_a_write_shares_the_next_one() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=3)
    adding = [asyncio.create_task(commit.add(number)) for number in range(2)]
    await settled()
    adding += [asyncio.create_task(commit.add(number)) for number in range(2, 7)]
    for _ in range(4):
        written.turn.release()
        await settled()
    assert await asyncio.gather(*adding) == [number * 10 for number in range(7)]
    assert written.groups == [[0, 1], [2, 3, 4], [5, 6]]


@pytest.mark.parametrize("at_once", [1, 2])
async def test_who_is_told_may_come_back_at_once(at_once: int) -> None:
    written = Written()
    commit = GroupCommit(written.write, most=3, at_once=at_once)
    for number in range(4):
        written.turn.release()
        assert await commit.add(number) == number * 10
    assert written.groups == [[0], [1], [2], [3]]


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("linger", [0.0, 0.001])
@pytest.mark.parametrize("beside", [1, 3])
async def test_many_who_come_back_are_all_written(at_once: int, linger: float, beside: int) -> None:
    groups: list[int] = []

    async def write(items: Sequence[int]) -> Sequence[int]:
        groups.append(len(items))
        for _ in range(len(groups) % 4):
            await asyncio.sleep(0)
        return [item * 10 for item in items]

    commit = GroupCommit(write, most=4, linger=linger, at_once=at_once, beside=beside)

    async def come_back(first: int) -> None:
        for number in range(first, first + 25):
            assert await commit.add(number) == number * 10

    async with asyncio.timeout(10):
        await asyncio.gather(*(come_back(100 * number) for number in range(10)))
    assert (sum(groups), max(groups)) == (250, 4)


async def test_several_writes_may_be_under_way_at_a_time() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=3, at_once=2)
    adding = []
    for numbers in ([0, 1], [2, 3], [4, 5, 6, 7]):
        adding += [asyncio.create_task(commit.add(number)) for number in numbers]
        await settled()
    assert written.waiting == [[0, 1], [2, 3]]
    for _ in range(4):
        written.turn.release()
        await settled()
    assert await asyncio.gather(*adding) == [number * 10 for number in range(8)]
    assert written.groups == [[0, 1], [2, 3], [4, 5, 6], [7]]


async def test_a_write_begins_beside_another_only_with_enough_items() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=3, at_once=2, beside=2)
    adding = []
    for number in range(4):
        adding.append(asyncio.create_task(commit.add(number)))
        await settled()
    assert written.waiting == [[0], [1, 2]]
    written.turn.release()
    await settled()
    assert written.waiting == [[0], [1, 2]], "the last one waits for the other write, since it is alone"
    for _ in range(2):
        written.turn.release()
        await settled()
    assert await asyncio.gather(*adding) == [0, 10, 20, 30]
    assert written.groups == [[0], [1, 2], [3]]


async def test_a_write_waits_for_more_as_long_as_it_lingers() -> None:
    written = Written()
    written.turn.release()
    commit = GroupCommit(written.write, most=3, linger=0.05, at_once=2)
    adding = [asyncio.create_task(commit.add(1))]
    await settled()
    adding.append(asyncio.create_task(commit.add(2)))
    await asyncio.gather(*adding)
    assert written.groups == [[1, 2]]


async def test_nobody_is_told_before_the_write_is_done() -> None:
    written = Written()
    adding = asyncio.create_task(GroupCommit(written.write, most=3).add(1))
    await settled()
    assert not adding.done()
    written.turn.release()
    assert await adding == 10


async def test_a_write_that_fails_fails_for_its_group_alone() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=1)
    lost, kept = asyncio.create_task(commit.add(-1)), asyncio.create_task(commit.add(1))
    written.turn.release()
    written.turn.release()
    with pytest.raises(ConnectionError):
        await lost
    assert await kept == 10


async def test_who_gives_up_waiting_does_not_hold_up_the_others() -> None:
    written = Written()
    commit = GroupCommit(written.write, most=3)
    gone, kept = asyncio.create_task(commit.add(1)), asyncio.create_task(commit.add(2))
    await settled()
    gone.cancel()
    written.turn.release()
    written.turn.release()
    assert await kept == 20
    assert written.groups == [[1, 2]]
