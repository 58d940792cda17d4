"""Handing mail over by SMTP: what each answer, and each silence, means, on real connections."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sink import smtp_sink
from core.mail_settings import SmtpTls
from mail.bounces import Bounce
from mail.providers import Outcome, Receipt, Unavailable
from mail.providers.smtp import SmtpProvider
from mail.providers.smtp_opening import SmtpServer
from mail.providers.smtp_session import PATIENT, Patience, framed
from tests.mail.certificates import Certificate, certificate_for
from tests.mail.messages import CONTENT, outgoing
from tests.mail.smtp_servers import DROP, SILENCE, Mailbox, ScriptedServer, scripted, taking_everything
from tests.requirements import require_command

PIPELINING: Final = "PIPELINING"
IMPATIENT: Final = {
    "banner": Patience(open=0.5),
    "EHLO": Patience(open=0.5),
    "MAIL": Patience(command=0.5),
    "RCPT": Patience(command=0.5),
    "DATA": Patience(command=0.5),
    "message": Patience(message=0.5),
}
"""For servers that are silent at that step."""
GONE: Final = "550 5.1.1 <ada@example.org>: User unknown"
PAUSE: Final = 0.01

either_way: Final = pytest.mark.parametrize("extensions", [(PIPELINING,), ()], ids=["pipelining", "one by one"])
lines: Final = st.lists(
    st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=80) | st.just("."), min_size=1
)


@asynccontextmanager
async def providing(port: int, **options: Any) -> AsyncIterator[SmtpProvider]:
    server = options.pop("server", SmtpServer("127.0.0.1", SmtpTls.NONE, port))
    provider = SmtpProvider(server, first_pause=PAUSE, **options)
    try:
        yield provider
    finally:
        await provider.close()


async def sent_twice(script: dict[str, str | list[str]], *extensions: str) -> tuple[Receipt, Receipt, ScriptedServer]:
    """What became of a message, and of one after it."""
    patience = next((IMPATIENT[step] for step, answers in script.items() if SILENCE in answers), PATIENT)
    async with scripted(script, *extensions) as server, providing(server.port, patience=patience) as provider:
        return await provider.send(outgoing()), await provider.send(outgoing()), server


@either_way
class TestAMessage:
    async def test_is_handed_over_and_named(self, extensions: tuple[str, ...]) -> None:
        first, second, server = await sent_twice({}, *extensions)
        assert first == second == Receipt(Outcome.ACCEPTED, "250 2.0.0 Ok: queued as 4F2A", provider_id="4F2A")
        assert server.messages == [CONTENT, CONTENT]
        assert server.commands[:4] == [
            "EHLO localhost",
            "MAIL FROM:<news@example.com>",
            "RCPT TO:<ada@example.org>",
            "DATA",
        ]

    async def test_goes_out_in_groups_where_the_server_can_read_them(self, extensions: tuple[str, ...]) -> None:
        _, _, server = await sent_twice({}, *extensions)
        assert server.most_commands_at_once == (3 if extensions else 1)

    @pytest.mark.parametrize(
        ("step", "answer", "outcome", "bounce"),
        [
            ("MAIL", "451 4.3.0 Try again later", Outcome.DEFERRED, None),
            ("MAIL", "550 5.1.1 Unknown sender", Outcome.REFUSED, Bounce.POLICY),
            ("MAIL", "530 5.7.0 Authentication required", Outcome.DEFERRED, None),
            ("RCPT", "450 4.2.0 Greylisted", Outcome.DEFERRED, None),
            ("RCPT", "451 4.3.2 Too busy", Outcome.DEFERRED, None),
            ("RCPT", "452 4.2.2 Mailbox full", Outcome.DEFERRED, Bounce.SOFT),
            ("RCPT", "450 5.1.1 Not now", Outcome.DEFERRED, Bounce.SOFT),
            ("RCPT", GONE, Outcome.REFUSED, Bounce.HARD),
            ("RCPT", "550 no such user here", Outcome.REFUSED, Bounce.HARD),
            ("RCPT", "550-5.2.1 The account you tried to reach\r\n550 5.2.1 is disabled", Outcome.REFUSED, Bounce.HARD),
            ("RCPT", "550 5.7.1 Blocked by policy", Outcome.REFUSED, Bounce.POLICY),
            ("RCPT", "552 5.2.2 Mailbox full", Outcome.REFUSED, Bounce.SOFT),
            ("DATA", "451 4.3.0 Try again later", Outcome.DEFERRED, None),
            ("DATA", "250 Ok", Outcome.DEFERRED, None),
            ("DATA", "554 5.7.1 No", Outcome.REFUSED, Bounce.POLICY),
            ("message", "451 4.3.0 Try again later", Outcome.DEFERRED, None),
            ("message", "554 5.7.1 Spam", Outcome.REFUSED, Bounce.POLICY),
            ("message", GONE, Outcome.REFUSED, Bounce.HARD),
        ],
    )
    async def test_that_is_not_taken_does_not_hold_up_the_next(
        self, extensions: tuple[str, ...], step: str, answer: str, outcome: Outcome, bounce: Bounce | None
    ) -> None:
        first, second, server = await sent_twice({step: [answer]}, *extensions)
        assert (first.outcome, first.bounce) == (outcome, bounce)
        assert first.response.startswith(answer[:3])
        assert second.outcome is Outcome.ACCEPTED
        assert server.connections == 1
        assert server.messages[-1] == CONTENT

    async def test_is_none_of_the_message_s_attempts_where_the_login_is_wrong(
        self, extensions: tuple[str, ...]
    ) -> None:
        first, second, _ = await sent_twice({"MAIL": ["530 5.7.0 Authentication required", "451 Later"]}, *extensions)
        assert (first.retry_after, second.retry_after) == (60.0, None)

    @pytest.mark.parametrize("answer", [DROP, SILENCE, "421 4.3.2 Shutting down", "hello?"])
    @pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT", "DATA"])
    async def test_is_deferred_where_the_connection_ends_before_its_content(
        self, extensions: tuple[str, ...], step: str, answer: str
    ) -> None:
        first, second, server = await sent_twice({step: [answer]}, *extensions)
        assert first.outcome is Outcome.DEFERRED
        assert second.outcome is Outcome.ACCEPTED
        assert server.messages == [CONTENT]

    @pytest.mark.parametrize("answer", [DROP, SILENCE, "hello?"])
    async def test_is_uncertain_where_no_answer_to_its_end_comes(
        self, extensions: tuple[str, ...], answer: str
    ) -> None:
        first, second, server = await sent_twice({"message": [answer]}, *extensions)
        assert first.outcome is Outcome.UNCERTAIN
        assert second.outcome is Outcome.ACCEPTED
        assert server.messages == [CONTENT, CONTENT]
        assert server.connections == 2

    async def test_is_deferred_where_the_server_says_421_to_it(self, extensions: tuple[str, ...]) -> None:
        first, second, server = await sent_twice({"message": ["421 4.3.2 Shutting down"]}, *extensions)
        assert (first.outcome, second.outcome) == (Outcome.DEFERRED, Outcome.ACCEPTED)
        assert server.connections == 2

    async def test_reads_replies_of_many_lines(self, extensions: tuple[str, ...]) -> None:
        script: dict[str, str | list[str]] = {
            "MAIL": "250-2.1.0 First\r\n250-2.1.0 second\r\n250 2.1.0 third",
            "message": "250-Ok\r\n250 id=1rXyz-0001",
        }
        first, second, _ = await sent_twice(script, *extensions)
        assert first == second == Receipt(Outcome.ACCEPTED, "250 Ok id=1rXyz-0001", provider_id="1rXyz-0001")

    async def test_without_end_is_no_reply(self, extensions: tuple[str, ...]) -> None:
        first, second, _ = await sent_twice({"RCPT": ["250-More\r\n" * 10_000]}, *extensions)
        assert (first.outcome, second.outcome) == (Outcome.DEFERRED, Outcome.ACCEPTED)


async def test_a_server_that_waits_for_nobodys_content_gets_none() -> None:
    """RFC 2920, 3.1: DATA may be welcome though no recipient is."""
    first, second, server = await sent_twice({"RCPT": [GONE]}, PIPELINING)
    assert (first.bounce, second.outcome) == (Bounce.HARD, Outcome.ACCEPTED)
    assert server.messages == [b"", CONTENT]


@pytest.mark.parametrize("step", ["message", "RSET"])
async def test_a_server_that_is_confused_by_a_refusal_is_left(step: str) -> None:
    first, second, server = await sent_twice({"RCPT": [GONE], step: [DROP]}, PIPELINING)
    assert (first.bounce, second.outcome) == (Bounce.HARD, Outcome.ACCEPTED)
    assert server.connections == 2


@pytest.mark.parametrize(
    "recipient", ["a@b.test>\r\nRCPT TO:<c@d.test", "a b@c.test", "ä@b.test", "", "a@b.test> SIZE=1"]
)
async def test_an_address_can_say_nothing_to_the_server(recipient: str) -> None:
    async with scripted() as server, providing(server.port) as provider:
        assert (await provider.send(outgoing(recipient=recipient))).outcome is Outcome.REFUSED
    assert server.connections == 0


@pytest.mark.parametrize("content", [b"a\n.\r\nMAIL", b"a\r\n.\nMAIL", b"a\r.\r\nMAIL", b"a\r\n.\rMAIL", b"a\n.\n\r\n"])
async def test_a_message_can_say_nothing_to_the_server(content: bytes) -> None:
    async with scripted() as server, providing(server.port) as provider:
        assert (await provider.send(outgoing(content))).outcome is Outcome.REFUSED
    assert server.connections == 0


@given(lines)
def test_a_message_ends_at_its_end_alone(written: list[str]) -> None:
    content = "".join(f"{line}\r\n" for line in written).encode()
    body, end = framed(content)[:-3], framed(content)[-3:]
    assert end == b".\r\n"
    assert b"\r\n.\r\n" not in b"\r\n" + body
    assert [line.removeprefix(b".").decode() for line in body.split(b"\r\n")[:-1]] == written


@pytest_asyncio.fixture(scope="session")
async def taken() -> AsyncIterator[tuple[SmtpProvider, Mailbox]]:
    async with taking_everything() as mailbox, providing(mailbox.port) as provider:
        yield provider, mailbox


@given(lines)
async def test_what_arrives_is_what_was_sent_byte_for_byte(
    taken: tuple[SmtpProvider, Mailbox], written: list[str]
) -> None:
    provider, mailbox = taken
    content = CONTENT + "".join(f"{line}\r\n" for line in written).encode()
    assert (await provider.send(outgoing(content))).outcome is Outcome.ACCEPTED
    envelope = mailbox.envelopes.pop()
    assert envelope.content == content
    assert (envelope.mail_from, envelope.rcpt_tos) == ("news@example.com", ["ada@example.org"])


@pytest.mark.parametrize("options", [(), ("-p",)], ids=["pipelining", "one by one"])
async def test_a_server_that_others_wrote_takes_what_is_sent_at_full_speed(options: tuple[str, ...]) -> None:
    sink = require_command("smtp-sink", "postfix")
    with smtp_sink(sink, *options) as port:
        async with providing(port, most_messages=50) as provider:
            receipts = await asyncio.gather(*(provider.send(outgoing()) for _ in range(1000)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}


class TestConnections:
    async def test_are_used_again_and_are_no_more_than_allowed(self) -> None:
        async with scripted({}, PIPELINING) as server, providing(server.port, connections=3) as provider:
            receipts = await asyncio.gather(*(provider.send(outgoing()) for _ in range(50)))
            assert (server.connections, server.most_open) == (3, 3)
        assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
        assert len(server.messages) == 50

    async def test_say_goodbye(self) -> None:
        async with scripted() as server:
            async with providing(server.port) as provider:
                await provider.send(outgoing())
            while server.open:
                await asyncio.sleep(0.001)
        assert server.commands[-1] == "QUIT"

    async def test_carry_so_many_messages_each(self) -> None:
        async with scripted() as server, providing(server.port, most_messages=2) as provider:
            for _ in range(5):
                await provider.send(outgoing())
        assert (server.connections, len(server.messages)) == (3, 5)

    @pytest.mark.parametrize("answer", [DROP, "421 4.3.2 Too many messages"])
    async def test_that_the_server_ends_in_the_middle_are_opened_again(self, answer: str) -> None:
        """Before anything of it was taken, a message goes on by the next one."""
        async with scripted({"MAIL": ["250 Ok", answer]}, PIPELINING) as server, providing(server.port) as provider:
            receipts = [await provider.send(outgoing()) for _ in range(3)]
        assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 3
        assert (server.connections, len(server.messages)) == (2, 3)

    @pytest.mark.parametrize("last_words", [b"", b"421 4.4.2 Idle for too long\r\n"])
    async def test_that_ended_while_nobody_used_them_are_opened_again(self, last_words: bytes) -> None:
        async with scripted() as server, providing(server.port) as provider:
            await provider.send(outgoing())
            (connection,) = server.open
            connection.transport.write(last_words)
            connection.transport.close()
            assert (await provider.send(outgoing())).outcome is Outcome.ACCEPTED
        assert server.connections == 2

    async def test_that_nobody_used_for_long_are_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mail.providers.smtp.LONGEST_IDLE", 0.0)
        async with scripted() as server, providing(server.port) as provider:
            outcomes = [(await provider.send(outgoing())).outcome for _ in range(2)]
        assert outcomes == [Outcome.ACCEPTED] * 2
        assert (server.connections, server.commands.count("QUIT")) == (2, 1)

    async def test_on_which_a_message_was_given_up_half_way_are_not_used_again(self) -> None:
        async with scripted({"RCPT": [SILENCE]}) as server, providing(server.port) as provider:
            sending = asyncio.create_task(provider.send(outgoing()))
            while not any(command.startswith("RCPT") for command in server.commands):
                await asyncio.sleep(0.001)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert (await provider.send(outgoing())).outcome is Outcome.ACCEPTED
        assert server.connections == 2

    async def test_are_not_asked_for_again_and_again_where_the_server_refuses_them(self) -> None:
        async with scripted({"banner": "554 No service"}) as server, providing(server.port) as provider:
            for _ in range(5):
                receipts = await asyncio.gather(*(provider.send(outgoing()) for _ in range(provider.at_once)))
                assert {receipt.outcome for receipt in receipts} == {Outcome.DEFERRED}
                assert "554 No service" in receipts[0].response
                assert receipts[0].retry_after is not None
        assert server.connections == provider.at_once + 4

    async def test_that_end_at_once_are_not_asked_for_again_and_again(self) -> None:
        async with scripted({"MAIL": DROP}) as server, providing(server.port) as provider:
            await asyncio.gather(*(provider.send(outgoing()) for _ in range(provider.at_once)))
            await asyncio.gather(*(provider.send(outgoing()) for _ in range(provider.at_once)))
        assert server.connections < provider.at_once * 2

    async def test_come_back_with_the_server(self) -> None:
        async with scripted({"banner": ["554 No service"]}) as server, providing(server.port) as provider:
            outcomes = [(await provider.send(outgoing())).outcome for _ in range(3)]
        assert outcomes == [Outcome.DEFERRED, Outcome.ACCEPTED, Outcome.ACCEPTED]

    async def test_to_nobody_are_refused(self) -> None:
        async with scripted() as server:
            port = server.port
        async with providing(port) as provider:
            receipt = await provider.send(outgoing())
            assert receipt.outcome is Outcome.DEFERRED
            assert f"127.0.0.1:{port}" in receipt.response


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for("127.0.0.1", tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))


def context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key)
    return context


class TestEncryptionAndLogin:
    @pytest.mark.usefixtures("trusted")
    @pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.TLS])
    async def test_mail_goes_out_encrypted_by_a_login(self, certificate: Certificate, tls: SmtpTls) -> None:
        offered: dict[str, Any] = {tls.value: context(certificate)}
        async with taking_everything(**offered, login=True) as mailbox:
            server = SmtpServer("127.0.0.1", tls, mailbox.port, Mailbox.USERNAME, Mailbox.PASSWORD)
            async with providing(0, server=server) as provider:
                assert await provider.check() == f"127.0.0.1:{mailbox.port}"
                outcomes = [(await provider.send(outgoing())).outcome for _ in range(3)]
        assert outcomes == [Outcome.ACCEPTED] * 3
        assert mailbox.encrypted == [True] * 3

    @pytest.mark.parametrize("tls", [SmtpTls.STARTTLS, SmtpTls.TLS])
    async def test_a_certificate_of_somebody_else_is_not_believed(self, certificate: Certificate, tls: SmtpTls) -> None:
        offered: dict[str, Any] = {tls.value: context(certificate)}
        async with (
            taking_everything(**offered) as mailbox,
            providing(0, server=SmtpServer("127.0.0.1", tls, mailbox.port)) as provider,
        ):
            receipt = await provider.send(outgoing())
        assert receipt.outcome is Outcome.DEFERRED
        assert "certificate" in receipt.response.lower()
        assert mailbox.envelopes == []

    async def test_nothing_is_said_in_the_clear_where_encryption_is_not_offered(self) -> None:
        async with scripted({}, "AUTH PLAIN") as server:
            starttls = SmtpServer("127.0.0.1", SmtpTls.STARTTLS, server.port, "mailer", "hidden")
            async with providing(0, server=starttls) as provider:
                assert (await provider.send(outgoing())).outcome is Outcome.DEFERRED
        assert {command.split(" ")[0] for command in server.commands} <= {"EHLO", "STARTTLS", "QUIT"}

    async def test_a_wrong_login_defers_and_shows_no_password(self, caplog: pytest.LogCaptureFixture) -> None:
        """Also where the server repeats what it was sent."""
        caplog.set_level(logging.DEBUG)
        script: dict[str, str | list[str]] = {"AUTH": "535 5.7.8 AUTH PLAIN AG1haWxlcgBoaWRkZW4= hidden is wrong"}
        async with scripted(script, "AUTH PLAIN") as server:
            address = SmtpServer("127.0.0.1", SmtpTls.NONE, server.port, "mailer", "hidden")
            async with providing(0, server=address) as provider:
                receipt = await provider.send(outgoing())
                with pytest.raises(Unavailable) as unavailable:
                    await provider.check()
        assert receipt.outcome is Outcome.DEFERRED
        assert "refuses SMTP_USERNAME and SMTP_PASSWORD (535)" in receipt.response
        shown = f"{receipt} {unavailable.value!r} {address} {address!r} {caplog.text}"
        assert "hidden" not in shown
        assert "AG1haWxlcgBoaWRkZW4=" not in shown
        assert unavailable.value.__cause__ is None
