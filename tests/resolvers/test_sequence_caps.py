"""A day of a sequence: never more mails than its cap, and none counted twice."""

import asyncio
from datetime import date
from typing import Final

import pytest
from beanie import PydanticObjectId
from bson import ObjectId

from models.sequences import SequenceDay
from resolvers.sequence_caps import take_room

pytestmark = pytest.mark.usefixtures("platform")

DAY: Final = date(2026, 1, 30)
SEQUENCE: Final = PydanticObjectId()


def some(number: int) -> list[ObjectId]:
    return [ObjectId() for _ in range(number)]


async def test_there_is_room_up_to_the_cap() -> None:
    first, second = some(3), some(3)
    assert await take_room(SEQUENCE, DAY, 5, first) == set(first)
    assert await take_room(SEQUENCE, DAY, 5, second) == set(second[:2])
    assert await take_room(SEQUENCE, date(2026, 1, 31), 5, second) == set(second)


async def test_the_same_mail_takes_room_once() -> None:
    mails = some(3)
    for _ in range(3):
        assert await take_room(SEQUENCE, DAY, 3, mails) == set(mails)
    (day,) = await SequenceDay.find_all().to_list()
    assert (day.number, len(day.taken)) == (3, 3)


async def test_what_was_planned_stays_when_the_cap_becomes_smaller() -> None:
    mails = some(3)
    await take_room(SEQUENCE, DAY, 3, mails)
    assert await take_room(SEQUENCE, DAY, 1, [*mails, *some(1)]) == set(mails)


async def test_several_at_once_do_not_take_more() -> None:
    taken = await asyncio.gather(*(take_room(SEQUENCE, DAY, 7, some(2)) for _ in range(6)))
    assert sum(map(len, taken)) == 7
