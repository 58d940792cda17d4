"""API keys, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from core.scopes import Scope
from models import api_keys as stored
from models.api_keys import ApiKeyStatus
from resolvers import api_keys
from resolvers.api_keys import ApiKeyCreate, ApiKeyFilter, ApiKeySortKey, ApiKeyUpdate, IssuedKey
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query

strawberry.enum(Scope, name="ApiKeyScope")
strawberry.enum(ApiKeyStatus)
strawberry.enum(ApiKeySortKey)


@strawberry.type(description="What an app's backend calls with. Of the key itself only the beginning is shown.")
class ApiKey:
    id: ID
    key: str
    app_id: ID
    name: str
    description: str
    scopes: list[Scope]
    allowed_origins: list[str]
    status: ApiKeyStatus
    is_active: bool
    revoked_at: datetime | None
    last_used: datetime | None
    expires_at: datetime | None
    created_by: ID
    created_at: datetime
    updated_at: datetime


def api_key(document: stored.ApiKey) -> ApiKey:
    """The document has all that the type shows."""
    return cast(ApiKey, document)


@strawberry.type
class AppApiKeyCount:
    app_id: ID
    count: int


@strawberry.type(description="Each key counts once as active, inactive (switched off or revoked) or expired.")
class ApiKeyStats:
    total: int
    active: int
    inactive: int
    expired: int

    @described("By app.")
    def by_app(self) -> list[AppApiKeyCount]:
        found = cast(api_keys.ApiKeyStats, self).by_app
        return [AppApiKeyCount(app_id=ID(app_id), count=count) for app_id, count in sorted(found.items())]


@strawberry.input
class ApiKeyCreateInput:
    app_id: str
    name: str
    description: Maybe[str]
    scopes: Maybe[list[Scope]]
    allowed_origins: Maybe[list[str]]
    expires_at: Maybe[datetime | None]


@strawberry.input
class ApiKeyUpdateInput:
    name: Maybe[str]
    description: Maybe[str]
    scopes: Maybe[list[Scope]]
    allowed_origins: Maybe[list[str]]
    is_active: Maybe[bool]
    expires_at: Maybe[datetime | None]


@strawberry.input
class ApiKeyFilterInput:
    app_id: Maybe[str | None]
    is_active: Maybe[bool | None]
    search: Maybe[str | None]


@strawberry.type
class ApiKeyPayload:
    api_key: ApiKey | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`secret` is the key itself: keep it now, it is not shown again.")
class IssuedApiKeyPayload:
    api_key: ApiKey | None = None
    secret: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)

    @classmethod
    def of(cls, issued: IssuedKey) -> "IssuedApiKeyPayload":
        return cls(api_key=api_key(issued.api_key), secret=issued.secret)


@strawberry.type
class ApiKeyDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ApiKeyQueries:
    @query(api_keys.get_api_key)
    async def api_key(self, info: Info, id: ID) -> ApiKey:
        return api_key(await api_keys.get_api_key(info.context.actor, id))

    @query(api_keys.api_key_stats)
    async def api_key_stats(self, info: Info) -> ApiKeyStats:
        return cast(ApiKeyStats, await api_keys.api_key_stats(info.context.actor))

    @query(api_keys.list_api_keys)
    async def api_keys(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ApiKeyFilterInput | None = None,
        sort_key: ApiKeySortKey = ApiKeySortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[ApiKey]:
        window = Range.of(first, after, last, before)
        filters = parse(ApiKeyFilter, filter)
        return Connection.of(
            await api_keys.list_api_keys(info.context.actor, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class ApiKeyMutations:
    @mutation(api_keys.create_api_key)
    async def api_key_create(self, info: Info, input: ApiKeyCreateInput) -> IssuedApiKeyPayload:
        issued = await api_keys.create_api_key(info.context.actor, parse(ApiKeyCreate, input))
        return IssuedApiKeyPayload.of(issued)

    @mutation(api_keys.update_api_key)
    async def api_key_update(self, info: Info, id: ID, input: ApiKeyUpdateInput) -> ApiKeyPayload:
        updated = await api_keys.update_api_key(info.context.actor, id, parse(ApiKeyUpdate, input))
        return ApiKeyPayload(api_key=api_key(updated))

    @mutation(api_keys.revoke_api_key)
    async def api_key_revoke(self, info: Info, id: ID) -> ApiKeyPayload:
        return ApiKeyPayload(api_key=api_key(await api_keys.revoke_api_key(info.context.actor, id)))

    @mutation(api_keys.regenerate_api_key)
    async def api_key_regenerate(self, info: Info, id: ID) -> IssuedApiKeyPayload:
        return IssuedApiKeyPayload.of(await api_keys.regenerate_api_key(info.context.actor, id))

    @mutation(api_keys.delete_api_key)
    async def api_key_delete(self, info: Info, id: ID) -> ApiKeyDeletePayload:
        return ApiKeyDeletePayload(deleted_id=ID(await api_keys.delete_api_key(info.context.actor, id)))
