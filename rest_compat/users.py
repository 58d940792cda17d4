"""Staff, over REST."""

from typing import Annotated

from fastapi import Path, Query

from core.actor import Role
from resolvers import users
from resolvers.users import PasswordChange, UserCreate, UserFilter, UserSortKey, UserUpdate
from rest_compat.edge import CurrentActor, Data, DataMessage, Listing, Message, Moment, Paged, StoredWire, Wire, page_of

UserId = Annotated[str, Path(alias="id")]


class ProfileWire(Wire):
    avatar: str
    bio: str
    phone: str
    timezone: str
    language: str


class NotificationsWire(Wire):
    email: bool
    push: bool


class PreferencesWire(Wire):
    notifications: NotificationsWire
    theme: str
    default_app: str


class UserWire(StoredWire):
    email: str
    first_name: str
    last_name: str
    role: Role
    is_active: bool
    profile: ProfileWire
    settings: PreferencesWire
    last_login_at: Moment | None
    login_count: int


class UserListing(Listing, UserFilter):
    sort_keys = UserSortKey


async def list_users(actor: CurrentActor, query: Annotated[UserListing, Query()]) -> Paged[UserWire]:
    """The staff."""
    return await page_of(UserWire, await users.list_users(actor, query.window, query, query.order), query.window)


async def create_user(actor: CurrentActor, body: UserCreate) -> DataMessage[UserWire]:
    """Add somebody to the staff."""
    user = await users.create_user(actor, body)
    return DataMessage(data=UserWire.of(user), message="User created")


async def get_user(actor: CurrentActor, user_id: UserId) -> Data[UserWire]:
    """One member of the staff."""
    return Data(data=UserWire.of(await users.get_user(actor, user_id)))


async def update_user(actor: CurrentActor, user_id: UserId, body: UserUpdate) -> DataMessage[UserWire]:
    """Change what is sent, leave the rest."""
    user = await users.update_user(actor, user_id, body)
    return DataMessage(data=UserWire.of(user), message="User updated")


async def deactivate_user(actor: CurrentActor, user_id: UserId) -> Message:
    """Deactivate: the account is kept, its tokens end."""
    await users.deactivate_user(actor, user_id)
    return Message(message="User deactivated")


async def change_password(actor: CurrentActor, user_id: UserId, body: PasswordChange) -> Message:
    """Set a new password; one's own needs the current one."""
    await users.change_password(actor, user_id, body)
    return Message(message="Password changed")
