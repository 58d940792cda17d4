"""Handing mail over to Resend: a real server answers as Resend's documentation says it does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final

import orjson
import pytest
from bson import ObjectId

from core import clock
from mail.bounces import Bounce
from mail.content import Rendered
from mail.headers import address
from mail.message import Outgoing, Skeleton
from mail.providers import Outcome, Receipt, Unavailable
from mail.providers.resend import ResendProvider

KEY: Final = "re_hidden"
ID: Final = "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"
Answer = tuple[int, Mapping[str, Any] | str, Mapping[str, str]]
TAKEN: Final[Answer] = (200, {"id": ID}, {})


def error(status: int, name: str, message: str = "No.", **headers: str) -> Answer:
    body = {"statusCode": status, "name": name, "message": message}
    return status, body, {header.replace("_", "-"): value for header, value in headers.items()}


@dataclass
class Api:
    """`answers` are given in turn, then every message is taken. None: the connection is closed instead."""

    answers: list[Answer | None]
    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *fields = head.decode().strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in fields)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append((first.removesuffix(" HTTP/1.1"), headers, body))
                answer = self.answers.pop(0) if self.answers else TAKEN
                if answer is None:
                    return
                writer.write(self.response(*answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @staticmethod
    def response(status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str]) -> bytes:
        content = body.encode() if isinstance(body, str) else orjson.dumps(body)
        fields = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
        head = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        return "\r\n".join(head).encode() + content


@asynccontextmanager
async def answering(*answers: Answer | None) -> AsyncIterator[tuple[ResendProvider, Api]]:
    api = Api(list(answers))
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    provider = ResendProvider(KEY, api.url)
    try:
        yield provider, api
    finally:
        await provider.close()
        server.close()


def newsletter(delivery: ObjectId, *, html: str | None = "<p>Hello</p>", recipient_name: str = "Ada") -> Outgoing:
    skeleton = Skeleton(
        address("news@example.com", "Ännes Neuigkeiten"),
        reply_to=address("help@example.com"),
        list_id="news.example.com",
    )
    return skeleton.message(
        delivery,
        address("ada@example.org", recipient_name),
        Rendered("Grüße", "Hello\n", html),
        date=clock.now(),
        unsubscribe_url="https://example.com/u/token",
    )


async def became_of(*answers: Answer | None) -> Receipt:
    async with answering(*answers) as (provider, _):
        return await provider.send(newsletter(ObjectId()))


async def test_a_message_is_handed_over_in_parts_under_its_deliverys_name() -> None:
    delivery = ObjectId()
    async with answering() as (provider, api):
        receipt = await provider.send(newsletter(delivery))
    assert receipt == Receipt(Outcome.ACCEPTED, "200", provider_id=ID)
    [(request, headers, body)] = api.requests
    assert request == "POST /emails"
    assert (headers["authorization"], headers["idempotency-key"]) == (f"Bearer {KEY}", str(delivery))
    assert orjson.loads(body) == {
        "from": "Ännes Neuigkeiten <news@example.com>",
        "to": ["Ada <ada@example.org>"],
        "reply_to": ["help@example.com"],
        "subject": "Grüße",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "headers": {
            "Message-ID": f"<{delivery}@example.com>",
            "List-Id": "<news.example.com>",
            "List-Unsubscribe": "<https://example.com/u/token>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "tags": [{"name": "delivery", "value": str(delivery)}],
    }


async def test_text_alone_has_no_html_and_names_are_quoted() -> None:
    async with answering() as (provider, api):
        await provider.send(newsletter(ObjectId(), html=None, recipient_name='Doe, "Joe"'))
    body = orjson.loads(api.requests[0][2])
    assert "html" not in body
    assert body["to"] == ['"Doe, \\"Joe\\"" <ada@example.org>']


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(400, "validation_error"), Outcome.REFUSED),
        (error(403, "validation_error", "The example.com domain is not verified."), Outcome.REFUSED),
        (error(422, "invalid_from_address"), Outcome.REFUSED),
        (error(451, "security_error"), Outcome.REFUSED),
        (error(401, "missing_api_key"), Outcome.DEFERRED),
        (error(403, "invalid_api_key"), Outcome.DEFERRED),
        (error(409, "concurrent_idempotent_requests"), Outcome.DEFERRED),
        (error(429, "rate_limit_exceeded"), Outcome.DEFERRED),
        (error(429, "daily_quota_exceeded"), Outcome.DEFERRED),
        (error(500, "application_error"), Outcome.DEFERRED),
        ((502, "<html>Bad gateway</html>", {}), Outcome.DEFERRED),
        ((200, "not JSON", {}), Outcome.ACCEPTED),
        ((200, "[]", {}), Outcome.ACCEPTED),
        ((302, "", {"Location": "http://127.0.0.1:1/"}), Outcome.DEFERRED),
        (error(404, "not_found"), Outcome.DEFERRED),
        (None, Outcome.DEFERRED),
        (error(409, "invalid_idempotent_request"), Outcome.UNCERTAIN),
    ],
)
async def test_what_an_answer_means(answer: Answer | None, outcome: Outcome) -> None:
    receipt = await became_of(answer)
    assert (receipt.outcome, receipt.retry_after is not None) == (outcome, outcome is Outcome.DEFERRED)
    assert receipt.bounce is (Bounce.POLICY if outcome is Outcome.REFUSED else None)


async def test_what_resend_says_is_kept_and_its_key_is_not() -> None:
    receipt = await became_of(error(422, "invalid_from_address", "Use another sender." + "." * 1000))
    assert receipt.response.startswith("422 invalid_from_address: Use another sender.")
    assert len(receipt.response) == 500
    async with answering() as (provider, _):
        assert KEY not in repr(vars(provider))


async def test_a_request_without_an_answer_is_made_again_under_the_same_name() -> None:
    message = newsletter(ObjectId())
    async with answering(None) as (provider, api):
        assert (await provider.send(message)).outcome is Outcome.DEFERRED
        assert (await provider.send(message)).outcome is Outcome.ACCEPTED
    assert {headers["idempotency-key"] for _, headers, _ in api.requests} == {str(message.delivery)}
    assert api.requests[0][2] == api.requests[1][2]


async def test_a_server_that_is_not_there_defers() -> None:
    async with answering() as (_, api):
        pass
    provider = ResendProvider(KEY, api.url)
    assert await provider.send(newsletter(ObjectId())) == Receipt(
        Outcome.DEFERRED, "Resend does not answer: ConnectError", retry_after=1.0
    )
    with pytest.raises(Unavailable, match="does not answer"):
        await provider.check()
    await provider.close()


async def test_silence_defers() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        provider = ResendProvider(KEY, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", patience=0.05)
        receipt = await provider.send(newsletter(ObjectId()))
        await provider.close()
    assert receipt == Receipt(Outcome.DEFERRED, "Resend does not answer: ReadTimeout", retry_after=1.0)


class TestPauses:
    async def test_that_are_long_defer_without_asking_again(self) -> None:
        async with answering(error(429, "daily_quota_exceeded", retry_after="3600")) as (provider, api):
            first, second = [await provider.send(newsletter(ObjectId())) for _ in range(2)]
        assert first.retry_after == 3600
        assert second.outcome is Outcome.DEFERRED
        assert second.retry_after is not None
        assert 3500 < second.retry_after <= 3600
        assert len(api.requests) == 1

    async def test_may_be_a_date(self) -> None:
        date = format_datetime(clock.now() + timedelta(hours=1), usegmt=True)
        receipt = await became_of(error(503, "application_error", retry_after=date))
        assert receipt.retry_after is not None
        assert 3500 < receipt.retry_after <= 3600

    @pytest.mark.parametrize("nonsense", ["soon", "-1", "", "²", "9" * 400])
    async def test_that_make_no_sense_are_not_endless(self, nonsense: str) -> None:
        receipt = await became_of(error(503, "application_error", retry_after=nonsense))
        assert receipt.retry_after is not None
        assert receipt.retry_after <= 24 * 3600

    @pytest.mark.parametrize(
        "answer",
        [
            error(429, "rate_limit_exceeded", retry_after="1"),
            error(429, "rate_limit_exceeded"),
            (200, {"id": ID}, {"ratelimit-remaining": "0", "ratelimit-reset": "1"}),
        ],
    )
    async def test_that_are_short_hold_the_next_message_back(self, answer: Answer) -> None:
        loop = asyncio.get_running_loop()
        async with answering(answer) as (provider, _):
            await provider.send(newsletter(ObjectId()))
            answered = loop.time()
            assert (await provider.send(newsletter(ObjectId()))).outcome is Outcome.ACCEPTED
        assert loop.time() - answered > 0.9


class TestCheck:
    async def test_asks_without_sending(self) -> None:
        async with answering((200, {"data": []}, {})) as (provider, api):
            assert await provider.check() == "Resend"
        assert [request for request, _, _ in api.requests] == ["GET /domains"]

    async def test_knows_a_key_that_may_only_send(self) -> None:
        async with answering(error(401, "restricted_api_key")) as (provider, _):
            assert await provider.check() == "Resend"

    async def test_says_that_a_key_is_wrong_and_not_which(self) -> None:
        async with answering(error(403, "invalid_api_key", "API key is invalid")) as (provider, _):
            with pytest.raises(Unavailable, match="API key is invalid") as unavailable:
                await provider.check()
        assert KEY not in repr(unavailable.value)
