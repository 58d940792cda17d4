"""Keys of the apps' backends, and what they call with."""

from collections.abc import Mapping

from core.actor import Actor, Kind
from core.scopes import Scope
from resolvers.api_keys import ApiKeyCreate, IssuedKey, create_api_key


async def an_api_key(app_id: str, **fields: object) -> IssuedKey:
    """`fields` are what an admin would send."""
    data = ApiKeyCreate.model_validate({"appId": app_id, "name": "Backend"} | fields)
    return await create_api_key(Actor.system("tests"), data)


def backend_of(app_id: str, *scopes: Scope) -> Actor:
    """The app's backend, with these scopes or all of them."""
    return Actor(Kind.API_KEY, id="0" * 24, app_id=app_id, scopes=frozenset(scopes or Scope))


def with_key(issued: IssuedKey, **headers: str) -> Mapping[str, str]:
    return {"X-API-Key": issued.secret, **headers}
