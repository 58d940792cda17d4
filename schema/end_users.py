"""The people who sign in to apps, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import end_users as stored
from resolvers import end_users
from resolvers.end_users import EndUserFilter, EndUserSortKey, EndUserUpdate
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.shops import Shop

strawberry.enum(EndUserSortKey)


@strawberry.type(description="A person who signs in to an app: one per app and address.")
class EndUser:
    id: ID
    app_id: ID
    contact_id: ID
    email: str
    language: str | None
    shop_domain: str | None
    is_active: bool = strawberry.field(description="Whether they can sign in.")
    last_login_at: datetime
    login_count: int
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.EndUser, Loaders.apps, lambda one: one.app_id)

    contact: Contact | None = loaded(stored.EndUser, Loaders.contacts, lambda one: one.contact_id)

    shop: Shop | None = loaded(
        stored.EndUser,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain) if one.shop_domain else None,
        "The shop that the app's backend named when they signed in last.",
    )


def end_user(document: stored.EndUser) -> EndUser:
    """The document has all that the type shows."""
    return cast(EndUser, document)


@strawberry.type(description="What an end user sees of the app that they signed in to.")
class OwnApp:
    id: ID
    name: str


@strawberry.type(
    description="An end user, as they see themselves. Nothing leads from here to what is for the company's staff."
)
class CurrentEndUser:
    id: ID
    app_id: ID
    email: str
    language: str | None
    shop_domain: str | None
    last_login_at: datetime

    app: OwnApp | None = loaded(stored.EndUser, Loaders.apps, lambda one: one.app_id)


def current_end_user(document: stored.EndUser) -> CurrentEndUser:
    """The document has all that the type shows."""
    return cast(CurrentEndUser, document)


@strawberry.input(description="Who is not active can't sign in, and what they are signed in with ends.")
class EndUserUpdateInput:
    is_active: Maybe[bool]
    language: Maybe[str | None]
    shop_domain: Maybe[str | None]


@strawberry.input(description="`search` looks in the address.")
class EndUserFilterInput:
    search: Maybe[str | None]
    is_active: Maybe[bool | None]


@strawberry.type
class EndUserPayload:
    end_user: EndUser | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`endedId` is whose tokens were ended.")
class EndUserSignOutPayload:
    ended_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EndUserQueries:
    @query(end_users.current_end_user)
    async def current_end_user(self, info: Info) -> CurrentEndUser:
        return current_end_user(await end_users.current_end_user(info.context.actor))

    @query(end_users.get_end_user)
    async def end_user(self, info: Info, id: ID) -> EndUser:
        return end_user(await end_users.get_end_user(info.context.actor, id))

    @query(end_users.list_end_users)
    async def end_users(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: EndUserFilterInput | None = None,
        sort_key: EndUserSortKey = EndUserSortKey.LAST_LOGIN_AT,
        reverse: bool = True,
    ) -> Connection[EndUser]:
        window = Range.of(first, after, last, before)
        filters = parse(EndUserFilter, filter)
        return Connection.of(
            await end_users.list_end_users(
                info.context.actor, app_id, window, filters, sort_key.order(descending=reverse)
            )
        )


@strawberry.type
class EndUserMutations:
    @mutation(end_users.update_end_user)
    async def end_user_update(self, info: Info, id: ID, input: EndUserUpdateInput) -> EndUserPayload:
        updated = await end_users.update_end_user(info.context.actor, id, parse(EndUserUpdate, input))
        return EndUserPayload(end_user=end_user(updated))

    @mutation(end_users.sign_out_end_user)
    async def end_user_sign_out(self, info: Info, id: ID) -> EndUserSignOutPayload:
        ended = await end_users.sign_out_end_user(info.context.actor, id)
        return EndUserSignOutPayload(ended_id=ID(str(ended.id)))
