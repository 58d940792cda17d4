"""Erasing somebody from the command line, and checking what is said about it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from commands.database import database, platform
from commands.erasing import erase, verify
from commands.errors import CommandError
from core.errors import NotFound
from core.runtime import Runtime
from core.settings import Settings
from tests.factories.contacts import a_contact

ADDRESS = "ada@tea.example"


def prepared(settings: Settings, url: str, prepare: Callable[[Runtime], Awaitable[Any]]) -> None:
    async def run() -> None:
        async with platform(settings, url) as current:
            await prepare(current)

    asyncio.run(run())


async def ada_and_a_copy(current: Runtime) -> None:
    await a_contact(ADDRESS)
    await current.mongo.database["forgotten"].insert_one({"_id": "a-copy", "told": ADDRESS})


@pytest.mark.usefixtures("of_its_own")
def test_somebody_is_erased_certified_and_what_is_left_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_folder=tmp_path)
    clean, left = tmp_path / "clean.json", tmp_path / "left.json"
    with database(settings) as url:
        prepared(settings, url, lambda _: a_contact(ADDRESS))
        erase(settings, "ADA@tea.example", clean, sure=True)
        assert json.loads(clean.read_text())["certificate"]["status"] == "clean"
        verify(settings, clean)
        prepared(settings, url, ada_and_a_copy)
        monkeypatch.setattr("resolvers.erasure_scans.SCANNED_AT_ONCE", 0)
        with pytest.raises(CommandError, match=r"1 documents:\nforgotten a-copy: told \(address\)"):
            erase(settings, ADDRESS, left, sure=True)
        verify(settings, left)
        left.write_text(left.read_text().replace('"foundCount": 1', '"foundCount": 0'))
        with pytest.raises(CommandError, match="something in it was changed"):
            verify(settings, left)
        with pytest.raises(NotFound):
            erase(settings, ADDRESS, None, sure=True)
    assert ADDRESS not in "".join(capsys.readouterr())


def test_a_certificate_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.touch()
    with pytest.raises(CommandError, match="name another one"):
        erase(Settings(data_folder=tmp_path), ADDRESS, file, sure=True)


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"a": {"$ne": null}}'])
def test_what_is_no_certificate_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(content)
    with pytest.raises(CommandError, match="is no certificate"):
        verify(Settings(data_folder=tmp_path), file)
    with pytest.raises(CommandError, match="can't be read"):
        verify(Settings(data_folder=tmp_path), tmp_path / "missing")
