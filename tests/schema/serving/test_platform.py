"""The platform's own subscriptions over both transports: against a real server, with real clients."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import orjson
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from core.actor import Actor, Role
from core.runtime import Runtime, runtime
from models.campaigns import CampaignStatus
from resolvers import campaign_progress, email_jobs, timeline_news
from resolvers.timeline_sources import TimelineKind
from tests.factories.apps import an_app
from tests.factories.email_jobs import a_job
from tests.factories.mail import a_campaign
from tests.factories.people import logged_in
from tests.factories.tickets import a_ticket, said
from tests.factories.timelines import DOMAIN, a_person_with_a_shop, it_happened
from tests.schema.serving.serving import served

Doing = Callable[[], Awaitable[object]]
AT: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)
SYSTEM: Final = Actor.system("tests")

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (campaign_progress, email_jobs, timeline_news):
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
        monkeypatch.setattr(module, "TICK_SECONDS", 0.05)


async def tickets() -> tuple[str, Doing, Mapping[str, Any]]:
    ticket = await a_ticket("banners")
    query = 'subscription { ticketChanged(appId: "banners") { status } }'
    return query, lambda: said(ticket, SYSTEM, "Hello", isCustomer=False), {"ticketChanged": {"status": "OPEN"}}


async def campaigns() -> tuple[str, Doing, Mapping[str, Any]]:
    campaign = await a_campaign("banners")
    query = f'subscription {{ campaignProgress(id: "{campaign.id}") {{ status }} }}'
    sending = {"$set": {"status": CampaignStatus.SENDING.value}}
    return query, lambda: campaign.update(sending), {"campaignProgress": {"status": "SENDING"}}


async def jobs() -> tuple[str, Doing, Mapping[str, Any]]:
    return "subscription { emailJobCounts { pending } }", a_job, {"emailJobCounts": {"pending": 1}}


async def timelines() -> tuple[str, Doing, Mapping[str, Any]]:
    contact = await a_person_with_a_shop("banners", AT)
    query = f'subscription {{ timelineAdded(domain: "{DOMAIN}") {{ kind subject {{ __typename }} }} }}'
    added = {"timelineAdded": {"kind": "MAIL", "subject": {"__typename": "Delivery"}}}
    return query, lambda: it_happened(TimelineKind.MAIL, contact, AT), added


@asynccontextmanager
async def by_websocket(web_app: ASGIApp, headers: Mapping[str, str], query: str) -> AsyncIterator[AsyncIterator[Any]]:
    protocol = Subprotocol("graphql-transport-ws")
    async with (
        served(without_lifespan(web_app)) as address,
        connect(f"ws://{address}/graphql", subprotocols=[protocol]) as socket,
    ):
        await socket.send(orjson.dumps({"type": "connection_init", "payload": dict(headers)}).decode())
        assert orjson.loads(await socket.recv()) == {"type": "connection_ack"}
        subscribe = {"id": "a", "type": "subscribe", "payload": {"query": query}}
        await socket.send(orjson.dumps(subscribe).decode())
        yield (orjson.loads(message)["payload"]["data"] async for message in socket)


@asynccontextmanager
async def by_event_stream(
    web_app: ASGIApp, headers: Mapping[str, str], query: str
) -> AsyncIterator[AsyncIterator[Any]]:
    async with (
        served(without_lifespan(web_app)) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=5) as http,
        http.stream(
            "POST", "/graphql", json={"query": query}, headers={**headers, "Accept": "text/event-stream"}
        ) as response,
    ):
        lines = response.aiter_lines()
        yield (orjson.loads(line[len("data:") :])["data"] async for line in lines if line.startswith("data:"))


def without_lifespan(web_app: ASGIApp) -> ASGIApp:
    """The platform runs already."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await web_app(scope, receive, send)

    return application


@pytest.mark.parametrize("transport", [by_websocket, by_event_stream])
@pytest.mark.parametrize("subject", [tickets, campaigns, jobs, timelines])
async def test_staff_are_told(subject: Any, transport: Any, web_app: FastAPI, platform: Runtime) -> None:
    await an_app("banners")
    query, do, told = await subject()
    async with transport(web_app, await logged_in(Role.VIEWER), query) as answers, asyncio.timeout(5):
        while not runtime().topics._listeners:
            await asyncio.sleep(0.005)
        await do()
        async for answer in answers:
            if answer == told:
                break
    async with asyncio.timeout(5):
        while runtime().topics._listeners:
            await asyncio.sleep(0.005)
