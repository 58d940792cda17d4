"""What was backed up is there again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from commands.backup import back_up, restore
from commands.database import database
from commands.errors import CommandError
from core import clock
from core.settings import Settings
from models.ticks import Tick

FILE = {"_id": "a", "data": b"\x00\x01", "of": {"nested": [1, 2.5, None]}}


@contextmanager
def stored(folder: Path) -> Iterator[Any]:
    with database(Settings(data_folder=folder)) as url, MongoClient[dict[str, Any]](url) as client:
        yield client["allover"]


@pytest.mark.usefixtures("of_its_own")
def test_everything_comes_back_with_its_indexes_and_only_into_an_empty_database(tmp_path: Path) -> None:
    tick = {"_id": "tick:one", "expiresAt": clock.now() + timedelta(hours=1)}
    with stored(tmp_path / "old") as before:
        before["files.chunks"].insert_one(FILE)
        before[Tick.Settings.name].insert_many([tick, {**tick, "_id": "tick:two"}])
    back_up(Settings(data_folder=tmp_path / "old"), tmp_path / "backup")
    restore(Settings(data_folder=tmp_path / "new"), tmp_path / "backup")
    with stored(tmp_path / "new") as after:
        assert after["files.chunks"].find_one() == FILE
        assert [row["_id"] for row in after[Tick.Settings.name].find()] == ["tick:one", "tick:two"]
        assert "expiresAt_1" in after[Tick.Settings.name].index_information()
    with pytest.raises(CommandError, match="is not empty"):
        restore(Settings(data_folder=tmp_path / "new"), tmp_path / "backup")
    with pytest.raises(CommandError, match="name another folder"):
        back_up(Settings(data_folder=tmp_path / "old"), tmp_path / "backup")


def test_there_must_be_a_backup(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no backup of the database allover"):
        restore(Settings(data_folder=tmp_path), tmp_path)
