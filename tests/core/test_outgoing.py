"""Requests to URLs that people give: to public addresses alone, and to those that were checked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpcore
import pytest
import pytest_asyncio

from core import outgoing
from core.errors import InvalidInput
from core.outgoing import LARGEST_ANSWER, CheckedBackend, ClosedAddress, Target, Unreachable, is_open, post, target_of
from tests.factories.slack import FakeSlack, a_slack
from tests.mail.certificates import certificate_for_name

PUBLIC = "93.184.215.14"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeSlack]:
    async with a_slack() as slack:
        yield slack


class Names:
    """A DNS whose answers are given one after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)


class Detour(httpcore.AsyncNetworkBackend):
    """Notes where it is to connect to, and connects to the server of the test."""

    def __init__(self, port: int) -> None:
        self.connected: list[tuple[str, int]] = []
        self._port = port

    async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self._port, *arguments, **options)


class TestAUrl:
    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("https://hooks.slack.com/services/a", Target("https", "hooks.slack.com", 443, "/services/a")),
            ("HTTPS://Hooks.Slack.com", Target("https", "hooks.slack.com", 443, "/")),
            ("https://example.com:8443?a=b", Target("https", "example.com", 8443, "/?a=b")),
        ],
    )
    def test_is_read_once(self, url: str, target: Target) -> None:
        assert target_of(url) == target

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "hooks.slack.com/services",
            "//hooks.slack.com/",
            "ftp://hooks.slack.com/",
            "https://user@hooks.slack.com/",
            "https://hooks.slack.com@evil.example/",
            "https://evil.example\\@hooks.slack.com/",
            "https://evil.example#.hooks.slack.com/",
            "https://hooks.slack.com/#fragment",
            "https://hooks.slack.com:0/",
            "https://hooks.slack.com:99999/",
            "https://hooks.slack.com/a b",
            "https://hooks.slack.com/a\r\nX: y",
            "https://hooks.slac\u212a.com/",
            "https://[::1]/",
            "https://hooks.slack.com/" + "a" * 2000,
        ],
    )
    def test_that_could_be_read_in_two_ways_is_none(self, url: str) -> None:
        with pytest.raises(InvalidInput, match="must be a URL such as"):
            target_of(url)

    def test_is_https_unless_its_origin_is_trusted(self) -> None:
        with pytest.raises(InvalidInput, match="must begin with https://"):
            target_of("http://chat.example.com/hook", ["http://chat.example.com:8080"])
        assert target_of("http://chat.example.com/hook", ["http://chat.example.com"]).port == 80


class TestAnAddress:
    @pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    def test_that_is_public_is_open(self, address: str) -> None:
        assert is_open(address)

    @pytest.mark.parametrize(
        "address",
        [
            *("0.0.0.0", "10.1.2.3", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
            *(
                "192.168.1.1",
                "100.64.0.1",
                "100.100.100.200",
                "192.0.0.192",
                "198.18.0.1",
                "224.0.0.1",
                "255.255.255.255",
            ),
            *("::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
            *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::127.0.0.1", "::ffff:0:127.0.0.1"),
            *("64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::"),
            *("", "localhost", "0x7f000001", "2130706433"),
        ],
    )
    def test_inside_or_standing_for_another_is_closed(self, address: str) -> None:
        assert not is_open(address)


class TestPosting:
    async def test_to_a_name_that_leads_inside_fails_before_anything_is_sent(self, server: FakeSlack) -> None:
        for answers in (["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:127.0.0.1"]):
            detour = Detour(server.port)
            backend = CheckedBackend(Names(answers), inner=detour)
            with pytest.raises(ClosedAddress, match=r"rebound\.example leads to an address that is not public"):
                await post("https://rebound.example/hook", b"{}", {}, backend=backend)
            assert (detour.connected, server.tries) == ([], [])

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "169.254.169.254"]
    )
    async def test_addresses_inside_are_refused_however_they_are_written(self, host: str) -> None:
        with pytest.raises((ClosedAddress, Unreachable)):
            await post(f"https://{host}/hook", b"{}", {})

    async def test_goes_to_the_address_that_was_checked_under_the_name_that_was_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The DNS would answer with another address the second time; nobody asks it a second time."""
        certificate = certificate_for_name("rebound.example", tmp_path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.path, certificate.key)
        slack = FakeSlack()
        async with await asyncio.start_server(slack.answer, "127.0.0.1", 0, ssl=context) as serving:
            detour = Detour(serving.sockets[0].getsockname()[1])
            monkeypatch.setattr(outgoing, "_certificates", lambda: ssl.create_default_context(cafile=certificate.path))
            names = Names([PUBLIC], ["127.0.0.1"])
            backend = CheckedBackend(names, inner=detour)
            answer = await post("https://rebound.example/hook", b'{"text": "hello"}', {}, backend=backend)
            assert (answer.status, answer.text, slack.texts) == (200, "ok", ["hello"])
            assert "host: rebound.example" in slack.headers[0].lower()
            assert (names.asked, detour.connected) == (["rebound.example"], [(PUBLIC, 443)])
            other = CheckedBackend(Names([PUBLIC]), inner=detour)
            with pytest.raises(Unreachable, match=r"another\.example can't be reached"):
                await post("https://another.example/hook", b"{}", {}, backend=other)

    async def test_follows_no_redirect(self, server: FakeSlack) -> None:
        server.usually = (302, "", {"Location": f"{server.origin}/elsewhere"})
        answer = await post(f"{server.origin}/hook", b"{}", {}, trusted=[server.origin])
        assert (answer.status, server.paths) == (302, ["/hook"])

    async def test_reads_no_more_than_it_has_to(self, server: FakeSlack) -> None:
        server.usually = (200, "x" * (4 * LARGEST_ANSWER), {})
        server.posts = []
        answer = await post(f"{server.origin}/hook", b"{}", {}, trusted=[server.origin])
        assert len(answer.body) == LARGEST_ANSWER

    async def test_waits_no_longer_than_it_is_told(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as serving:
            origin = f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}"
            with pytest.raises(Unreachable, match=r"127\.0\.0\.1 did not answer within 0\.2 seconds"):
                await post(f"{origin}/hook", b"{}", {}, trusted=[origin], patience=0.2)

    async def test_tries_the_next_address_where_nobody_listens(self, server: FakeSlack) -> None:
        class Half(Detour):
            async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> Any:
                if host == PUBLIC:
                    self.connected.append((host, port))
                    raise httpcore.ConnectError
                return await super().connect_tcp(host, port, *arguments, **options)

        half = Half(server.port)
        backend = CheckedBackend(Names([PUBLIC, "8.8.8.8"]), inner=half)
        await post(f"{server.origin}/hook", b'{"text": "hello"}', {}, trusted=[server.origin], backend=backend)
        assert [host for host, _ in half.connected] == [PUBLIC, "8.8.8.8"]

    async def test_to_nobody_is_unreachable(self) -> None:
        with pytest.raises(Unreachable, match=r"nowhere\.invalid can't be found"):
            await post("https://nowhere.invalid/hook", b"{}", {})
