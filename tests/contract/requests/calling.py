"""What the requests of all domains share: who calls, and what a request is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from httpx import AsyncClient, Response

from models.users import User
from tests.factories.people import bearer

APP: Final = "banners-all-over"
SHOP: Final = "tea-and-cakes.myshopify.com"


@dataclass(frozen=True, slots=True)
class Caller:
    """An owner's client."""

    http: AsyncClient
    owner: User

    async def send(self, method: str, path: str, body: Any = None) -> Response:
        return await self.http.request(method, path, json=body, headers=bearer(self.owner))

    async def created(self, path: str, body: Any) -> Any:
        response = await self.send("POST", path, body)
        assert response.status_code in (200, 201), response.text
        return response.json()["data"]


Parameters = Mapping[str, str]


async def nothing(_: Caller) -> Parameters:
    return {}


@dataclass(frozen=True, slots=True)
class Request:
    """`needs` makes what must exist, and returns parameters of the path; `body` is what is sent, or makes it. `unknown`
    are documented texts that can't be known by then: they are null; `empty` are documented lists with nothing in them
    yet."""

    needs: Callable[[Caller], Awaitable[Parameters]] = nothing
    body: dict[str, Any] | Callable[[Caller], dict[str, Any]] | None = None
    parameters: Parameters = field(default_factory=dict)
    query: str = ""
    signed: Callable[[bytes], Mapping[str, str]] | None = None
    """The headers of a webhook with that body."""
    unknown: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
