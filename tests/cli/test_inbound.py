"""Mail servers hand mail over: it is stored before it is taken, and nothing is relayed."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from pymongo.errors import ServerSelectionTimeoutError

from commands import inbound_sessions
from commands.errors import CommandError
from commands.inbound import listening, receive
from core.runtime import Runtime, start
from core.settings import Settings
from mail.inbound.reading import MAX_MAIL
from models.email_jobs import EmailJob
from models.inbound_messages import InboundMessage, InboundProvider
from resolvers.inbound_reading import raw_of
from resolvers.inbound_receiving import keep_inbound_mail
from tests.factories.inbound import DOMAIN, a_bounce, a_mail, processed
from tests.mail.certificates import certificate_for

ADA = "ada@tea.example"
HELLO = f"hello@{DOMAIN}"


@pytest.fixture
def receiving(platform: Runtime) -> Settings:
    given = {"inbound_domain": DOMAIN, "inbound_smtp_port": 0, "inbound_lmtp_port": 0}
    return start(platform.settings.model_copy(update=given), platform.mongo).settings


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[aiosmtplib.SMTP]:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        yield client


class Talk:
    """A conversation, line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def hear(self, answers: int = 1) -> list[str]:
        """So many answers, each in one line or several."""
        heard: list[str] = []
        while len(heard) < answers:
            line = (await self._reader.readline()).decode().strip()
            if line[3:4] != "-":
                heard.append(line)
        return heard

    async def say(self, *lines: str | bytes, answers: int = 1) -> list[str]:
        for line in lines:
            self._writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        await self._writer.drain()
        return await self.hear(answers)


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


class TestSmtp:
    async def test_a_mail_is_stored_and_has_a_job_before_it_is_taken(self, receiving: Settings) -> None:
        raw = a_mail("Hello\n.\n..dots", message_id="<1@tea.example>")
        async with listening(receiving) as ports, connected(ports["SMTP"]) as client:
            refused, said = await client.sendmail(ADA, [HELLO, f"Other@{DOMAIN.upper()}"], raw)
            assert (refused, said) == ({}, "2.0.0 Stored")
            assert (await InboundMessage.count(), await EmailJob.count()) == (2, 2)
            assert (await client.sendmail(ADA, [HELLO], raw))[1] == "2.0.0 Known already"
        message = await InboundMessage.find_one({"recipient": HELLO})
        assert message is not None
        assert (message.provider, message.message_id) == (InboundProvider.SMTP, "<1@tea.example>")
        assert (await raw_of(message)).startswith(b"Return-Path: <ada@tea.example>\r\n")
        assert (await processed(message)).new_text == "Hello\n.\n..dots"

    async def test_a_bounce_has_no_sender(self, receiving: Settings) -> None:
        async with listening(receiving) as ports, talking(ports["SMTP"]) as talk:
            await talk.hear()
            await talk.say("EHLO mx.tea.example")
            assert [(await talk.say(line))[0][:3] for line in ("MAIL FROM:<>", f"RCPT TO:<{HELLO}>", "DATA")] == [
                "250",
                "250",
                "354",
            ]
            content = a_bounce("<1@banners.example>").replace(b"\n", b"\r\n")
            assert await talk.say(content + b"\r\n.") == ["250 2.0.0 Stored"]
        message = await InboundMessage.find_one()
        assert message is not None
        assert (await processed(message)).classification == "bounce"

    @pytest.mark.parametrize("to", ["bob@elsewhere.example", f"bob@sub.{DOMAIN}", f"bob%elsewhere.example@x{DOMAIN}"])
    async def test_nothing_is_relayed(self, receiving: Settings, to: str) -> None:
        async with listening(receiving) as ports, connected(ports["SMTP"]) as client:
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
                await client.sendmail(ADA, [to], a_mail())
        assert refused.value.recipients[0].code == 550
        assert await InboundMessage.count() == 0

    async def test_where_the_database_is_away_it_is_asked_for_again(
        self, receiving: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(*_: Any) -> bool:
            raise ServerSelectionTimeoutError("nobody there")

        async with listening(receiving) as ports, connected(ports["SMTP"]) as client:
            with monkeypatch.context() as patch:
                patch.setattr(inbound_sessions, "keep_inbound_mail", away)
                with pytest.raises(aiosmtplib.SMTPDataError) as refused:
                    await client.sendmail(ADA, [HELLO], a_mail())
            assert refused.value.code == 451
            assert (await client.sendmail(ADA, [HELLO], a_mail()))[1] == "2.0.0 Stored"

    async def test_a_mail_that_is_too_large_is_refused_and_the_next_is_taken(self, receiving: Settings) -> None:
        async with listening(receiving) as ports, talking(ports["SMTP"]) as talk:
            await talk.hear()
            await talk.say("EHLO mx.tea.example")
            assert (await talk.say(f"MAIL FROM:<{ADA}> SIZE={MAX_MAIL + 1}"))[0][:3] == "552"
            for line in (f"MAIL FROM:<{ADA}>", f"RCPT TO:<{HELLO}>", "DATA"):
                await talk.say(line)
            assert (await talk.say(b"a" * 900_000 + b"\r\n" + (b"b" * 900_000 + b"\r\n") * 28 + b"."))[0][:3] == "552"
            for line in (f"MAIL FROM:<{ADA}>", f"RCPT TO:<{HELLO}>", "DATA"):
                await talk.say(line)
            assert await talk.say(b"Subject: Long lines\r\n\r\n" + b"a" * 100_000 + b"\r\n.") == ["250 2.0.0 Stored"]

    async def test_with_a_certificate_it_is_encrypted(self, receiving: Settings, tmp_path: Path) -> None:
        certificate = certificate_for("127.0.0.1", tmp_path)
        given = {"inbound_certificate_file": certificate.path, "inbound_key_file": certificate.key}
        trusting = ssl.create_default_context(cafile=certificate.path)
        async with listening(receiving.model_copy(update=given)) as ports:
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=ports["SMTP"], start_tls=True, tls_context=trusting)
            async with client:
                assert (await client.sendmail(ADA, [HELLO], a_mail()))[1] == "2.0.0 Stored"


class TestLmtp:
    async def test_each_recipient_has_an_answer(self, receiving: Settings) -> None:
        async with listening(receiving) as ports, talking(ports["LMTP"]) as talk:
            await talk.hear()
            assert (await talk.say("EHLO mx.tea.example"))[0][:3] == "500"
            await talk.say("LHLO mx.tea.example")
            assert (await talk.say("DATA"))[0][:3] == "503"
            for line in (f"MAIL FROM:<{ADA}>", f"RCPT TO:<{HELLO}>", f"RCPT TO:<b@{DOMAIN}>"):
                assert (await talk.say(line))[0][:3] == "250"
            assert (await talk.say("RCPT TO:<bob@elsewhere.example>"))[0][:3] == "550"
            await talk.say("DATA")
            assert await talk.say(a_mail().replace(b"\n", b"\r\n") + b"\r\n.", answers=2) == ["250 2.0.0 Stored"] * 2
            assert (await talk.say("NOOP"))[0][:3] == "250"
        assert await InboundMessage.find({"provider": "lmtp"}).count() == 2


class TestEnding:
    async def test_mail_that_is_under_way_is_stored_and_others_are_told(
        self, receiving: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep, begun, go_on = keep_inbound_mail, asyncio.Event(), asyncio.Event()

        async def slowly(*given: Any) -> bool:
            begun.set()
            await go_on.wait()
            return await keep(*given)

        monkeypatch.setattr(inbound_sessions, "keep_inbound_mail", slowly)
        server = listening(receiving)
        ports = await server.__aenter__()
        async with talking(ports["SMTP"]) as idle, talking(ports["SMTP"]) as busy:
            await idle.hear()
            await busy.hear()
            for line in ("EHLO mx.tea.example", f"MAIL FROM:<{ADA}>", f"RCPT TO:<{HELLO}>", "DATA"):
                await busy.say(line)
            sending = asyncio.create_task(busy.say(a_mail().replace(b"\n", b"\r\n") + b"\r\n."))
            await begun.wait()
            ending = asyncio.create_task(server.__aexit__(None, None, None))
            assert (await idle.hear())[0][:3] == "421"
            go_on.set()
            assert await sending == ["250 2.0.0 Stored"]
            await busy.say("QUIT")
            await ending
        assert await InboundMessage.count() == 1

    async def test_nobody_takes_all_connections(self, receiving: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inbound_sessions, "MOST_CONNECTIONS", 1)
        async with listening(receiving) as ports, talking(ports["SMTP"]) as first:
            assert (await first.hear())[0][:3] == "220"
            async with talking(ports["SMTP"]) as second:
                assert (await second.hear())[0][:3] == "421"
            await first.say("QUIT")


class TestConfiguration:
    def test_it_says_what_is_missing(self, settings: Settings) -> None:
        for given, variable in (
            ({}, "INBOUND_DOMAIN"),
            ({"inbound_domain": DOMAIN, "inbound_smtp_port": None}, "INBOUND_SMTP_PORT"),
        ):
            with pytest.raises(CommandError, match=variable):
                receive(settings.model_copy(update=given))

    async def test_a_port_in_use_is_named(self, receiving: Settings) -> None:
        async with listening(receiving) as ports:
            taken = receiving.model_copy(update={"inbound_smtp_port": ports["SMTP"]})
            with pytest.raises(CommandError, match=f"port {ports['SMTP']}"):
                async with listening(taken):
                    pass

    async def test_a_certificate_that_is_none_is_named(self, receiving: Settings, tmp_path: Path) -> None:
        nothing = {"inbound_certificate_file": tmp_path / "a", "inbound_key_file": tmp_path / "b"}
        with pytest.raises(CommandError, match="INBOUND_CERTIFICATE_FILE"):
            async with listening(receiving.model_copy(update=nothing)):
                pass
