"""The commands that end by themselves, and how each of them fails: in a sentence, without a traceback."""

import json
import os
import sys
from pathlib import Path

import pytest

import cli
from commands import background, people
from commands.errors import CommandError
from core.actor import Role
from core.settings import Settings
from tests.cli.running import allover


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, **settings: str) -> int:
    """A command inside this process: one that stops before it opens anything. Returns its status."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["allover", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or os.EX_OK)


def test_a_password_comes_from_standard_input_and_an_address_is_taken_once(tmp_path: Path) -> None:
    arguments = ("user", "create", "--email", "ann@example.com", "--password-stdin")
    created = allover(tmp_path, *arguments, given="correct horse battery\n")
    assert created.returncode == 0
    assert "assword" not in created.stdout
    again = allover(tmp_path, *arguments, given="correct horse battery\n")
    assert again.returncode == 1
    assert again.stderr == "email: Another user has this e-mail address\n"


def test_metrics_are_counted_anew(tmp_path: Path) -> None:
    counted = allover(tmp_path, "rebuild-metrics")
    assert (counted.returncode, counted.stdout) == (0, "Counted 0 shops, 0 rollups, and 0 days of events.\n")


def test_openapi_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "openapi") == 0
    assert json.loads(capsys.readouterr().out)["openapi"].startswith("3.")


def test_the_schema_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "schema") == 0
    assert "type Query" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "none", "PORT: "),
        ("REDIS_URL", "http://localhost", "REDIS_URL: must begin with redis://"),
        ("MONGODB_URL", "localhost", "MONGODB_URL: must begin with mongodb://"),
        ("ENVIRONMENT", "production", "SECRET_KEY is not set"),
        ("DATA_FOLDER", "/dev/null/folder", "DATA_FOLDER: "),
    ],
)
def test_a_configuration_that_is_wrong_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, sentence: str
) -> None:
    assert run(monkeypatch, "serve", **{name: value}) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("command", [background.work, background.schedule])
def test_worker_and_scheduler_need_redis(command: object, settings: Settings) -> None:
    assert callable(command)
    with pytest.raises(CommandError, match="REDIS_URL is not set"):
        command(settings)


def test_what_is_wrong_with_an_account_is_named(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    with pytest.raises(CommandError, match="email: "):
        people.create(settings, "nobody", Role.VIEWER, "", password_stdin=False)
