"""A valid request for every row of the contract that is served: what has to exist, and what is sent.

The world is made through the platform's own interface; what a row needs besides (an id for its path) is made by the
functions named in its line. Each group of domains has a file, whose `REQUESTS` are joined here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

import orjson
from httpx import AsyncClient, Response

from core import clock
from core.actor import Role
from models.apps import App
from rest_compat.contract import Endpoint
from tests.contract.requests.calling import APP, Caller, Request
from tests.factories.people import a_user

MODULES: Final = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
REQUESTS: Final[Mapping[str, Request]] = {
    name: request for module in MODULES for name, request in getattr(module, "REQUESTS", {}).items()
}
"""A row that is not listed is called without a body, and needs nothing but the app."""


async def an_owner(http: AsyncClient) -> Caller:
    """Of a company with one app; has logged in."""
    await App(id=APP, name="Banners All Over", name_key="banners all over").insert()
    owner = await a_user(Role.OWNER)
    await owner.set({"lastLoginAt": clock.now()})
    return Caller(http, owner)


def request_of(endpoint: Endpoint) -> Request:
    return REQUESTS.get(endpoint.name, Request())


@dataclass(frozen=True, slots=True)
class Call:
    """A row's request, with all that it needs in place."""

    caller: Caller
    method: str
    path: str
    body: dict[str, Any] | None
    parameters: Mapping[str, str]
    query: str = ""
    signed: Callable[[bytes], Mapping[str, str]] | None = None

    async def send(self, query: str | None = None) -> Response:
        query = self.query if query is None else query
        if self.signed:
            content = orjson.dumps(self.body)
            return await self.caller.http.post(self.path + query, content=content, headers=self.signed(content))
        return await self.caller.send(self.method, self.path + query, self.body)

    async def send_instead(self, body: Any) -> Response:
        return await self.caller.send(self.method, self.path, body)


async def prepared(caller: Caller, endpoint: Endpoint) -> Call:
    request = request_of(endpoint)
    parameters = {"appId": APP, **request.parameters, **await request.needs(caller)}
    body = request.body(caller) if callable(request.body) else request.body
    path = endpoint.path.format_map(parameters)
    return Call(caller, endpoint.method, path, body, parameters, request.query, request.signed)
