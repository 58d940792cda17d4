"""API keys, over REST."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query

from core.scopes import Scope
from resolvers import api_keys
from resolvers.api_keys import ApiKeyCreate, ApiKeyFilter, ApiKeySortKey, ApiKeyUpdate, IssuedKey
from rest_compat.edge import CurrentActor, Data, DataMessage, Listing, Message, Moment, Paged, StoredWire, Wire, page_of

KeyId = Annotated[str, Path(alias="keyId")]


class ApiKeyWire(StoredWire):
    """`key` is the visible beginning; the whole key where it was just made."""

    key: str
    app_id: str
    name: str
    description: str
    scopes: list[Scope]
    allowed_origins: list[str]
    is_active: bool
    revoked_at: Moment | None
    last_used: Moment | None
    expires_at: Moment | None
    created_by: str


class ApiKeyStatsWire(Wire):
    total: int
    active: int
    inactive: int
    expired: int
    by_app: Mapping[str, int]


class ApiKeyListing(Listing, ApiKeyFilter):
    sort_keys = ApiKeySortKey


async def api_key_stats(actor: CurrentActor) -> Data[ApiKeyStatsWire]:
    """How many keys there are, in all and by app."""
    return Data(data=ApiKeyStatsWire.of(await api_keys.api_key_stats(actor)))


async def list_api_keys(actor: CurrentActor, query: Annotated[ApiKeyListing, Query()]) -> Paged[ApiKeyWire]:
    """The keys, with their visible beginnings."""
    found = await api_keys.list_api_keys(actor, query.window, query, query.order)
    return await page_of(ApiKeyWire, found, query.window)


async def create_api_key(actor: CurrentActor, body: ApiKeyCreate) -> DataMessage[ApiKeyWire]:
    """Make a key for an app's backend: shown in this answer, and never again."""
    issued = await api_keys.create_api_key(actor, body)
    return DataMessage(data=_in_full(issued), message="API key created: keep it now, it is not shown again")


async def get_api_key(actor: CurrentActor, key_id: KeyId) -> Data[ApiKeyWire]:
    """One key, with its visible beginning."""
    return Data(data=ApiKeyWire.of(await api_keys.get_api_key(actor, key_id)))


async def update_api_key(actor: CurrentActor, key_id: KeyId, body: ApiKeyUpdate) -> DataMessage[ApiKeyWire]:
    """Change what is sent, leave the rest."""
    api_key = await api_keys.update_api_key(actor, key_id, body)
    return DataMessage(data=ApiKeyWire.of(api_key), message="API key updated")


async def delete_api_key(actor: CurrentActor, key_id: KeyId) -> Message:
    """Delete a key: it stops at once."""
    await api_keys.delete_api_key(actor, key_id)
    return Message(message="API key deleted")


async def revoke_api_key(actor: CurrentActor, key_id: KeyId) -> DataMessage[ApiKeyWire]:
    """End a key for good: it stops at once, and stays in the list."""
    api_key = await api_keys.revoke_api_key(actor, key_id)
    return DataMessage(data=ApiKeyWire.of(api_key), message="API key revoked")


async def regenerate_api_key(actor: CurrentActor, key_id: KeyId) -> DataMessage[ApiKeyWire]:
    """Put a new key in the place of the old: shown in this answer, and never again."""
    issued = await api_keys.regenerate_api_key(actor, key_id)
    return DataMessage(data=_in_full(issued), message="API key regenerated: the old one stopped, keep the new one now")


def _in_full(issued: IssuedKey) -> ApiKeyWire:
    return ApiKeyWire.of(issued.api_key).model_copy(update={"key": issued.secret})
