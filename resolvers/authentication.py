"""From credentials to the actor, for every request of both edges. What the actor may do is not decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bson import ObjectId
from limits import RateLimitItemPerMinute
from starlette.requests import HTTPConnection

from core import clock, keys
from core.actor import Actor, Kind
from core.errors import DomainError, Forbidden, Unauthenticated
from core.group_reads import GroupReads
from core.ids import object_id
from core.runtime import runtime
from core.tokens import Audience, Claims, fingerprint
from models.api_keys import ApiKey
from models.end_users import EndUser
from models.users import User

LAST_USED_RESOLUTION: Final = timedelta(minutes=1)
CREDENTIALS: Final = ("Authorization", "X-API-Key", "Origin")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries."""

    bearer: str | None = None
    api_key: str | None = None
    origin: str | None = None


async def authenticate(credentials: Credentials) -> Actor:
    """Nobody, where no credential is given. Raises `Unauthenticated` for one that is not valid (any more)."""
    if credentials.bearer and credentials.api_key:
        raise Unauthenticated("Send either a bearer token or an API key, not both")
    if credentials.bearer:
        return await _bearer(runtime().tokens.read(credentials.bearer))
    if credentials.api_key:
        return await _api_key(credentials.api_key, credentials.origin)
    return Actor.anonymous()


async def _bearer(claims: Claims) -> Actor:
    match claims.audience:
        case Audience.STAFF:
            return await _staff(claims)
        case Audience.END_USER:
            return await _end_user(claims)


async def _staff(claims: Claims) -> Actor:
    user_id = object_id(claims.subject)
    user = await _STAFF.get(user_id) if user_id else None
    if user is None or not user.is_active or user.token_version != claims.version:
        raise Unauthenticated("The token was ended: log in again")
    return Actor.staff(str(user.id), user.role, user.email, claims.authenticated_at)


async def _end_user(claims: Claims) -> Actor:
    """Only in the app that the token was issued for."""
    user_id = object_id(claims.subject)
    user = await EndUser.find_one({"_id": user_id, "appId": claims.app_id}) if user_id else None
    if user is None or not user.is_active or user.token_version != claims.version:
        raise Unauthenticated("The token was ended: sign in again")
    return Actor.end_user(str(user.id), user.app_id, user.email, claims.authenticated_at)


async def _api_key(secret: str, origin: str | None) -> Actor:
    key = await _KEYS.get(fingerprint(secret)) if keys.is_well_formed(secret) else None
    if key is None:
        raise Unauthenticated("The API key is not valid")
    if key.revoked_at is not None:
        raise Unauthenticated("The API key was revoked")
    if not key.is_active:
        raise Unauthenticated("The API key is switched off")
    if key.expires_at is not None and key.expires_at <= clock.now():
        raise Unauthenticated("The API key has expired")
    if origin is not None and key.allowed_origins and origin.lower() not in key.allowed_origins:
        raise Forbidden("The API key may not be used from this origin")
    await _note_use(key)
    return Actor(Kind.API_KEY, id=str(key.id), app_id=key.app_id, scopes=frozenset(key.scopes))


async def _read_staff(user_ids: Sequence[ObjectId]) -> dict[ObjectId, User]:
    return {user.id: user for user in await User.find({"_id": {"$in": user_ids}}).to_list()}


async def _read_keys(digests: Sequence[str]) -> dict[str, ApiKey]:
    return {key.digest: key for key in await ApiKey.find({"digest": {"$in": digests}}).to_list()}


_STAFF: Final = GroupReads(_read_staff)
_KEYS: Final = GroupReads(_read_keys)


async def _note_use(key: ApiKey) -> None:
    """At most one write a minute, however busy the key is."""
    now = clock.now()
    if key.last_used is None or now - key.last_used >= LAST_USED_RESOLUTION:
        await ApiKey.find_one({"_id": key.id, "lastUsed": key.last_used}).update({"$set": {"lastUsed": now}})


async def actor_of(connection: HTTPConnection, bearer: str | None = None) -> Actor:
    """Who a request comes from, counted against their rate limit; a credential that is refused counts against the
    address. `bearer` is for a websocket, whose token comes in its first message.

    Raises `Unauthenticated`, `Forbidden` and `RateLimited`.
    """
    try:
        actor = await authenticate(credentials_of(connection, bearer))
    except DomainError:
        await count_stranger(connection)
        raise
    if actor.id:
        await count_call(actor)
    else:
        await count_stranger(connection)
    return actor


async def count_call(actor: Actor) -> None:
    """Counts a request of somebody who is known. Raises `RateLimited`."""
    await _count(actor.label)


async def count_stranger(connection: HTTPConnection) -> None:
    """Counts a request against its address. Raises `RateLimited`."""
    await _count(connection.client.host if connection.client else "")


async def _count(subject: str) -> None:
    per_minute = RateLimitItemPerMinute(runtime().settings.requests_per_minute, namespace="requests")
    await runtime().limits.count(per_minute, subject)


def credentials_of(connection: HTTPConnection, bearer: str | None = None) -> Credentials:
    """Raises `Unauthenticated` for a header given twice: whoever looked at it before may have taken the other."""
    headers = connection.headers
    for name in CREDENTIALS:
        if len(headers.getlist(name)) > 1:
            raise Unauthenticated(f"The header {name} is given twice")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return Credentials(
        bearer=bearer or (token.strip() if scheme.lower() == "bearer" else None),
        api_key=headers.get("x-api-key"),
        origin=headers.get("origin"),
    )
