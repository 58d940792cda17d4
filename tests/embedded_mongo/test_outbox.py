"""Replies wait for the commit; without one there are none."""

import asyncio
import sqlite3
from typing import Any, NoReturn
from unittest.mock import Mock

import pytest

from embedded_mongo.engine import Engine
from embedded_mongo.server import Outbox
from embedded_mongo.storage import Storage


class Ended(Exception):
    """Stands for the end of the process."""


class Transport(asyncio.Transport):
    """Notes what is written and whether it was durable then."""

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self.storage = storage
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        assert not self.storage.is_pending
        self.written.append(data)


def end(_: BaseException) -> NoReturn:
    raise Ended


async def test_replies_of_one_turn_go_out_together_after_one_commit(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage(tmp_path)
    engine = Engine(storage)
    commit = Mock(wraps=storage.commit)
    monkeypatch.setattr(storage, "commit", commit)
    outbox, transport = Outbox(engine, end), Transport(storage)
    for reply in (b"1", b"2", b"3"):
        engine.catalog.find_or_create("d", reply.decode())
        outbox.send(transport, reply)
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"1", b"2", b"3"]
    commit.assert_called_once()
    storage.close()


async def test_a_read_does_not_show_what_is_not_durable_yet(tmp_path: Any) -> None:
    engine = Engine(Storage(tmp_path))
    outbox, transport = Outbox(engine, end), Transport(engine.storage)
    outbox.send(transport, b"nothing to wait for")
    assert transport.written == [b"nothing to wait for"]
    engine.catalog.find_or_create("d", "x")
    outbox.send(transport, b"read")
    assert transport.written == [b"nothing to wait for"]
    outbox.flush()
    assert transport.written == [b"nothing to wait for", b"read"]
    engine.storage.close()


async def test_a_failed_commit_answers_nobody_and_ends_the_server(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(Storage(tmp_path))
    outbox, transport = Outbox(engine, end), Transport(engine.storage)

    def fail() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    engine.catalog.find_or_create("d", "x")
    monkeypatch.setattr(engine.storage, "commit", fail)
    outbox._replies.append((transport, b"done"))
    with pytest.raises(Ended):
        outbox.flush()
    assert transport.written == []
