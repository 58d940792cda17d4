"""A small company to send nonsense to."""

from collections.abc import Mapping
from dataclasses import dataclass

from httpx import AsyncClient

from tests.contract.requests import an_owner
from tests.contract.requests.calling import APP
from tests.contract.requests.company import a_plan, a_shop, an_api_key
from tests.factories.api_keys import an_api_key as issued_key
from tests.factories.api_keys import with_key
from tests.factories.people import bearer

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """Who may ask, and the values of path parameters that exist."""

    owner: Headers
    backend: Headers
    parameters: Mapping[str, str]


async def a_world(client: AsyncClient) -> World:
    caller = await an_owner(client)
    found = {**await a_shop(caller), **await a_plan(caller), **await an_api_key(caller)}
    return World(
        owner=bearer(caller.owner),
        backend=with_key(await issued_key(APP)),
        parameters={"appId": APP, "id": str(caller.owner.id), **found},
    )
