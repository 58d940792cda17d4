"""`allover doctor`: what it finds, and what it shows of it."""

import json
import re
import socket
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from commands import doctor
from commands.doctor import mail_names, stores
from commands.doctor.configuration import examine_configuration
from commands.doctor.findings import Finding, Mark
from commands.doctor.mail_names import names
from commands.doctor.work import examine_work
from core import clock
from core.mail_settings import MailProvider
from core.mongo import Mongo
from core.runtime import Runtime
from core.settings import Environment, Settings
from mail.dkim import Signer
from mail.providers.opening import open_signer
from models.email_jobs import EmailJob, EmailJobStatus
from models.ticks import Tick
from tasks.schedule import KEPT
from tests.factories.email_jobs import a_job, an_ended_job

KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
Texts = Mapping[str, list[str]]


def asked(texts: Texts) -> mail_names.Lookup:
    """DNS that knows these names."""

    async def look_up(name: str) -> list[str]:
        return texts.get(name, [])

    return look_up


async def offline(name: str) -> list[str]:
    raise OSError("Timeout")


def answer_as_a_mail_server(server: socket.socket) -> None:
    """To one visitor who says EHLO and QUIT."""
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 mail.test\r\n")
        lines.readline()
        connection.sendall(b"250 mail.test\r\n")
        assert lines.readline() == b"QUIT\r\n"


def marks(findings: list[Finding]) -> dict[str, Mark]:
    return {finding.subject: finding.mark for finding in findings}


class TestTheWhole:
    @pytest.fixture(autouse=True)
    def _no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mail_names, "resolved", offline)

    def test_is_in_order_on_an_empty_folder(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        doctor.examine(Settings(data_folder=tmp_path))
        examined = capsys.readouterr().out
        assert "✗" not in examined
        assert "embedded at mongodb://127.0.0.1" in examined
        assert f"file: kept in {tmp_path / 'mail'}" in examined

    def test_says_how_mail_leaves_and_what_dns_needs(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Settings
    ) -> None:
        (tmp_path / "dkim.pem").write_bytes(KEY)
        with socket.create_server(("127.0.0.1", 0)) as server:
            answering = threading.Thread(target=answer_as_a_mail_server, args=[server], daemon=True)
            answering.start()
            port = server.getsockname()[1]
            changed = {
                "data_folder": tmp_path,
                "mail_provider": MailProvider.SMTP,
                "mail_from": "news@example.com",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_tls": "none",
                "dkim_domain": "example.com",
                "dkim_selector": "s1",
                "dkim_private_key_file": tmp_path / "dkim.pem",
            }
            doctor.examine(settings.model_copy(update=changed))
            answering.join(5)
        examined = " ".join(capsys.readouterr().out.split())
        assert f"smtp: 127.0.0.1:{port}, answers in" in examined
        assert "TXT record s1._domainkey.example.com: v=DKIM1; k=ed25519; p=" in examined
        assert "not looked at: no name server answers (Timeout)" in examined

    def test_says_what_fails_to_a_program_too_and_shows_no_secret(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = Settings(
            data_folder=tmp_path,
            mongodb_url=SecretStr("mongodb://ann:hidden@127.0.0.1:1"),
            redis_url=SecretStr("redis://:hidden@127.0.0.1:1"),
            secret_key=SecretStr("hidden"),
            mail_provider=MailProvider.SMTP,
            mail_from="news@example.com",
            smtp_host="127.0.0.1",
            smtp_port=1,
            smtp_username="ann",
            smtp_password=SecretStr("hidden"),
            dkim_domain="example.com",
            dkim_selector="s1",
            dkim_private_key=SecretStr("hidden"),
        )
        with pytest.raises(SystemExit) as ended:
            doctor.examine(settings, as_json=True)
        output = capsys.readouterr()
        examined = json.loads(output.out)
        assert (ended.value.code, examined["healthy"]) == (1, False)
        bad = [one for one in examined["findings"] if one["mark"] == "bad"]
        assert [one["subject"] for one in bad] == ["Secret", "Database", "Redis", "Mail", "DKIM"]
        assert "mongodb://ann:***@127.0.0.1:1 does not answer" in bad[1]["detail"]
        assert "hidden" not in output.out + output.err


class TestProduction:
    def test_is_told_of_what_is_mostly_not_meant_so(self, settings: Settings) -> None:
        changed = {
            "environment": Environment.PRODUCTION,
            "log_level": "DEBUG",
            "mail_provider": MailProvider.RESEND,
            "resend_webhook_secrets": (),
        }
        found = marks(list(examine_configuration(settings.model_copy(update=changed))))
        doubts = [subject for subject, mark in found.items() if mark is Mark.DOUBTFUL]
        assert doubts == ["Processes", "Metrics", "Logs", "Bounces"]
        assert found["Public URL"] is Mark.BAD


class TestTheDatabase:
    async def test_lacks_an_index_and_has_one_that_nobody_needs(self, platform: Runtime) -> None:
        jobs = EmailJob.get_pymongo_collection()
        declared = EmailJob.Settings.indexes[2].document
        await jobs.drop_index(declared["name"])
        await jobs.create_index([("whatever", 1)])
        found = [finding async for finding in stores._indexes(platform.mongo.database)]
        await jobs.drop_index("whatever_1")
        await jobs.create_index(list(declared["key"].items()), name=declared["name"])
        assert marks(found) == {"Indexes": Mark.BAD, "Other indexes": Mark.DOUBTFUL}
        assert f"email_jobs.{declared['name']}" in found[0].detail
        assert "email_jobs.whatever_1" in found[1].detail

    @pytest.mark.parametrize(
        ("told", "mark"),
        [
            ({}, Mark.BAD),
            ({"setName": "rs0", "isWritablePrimary": False}, Mark.BAD),
            ({"setName": "rs0", "isWritablePrimary": True, "hosts": ["a", "b"]}, Mark.GOOD),
        ],
    )
    async def test_is_a_replica_set_that_can_be_written_to(self, told: dict[str, Any], mark: Mark) -> None:
        assert (await stores._replica_set(answering(told))).mark is mark

    @pytest.mark.parametrize(("version", "mark"), [("5.0.9", Mark.BAD), ("7.0.5", Mark.GOOD)])
    async def test_is_new_enough(self, version: str, mark: Mark) -> None:
        assert (await stores._version(answering({"version": version}))).mark is mark

    @pytest.mark.parametrize(("seconds", "mark"), [(0, Mark.GOOD), (3, Mark.BAD), (-3, Mark.BAD)])
    async def test_has_the_same_time(self, seconds: int, mark: Mark) -> None:
        told = {"localTime": clock.now() + timedelta(seconds=seconds)}
        assert (await stores._clocks(answering(told))).mark is mark

    @pytest.mark.parametrize(("used", "mark"), [(50, Mark.GOOD), (95, Mark.DOUBTFUL)])
    async def test_has_room(self, used: int, mark: Mark) -> None:
        told = {"dataSize": 1, "indexSize": 1, "fsTotalSize": 100, "fsUsedSize": used}
        assert (await stores._room(answering(told).client.admin)).mark is mark


def answering(told: dict[str, Any]) -> Any:
    """A connection to a database that says this to everything."""

    async def command(_: str) -> dict[str, Any]:
        return told

    return SimpleNamespace(client=SimpleNamespace(admin=SimpleNamespace(command=command)))


class TestWork:
    async def test_that_is_done_is_good(self, mongo: Mongo, platform: Runtime, settings: Settings) -> None:
        await Tick(id="tick:one:2026-01-01T00:00", expires_at=clock.now() + KEPT).insert()
        await a_job()
        found = [finding async for finding in examine_work(mongo.database, settings)]
        assert set(marks(found).values()) == {Mark.GOOD}

    async def test_that_stands_still_is_not(self, mongo: Mongo, platform: Runtime, settings: Settings) -> None:
        await an_ended_job(EmailJobStatus.DEAD)
        await a_job(scheduled_at=clock.now() - timedelta(hours=3))
        await Tick(id="tick:one:2026-01-01T00:00", expires_at=clock.now() + KEPT - timedelta(minutes=10)).insert()
        production = settings.model_copy(update={"environment": Environment.PRODUCTION})
        found = [finding async for finding in examine_work(mongo.database, production)]
        assert marks(found) == {"Dead jobs": Mark.DOUBTFUL, "Due jobs": Mark.DOUBTFUL, "Scheduler": Mark.BAD}
        assert re.search("count_sheep.*3 h", found[1].detail)

    async def test_that_the_clock_never_began_matters_in_production(
        self, mongo: Mongo, platform: Runtime, settings: Settings
    ) -> None:
        *_, never = [finding async for finding in examine_work(mongo.database, settings)]
        assert never.mark is Mark.UNUSED


class TestNames:
    """Of mail from news@mail.example.com."""

    KEY = "v=DKIM1; k=rsa; p=MIIB"
    GOOD: ClassVar[Texts] = {
        "mail.example.com": ["google-site-verification=1", "v=spf1 include:amazonses.com ~all"],
        "resend._domainkey.mail.example.com": [KEY],
        "_dmarc.example.com": ["v=DMARC1; p=reject"],
    }

    async def found(self, texts: Texts, *, signs: bool = False) -> dict[str, Mark]:
        settings = Settings(
            mail_provider=MailProvider.RESEND, mail_from="news@mail.example.com", resend_api_key=SecretStr("re_1")
        )
        signed = {"dkim_domain": "example.com", "dkim_selector": "s1", "dkim_private_key": SecretStr(KEY.decode())}
        if signs:
            settings = settings.model_copy(update=signed)
        return marks([finding async for finding in names(settings, open_signer(settings), asked(texts))])

    async def test_that_are_in_order(self) -> None:
        assert await self.found(self.GOOD) == {"SPF": Mark.GOOD, "DKIM in DNS": Mark.GOOD, "DMARC": Mark.GOOD}

    async def test_that_are_missing(self) -> None:
        assert await self.found({}) == {"SPF": Mark.DOUBTFUL, "DKIM in DNS": Mark.BAD, "DMARC": Mark.DOUBTFUL}

    @pytest.mark.parametrize("texts", [["v=spf1 +all"], ["v=spf1 a -all", "v=spf1 mx -all"]])
    async def test_spf_that_says_nothing(self, texts: list[str]) -> None:
        assert (await self.found({**self.GOOD, "mail.example.com": texts}))["SPF"] is Mark.BAD

    @pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1; p=perhaps"])
    async def test_dmarc_without_a_policy(self, text: str) -> None:
        assert (await self.found({**self.GOOD, "_dmarc.example.com": [text]}))["DMARC"] is Mark.BAD

    async def test_the_key_that_we_sign_with(self) -> None:
        signer = Signer("example.com", "s1", KEY)
        name = "s1._domainkey.example.com"
        assert (await self.found({name: [signer.dns_record]}, signs=True))["DKIM in DNS"] is Mark.GOOD
        assert (await self.found({name: [self.KEY]}, signs=True))["DKIM in DNS"] is Mark.BAD

    async def test_that_nobody_can_be_asked_for(self) -> None:
        settings = Settings(
            mail_provider=MailProvider.RESEND, mail_from="news@example.com", resend_api_key=SecretStr("re_1")
        )
        (told,) = [finding async for finding in names(settings, None, offline)]
        assert told.mark is Mark.UNUSED
