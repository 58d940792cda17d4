"""Answers in several batches."""

from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import CursorNotFound

Things = Collection[dict[str, Any]]


@pytest.mark.parametrize("size", [0, 1, 7, 100, 101, 250, 1000])
def test_every_document_comes_once_whatever_the_batch_size(things: Things, size: int) -> None:
    things.insert_many([{"_id": number} for number in range(250)])
    assert [item["_id"] for item in things.find(batch_size=size)] == list(range(250))
    assert len(list(things.aggregate([{"$match": {}}], batchSize=size))) == 250


def test_the_first_batch_has_101_documents_and_the_last_closes_the_cursor(things: Things) -> None:
    things.insert_many([{"_id": number} for number in range(150)])
    cursor = things.find()
    next(cursor)
    assert cursor.cursor_id
    assert len(list(cursor)) == 149
    assert not cursor.alive


def test_a_batch_is_not_larger_than_a_message_may_be(things: Things) -> None:
    things.insert_many([{"_id": number, "text": "x" * 5_000_000} for number in range(8)])
    assert [len(item["text"]) for item in things.find()] == [5_000_000] * 8


def test_a_limit_and_a_single_batch_end_the_answer(things: Things) -> None:
    things.insert_many([{"_id": number} for number in range(20)])
    assert len(list(things.find(limit=5, batch_size=2))) == 5
    reply = things.database.command("find", things.name, batchSize=3, singleBatch=True)
    assert (len(reply["cursor"]["firstBatch"]), reply["cursor"]["id"]) == (3, 0)


def test_later_batches_show_what_was_there_at_the_start(things: Things) -> None:
    things.insert_many([{"_id": number} for number in range(10)])
    cursor = things.find(batch_size=3)
    first = next(cursor)
    things.delete_many({})
    assert [item["_id"] for item in [first, *cursor]] == list(range(10))


def test_a_killed_cursor_is_gone(things: Things) -> None:
    things.insert_many([{} for _ in range(10)])
    reply = things.database.command("find", things.name, batchSize=2)
    killed = things.database.command("killCursors", things.name, cursors=[reply["cursor"]["id"], 999])
    assert (killed["cursorsKilled"], killed["cursorsNotFound"]) == ([reply["cursor"]["id"]], [999])
    with pytest.raises(CursorNotFound):
        things.database.command("getMore", reply["cursor"]["id"], collection=things.name)
