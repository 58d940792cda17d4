"""The commands that end by themselves, and how each of them fails: in a sentence, without a traceback."""

import json
import os
import socket
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import cli
from commands import background, doctor, people
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


def answer_as_a_mail_server(server: socket.socket) -> None:
    """To one visitor who says EHLO and QUIT."""
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 mail.test\r\n")
        lines.readline()
        connection.sendall(b"250 mail.test\r\n")
        assert lines.readline() == b"QUIT\r\n"


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


def test_doctor_finds_everything_in_order_on_an_empty_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.examine(Settings(data_folder=tmp_path))
    examined = capsys.readouterr().out
    assert "✗" not in examined
    assert "embedded at mongodb://127.0.0.1" in examined
    assert f"file: kept in {tmp_path / 'mail'}" in examined


def test_doctor_says_how_mail_leaves_and_what_dns_needs(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answering = threading.Thread(target=answer_as_a_mail_server, args=[server])
        answering.start()
        examined = allover(
            tmp_path,
            "doctor",
            MAIL_PROVIDER="smtp",
            MAIL_FROM="news@example.com",
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(port),
            SMTP_TLS="none",
            DKIM_DOMAIN="example.com",
            DKIM_SELECTOR="s1",
            DKIM_PRIVATE_KEY_FILE=str(tmp_path / "dkim.pem"),
        )
        answering.join()
    assert examined.returncode == 0
    assert f"smtp: 127.0.0.1:{port}, answers in" in examined.stdout
    assert "TXT record s1._domainkey.example.com: v=DKIM1; k=ed25519; p=" in examined.stdout


def test_doctor_says_what_fails_and_shows_no_secret(tmp_path: Path) -> None:
    examined = allover(
        tmp_path,
        "doctor",
        MONGODB_URL="mongodb://ann:hidden@127.0.0.1:1",
        REDIS_URL="redis://:hidden@127.0.0.1:1",
        SECRET_KEY="hidden",
        MAIL_PROVIDER="smtp",
        MAIL_FROM="news@example.com",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT="1",
        SMTP_USERNAME="ann",
        SMTP_PASSWORD="hidden",
        DKIM_DOMAIN="example.com",
        DKIM_SELECTOR="s1",
        DKIM_PRIVATE_KEY="hidden",
    )
    assert examined.returncode == 1
    bad = [line.split()[1] for line in examined.stdout.splitlines() if "✗" in line]
    assert bad == ["Secret", "Database", "Redis", "Mail", "DKIM"]
    assert "mongodb://ann:***@127.0.0.1:1 does not answer" in examined.stdout
    assert "hidden" not in examined.stdout + examined.stderr


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
