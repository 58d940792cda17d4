"""Staff, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.actor import Role
from core.pages import Range
from models import users as stored
from resolvers import users
from resolvers.tickets import NEWEST_TICKETS, TicketFilter, list_tickets
from resolvers.users import PasswordChange, UserCreate, UserFilter, UserSortKey, UserUpdate
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query

if TYPE_CHECKING:
    from schema.tickets import Ticket

strawberry.enum(Role)
strawberry.enum(UserSortKey)


@strawberry.type
class UserProfile:
    avatar: str
    bio: str
    phone: str
    timezone: str
    language: str


@strawberry.type
class NotificationSettings:
    email: bool
    push: bool


@strawberry.type
class UserSettings:
    notifications: NotificationSettings
    theme: str
    default_app: str


@strawberry.type(description="A member of the company's staff.")
class User:
    id: ID
    email: str
    name: str
    first_name: str
    last_name: str
    role: Role
    is_active: bool
    profile: UserProfile
    settings: UserSettings
    last_login_at: datetime | None
    login_count: int
    created_at: datetime
    updated_at: datetime

    @described("The tickets that they work on or have worked on, the newest first.")
    async def assigned_tickets(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Ticket", strawberry.lazy("schema.tickets")]]:
        window = Range.of(first, after, last, before)
        filters = TicketFilter.model_validate({"assigneeId": str(self.id)})
        return Connection.of(await list_tickets(info.context.actor, window, filters, NEWEST_TICKETS))


def user(document: stored.User) -> User:
    """The document has all that the type shows."""
    return cast(User, document)


@strawberry.input
class UserProfileInput:
    avatar: Maybe[str]
    bio: Maybe[str]
    phone: Maybe[str]
    timezone: Maybe[str]
    language: Maybe[str]


@strawberry.input
class NotificationSettingsInput:
    email: Maybe[bool]
    push: Maybe[bool]


@strawberry.input
class UserSettingsInput:
    notifications: Maybe[NotificationSettingsInput]
    theme: Maybe[str]
    default_app: Maybe[str]


@strawberry.input
class UserCreateInput:
    email: str
    password: str
    role: Maybe[Role]
    first_name: Maybe[str]
    last_name: Maybe[str]
    profile: Maybe[UserProfileInput]
    settings: Maybe[UserSettingsInput]


@strawberry.input
class UserUpdateInput:
    email: Maybe[str]
    role: Maybe[Role]
    is_active: Maybe[bool]
    first_name: Maybe[str]
    last_name: Maybe[str]
    profile: Maybe[UserProfileInput]
    settings: Maybe[UserSettingsInput]


@strawberry.input
class PasswordChangeInput:
    current_password: Maybe[str | None]
    new_password: str


@strawberry.input
class UserFilterInput:
    search: Maybe[str | None]
    role: Maybe[Role | None]
    is_active: Maybe[bool | None]


@strawberry.type
class UserPayload:
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class UserQueries:
    @query(users.get_user)
    async def user(self, info: Info, id: ID) -> User:
        return user(await users.get_user(info.context.actor, id))

    @query(users.list_users)
    async def users(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: UserFilterInput | None = None,
        sort_key: UserSortKey = UserSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[User]:
        window = Range.of(first, after, last, before)
        filters = parse(UserFilter, filter)
        return Connection.of(
            await users.list_users(info.context.actor, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class UserMutations:
    @mutation(users.create_user)
    async def user_create(self, info: Info, input: UserCreateInput) -> UserPayload:
        created = await users.create_user(info.context.actor, parse(UserCreate, input))
        return UserPayload(user=user(created))

    @mutation(users.update_user)
    async def user_update(self, info: Info, id: ID, input: UserUpdateInput) -> UserPayload:
        updated = await users.update_user(info.context.actor, id, parse(UserUpdate, input))
        return UserPayload(user=user(updated))

    @mutation(users.deactivate_user)
    async def user_deactivate(self, info: Info, id: ID) -> UserPayload:
        return UserPayload(user=user(await users.deactivate_user(info.context.actor, id)))

    @mutation(users.change_password)
    async def user_password_change(self, info: Info, id: ID, input: PasswordChangeInput) -> UserPayload:
        changed = await users.change_password(info.context.actor, id, parse(PasswordChange, input))
        return UserPayload(user=user(changed))
