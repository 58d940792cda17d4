"""Keys with which the apps' own backends call. The key itself is shown once, when it is made."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from core import clock
from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import OMITTED, Input, LongText, Moment, Name, Search, each_once
from core.keys import NewKey, new_key
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.scopes import Scope
from models.api_keys import ApiKey
from models.base import touched
from resolvers.apps import Origins, visible_app


def _in_the_future(moment: datetime) -> datetime:
    if moment <= clock.now():
        raise ValueError("must be in the future")
    return moment


Expiry = Annotated[Moment, AfterValidator(_in_the_future)]
Scopes = Annotated[list[Scope], Field(max_length=100), AfterValidator(each_once)]


class ApiKeyCreate(Input):
    """A key has every scope that there is, unless some are named; without `expiresAt` it does not expire."""

    app_id: str = Field(max_length=64)
    name: Name
    description: LongText = ""
    scopes: Scopes = Field(default_factory=lambda: list(Scope))
    allowed_origins: Origins = Field(default_factory=list)
    expires_at: Expiry | None = None


class ApiKeyUpdate(Input):
    name: Name = OMITTED
    description: LongText = OMITTED
    scopes: Scopes = OMITTED
    allowed_origins: Origins = OMITTED
    is_active: bool = OMITTED
    expires_at: Expiry | None = OMITTED


class ApiKeyFilter(Input):
    app_id: str | None = Field(None, max_length=64)
    is_active: bool | None = None
    search: Search | None = None


class ApiKeySortKey(SortKey):
    CREATED_AT = "createdAt"
    NAME = "name", "nameKey"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`secret` is the key itself, and not to be had again."""

    secret: str
    api_key: ApiKey


@dataclass(frozen=True, slots=True)
class ApiKeyStats:
    """Each key counts once in `active`, `inactive` (switched off or revoked) or `expired`."""

    total: int
    active: int
    inactive: int
    expired: int
    by_app: Mapping[str, int]


@allow(STAFF)
async def list_api_keys(actor: Actor, window: Window, filters: ApiKeyFilter, sort: Sort) -> Slice[ApiKey]:
    """API keys of all apps, or of one."""
    query: dict[str, Any] = {}
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["nameKey"] = containing(filters.search)
    return await slice_of(ApiKey, query, sort, window)


@allow(STAFF)
async def api_key_stats(actor: Actor) -> ApiKeyStats:
    """How many API keys there are, in all and by app."""
    group = {"$group": {"_id": {"appId": "$appId", "isActive": "$isActive"}, "keys": {"$sum": 1}}}
    by_app: Counter[str] = Counter()
    by_activity: Counter[bool] = Counter()
    for row in await ApiKey.aggregate([group]).to_list():
        by_app[row["_id"]["appId"]] += row["keys"]
        by_activity[row["_id"]["isActive"]] += row["keys"]
    expired = await ApiKey.find({"isActive": True, "expiresAt": {"$lte": clock.now()}}).count()
    return ApiKeyStats(
        total=by_app.total(),
        active=by_activity[True] - expired,
        inactive=by_activity[False],
        expired=expired,
        by_app=by_app,
    )


@allow(STAFF)
async def get_api_key(actor: Actor, key_id: str) -> ApiKey:
    """One API key, without the key itself."""
    identity = object_id(key_id)
    return found(await ApiKey.get(identity) if identity else None, "API key")


@allow(ADMINS)
async def create_api_key(actor: Actor, data: ApiKeyCreate) -> IssuedKey:
    """Makes a key for an app's backend and shows it: this once."""
    await visible_app(actor, data.app_id)
    key = _key()
    api_key = ApiKey(
        name_key=data.name.casefold(),
        prefix=key.prefix,
        digest=key.digest,
        created_by=actor.id,
        **data.model_dump(),
    )
    return IssuedKey(key.secret, await api_key.insert())


@allow(ADMINS)
async def update_api_key(actor: Actor, key_id: str, data: ApiKeyUpdate) -> ApiKey:
    """Changes what is sent. A revoked key can't be switched on again."""
    changes = data.assignments()
    if "name" in changes:
        changes["nameKey"] = data.name.casefold()
    if changes.get("isActive"):
        return await _change_unless_revoked(actor, key_id, changes, "isActive")
    changed = await ApiKey.change({"_id": object_id(key_id)}, touched(changes))
    return found(changed, "API key")


@allow(ADMINS)
async def revoke_api_key(actor: Actor, key_id: str) -> ApiKey:
    """Ends a key for good; what is revoked already stays as it is."""
    now = clock.now()
    update = touched({"isActive": False, "revokedAt": now})
    revoked = await ApiKey.change({"_id": object_id(key_id), "revokedAt": None}, update)
    return revoked or await get_api_key(actor, key_id)


@allow(ADMINS)
async def regenerate_api_key(actor: Actor, key_id: str) -> IssuedKey:
    """Puts a new key in the place of the old, which stops at once, and shows it: this once."""
    key = _key()
    changes = {"prefix": key.prefix, "digest": key.digest, "lastUsed": None}
    return IssuedKey(key.secret, await _change_unless_revoked(actor, key_id, changes))


@allow(ADMINS)
async def delete_api_key(actor: Actor, key_id: str) -> str:
    """Deletes a key, which stops at once, and returns its id."""
    deleted = await ApiKey.find_one({"_id": object_id(key_id)}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("API key not found")
    return key_id


def _key() -> NewKey:
    return new_key("live" if runtime().settings.is_production else "test")


async def _change_unless_revoked(
    actor: Actor, key_id: str, changes: dict[str, Any], field: str | None = None
) -> ApiKey:
    changed = await ApiKey.change({"_id": object_id(key_id), "revokedAt": None}, touched(changes))
    if changed is None:
        await get_api_key(actor, key_id)
        raise InvalidInput("The API key was revoked, which is final: create another", field)
    return changed
