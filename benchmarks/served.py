"""The servers that `interfaces.py` and `apollo.py` measure, each a process of its own:
`python -m benchmarks.served KIND PORT`.

`database`: All Over Apps with 20 shops and a ticket of each in the embedded database. `memory`: the same, remembering
what it read from the database. `bare`: Starlette alone, sending the JSON that All Over Apps answered. Prints the token
to call it with, who that is, and the address of the database.
"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import orjson
import uvicorn
import uvloop
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from app import create_app
from core import clock, event_loop, logs
from core.actor import Role
from core.mongo import slice_of
from core.pages import Slice
from core.runtime import running, runtime
from core.settings import Settings
from core.tokens import Audience
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.shops import Shop
from models.tickets import Ticket, TicketSource
from models.users import User
from resolvers import apps, authentication, shops, tickets
from schema import loaders

PAGE: Final = 20
APP: Final = "banners-all-over"
REST_PATH: Final = f"/{APP}/shops?limit={PAGE}"
QUERY: Final = orjson.dumps(
    {
        "query": "query Shops($app: ID!) { shops(appId: $app, first: 20) "
        "{ nodes { id domain name email country status installedAt createdAt } } }",
        "variables": {"app": APP},
    }
)
NESTED: Final = orjson.dumps(
    {
        "query": "{ tickets(first: 20) { nodes { id number subject status priority createdAt "
        "app { id name } shop { id domain name country } } } }"
    }
)
SETTINGS: Final = Settings(
    secret_key=SecretStr("a secret of the benchmarks, 32 characters"), requests_per_minute=10**9, log_level="WARNING"
)


async def main(kind: str, port: int) -> None:
    logs.configure(SETTINGS)
    with EmbeddedMongo() as database:
        async with running(SETTINGS, database.url, DOCUMENTS):
            user = await _company()
            token = runtime().tokens.issue(Audience.STAFF, str(user.id), version=user.token_version)
            app: ASGIApp = create_app(SETTINGS, database.url)
            if kind == "memory":
                _remember()
            if kind == "bare":
                app = await _bare(app, token)
            event_loop.settled()
            sys.stdout.write(f"{token} {user.id} {database.url}\n")
            sys.stdout.flush()
            await uvicorn.Server(
                uvicorn.Config(app, port=port, lifespan="off", log_level="warning", access_log=False)
            ).serve()


async def _company() -> User:
    """An owner who sees a page of shops, and of tickets."""
    user = User(
        email="o@example.com", email_key="o@example.com", role=Role.OWNER, password_hash="-", first_name="Olivia"
    )
    await user.insert()
    await App(id=APP, name="Banners All Over", name_key="banners all over").insert()
    await Shop.insert_many([_shop(number) for number in range(PAGE)])
    await Ticket.insert_many([_ticket(number) for number in range(PAGE)])
    return user


def _shop(number: int) -> Shop:
    now = clock.now()
    domain = f"shop-{number}.myshopify.com"
    return Shop(
        app_id=APP, domain=domain, name=f"Shop {number}", email=f"hello@{domain}", country="DE", currency="EUR",
        installed_at=now,
    )  # fmt: skip


def _ticket(number: int) -> Ticket:
    domain = f"shop-{number}.myshopify.com"
    email = f"hello@{domain}"
    return Ticket(
        app_id=APP, number=number, subject=f"Question {number}", message="How does this work?", email=email,
        email_key=email, people_keys=[email], source=TicketSource.WEB, shop_domain=domain, last_message_at=clock.now(),
        created_by=email,
    )  # fmt: skip


def _remember() -> None:
    """Each look-up is made once, so that what is left is what the interfaces cost."""
    for place, name, remembered in (
        (shops, "slice_of", _once(_counted(slice_of))),
        (tickets, "slice_of", _once(_counted(slice_of))),
        (loaders, "_shops", _once(loaders._shops)),
        (apps._APPS, "get", _once(apps._APPS.get)),
        (authentication._STAFF, "get", _once(authentication._STAFF.get)),
    ):
        setattr(place, name, remembered)


def _once(read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    kept: list[Any] = []

    async def remembered(*arguments: Any, **options: Any) -> Any:
        if not kept:
            kept.append(await read(*arguments, **options))
        return kept[0]

    return remembered


def _counted(read: Callable[..., Awaitable[Slice[Any]]]) -> Callable[..., Awaitable[Slice[Any]]]:
    async def with_count(*arguments: Any) -> Slice[Any]:
        found = await read(*arguments)
        return replace(found, count=_once(found.count))

    return with_count


async def _bare(app: ASGIApp, token: str) -> Starlette:
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://benchmark", headers=headers) as client:
        rest = (await client.get(REST_PATH)).json()
        graphql = (await client.post("/graphql", content=QUERY, headers={"Content-Type": "application/json"})).json()

    async def answer_rest(_: Request) -> JSONResponse:
        return JSONResponse(rest)

    async def answer_graphql(_: Request) -> JSONResponse:
        return JSONResponse(graphql)

    return Starlette(
        routes=[Route(REST_PATH.partition("?")[0], answer_rest), Route("/graphql", answer_graphql, methods=["POST"])]
    )


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
