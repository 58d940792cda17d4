"""A Slack of our own: a server that takes messages, and rules that post to it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from core import runtime
from core.actor import Actor
from core.runtime import Runtime
from models.slack_routing import SlackRule, SlackTopic
from resolvers.slack_messages import tell_slack
from resolvers.slack_routing import SlackRuleCreate, create_slack_rule
from tests.factories.people import an_actor

TELLER: Final = Actor.system("tests")
Reply = tuple[int, str, dict[str, str]]
OK: Final[Reply] = (200, "ok", {})


@dataclass
class FakeSlack:
    """`posts` are the messages that it took, `tries` the moments of all requests. It answers with `replies`, one after
    the other, then with `usually`."""

    port: int = 0
    posts: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    tries: list[float] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    usually: Reply = OK
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """As long as it is not set, whoever posts waits for the answer."""

    def __post_init__(self) -> None:
        self.answering.set()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [post["text"] for post in self.posts]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        body = await reader.readexactly(length)
        self.tries.append(time.monotonic())
        self.paths.append(head.split()[1])
        self.headers.append(head)
        status, said, headers = self.replies.popleft() if self.replies else self.usually
        if status == OK[0]:
            self.posts.append(orjson.loads(body))
            self.taken.set()
        await self.answering.wait()
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(said)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with suppress(ConnectionError):
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + said).encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def a_slack() -> AsyncIterator[FakeSlack]:
    slack = FakeSlack()
    server = await asyncio.start_server(slack.answer, "127.0.0.1", 0)
    slack.port = server.sockets[0].getsockname()[1]
    try:
        yield slack
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def slack_for(platform: Runtime) -> AsyncIterator[FakeSlack]:
    """One that the platform may post to."""
    async with a_slack() as slack:
        origins = (*platform.settings.slack_origins, slack.origin)
        runtime.start(platform.settings.model_copy(update={"slack_origins": origins}), platform.mongo)
        yield slack


async def a_rule(
    slack: FakeSlack | None = None, topic: SlackTopic = SlackTopic.ALERTS, path: str = "", **given: Any
) -> SlackRule:
    """For all apps, unless another is given. Without a server, its webhook is one of Slack's."""
    secret = path or "/services/T0001/B0002/abcdefghijklmnopqrstx7Gf"
    sent = {
        "topic": topic.value,
        "channel": "#alerts",
        "webhookUrl": (slack.origin if slack else "https://hooks.slack.com") + secret,
    }
    return await create_slack_rule(await an_actor(), SlackRuleCreate.model_validate(sent | given))


async def told(text: str, key: str = "", topic: SlackTopic = SlackTopic.ALERTS, app_id: str | None = None) -> None:
    await tell_slack(TELLER, topic, app_id, text, key=key or text)
