"""The company's staff: who they are, and which role they have."""

from typing import Any, Final
from zoneinfo import available_timezones

from pydantic import Field, field_validator
from pymongo.errors import DuplicateKeyError

from core.access import ADMINS, STAFF, allow
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import OMITTED, Email, Input, Locale, LongText, Search, ShortText, key_of_email
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.passwords import GivenPassword, Password, hash_password, verify_password
from core.rate_limits import LOGIN_FAILURES
from core.runtime import runtime
from models.base import touched
from models.users import Preferences, Profile, User
from resolvers.prospect_owners import disown_prospects_of
from resolvers.ticket_assignment import unassign_tickets_of

PERSONAL: Final = {"first_name", "last_name", "profile", "settings"}
"""What everybody may change of themselves."""


class UserProfileInput(Input):
    avatar: str = Field(OMITTED, max_length=2000)
    bio: LongText = OMITTED
    phone: str = Field(OMITTED, max_length=40)
    timezone: str = Field(OMITTED, max_length=64)
    language: Locale = OMITTED

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be an IANA time zone such as Europe/Berlin")
        return value


class NotificationSettingsInput(Input):
    email: bool = OMITTED
    push: bool = OMITTED


class UserSettingsInput(Input):
    notifications: NotificationSettingsInput = OMITTED
    theme: str = Field(OMITTED, pattern="^(system|light|dark)$")
    default_app: str = Field(OMITTED, max_length=64)


class UserCreate(Input):
    email: Email
    password: Password
    role: Role = Role.VIEWER
    first_name: ShortText = ""
    last_name: ShortText = ""
    profile: UserProfileInput = UserProfileInput()
    settings: UserSettingsInput = UserSettingsInput()


class UserUpdate(Input):
    email: Email = OMITTED
    role: Role = OMITTED
    is_active: bool = OMITTED
    first_name: ShortText = OMITTED
    last_name: ShortText = OMITTED
    profile: UserProfileInput = OMITTED
    settings: UserSettingsInput = OMITTED


class PasswordChange(Input):
    """`currentPassword` is needed to change one's own."""

    current_password: GivenPassword | None = None
    new_password: Password


class UserFilter(Input):
    search: Search | None = None
    role: Role | None = None
    is_active: bool | None = None


class UserSortKey(SortKey):
    CREATED_AT = "createdAt"
    EMAIL = "email", "emailKey"


@allow(STAFF)
async def list_users(actor: Actor, window: Window, filters: UserFilter, sort: Sort) -> Slice[User]:
    """The company's staff."""
    query: dict[str, Any] = {}
    if filters.role is not None:
        query["role"] = filters.role.value
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(User, query, sort, window)


@allow(STAFF)
async def get_user(actor: Actor, user_id: str) -> User:
    """One member of the staff."""
    identity = object_id(user_id)
    return found(await User.get(identity) if identity else None, "User")


@allow(ADMINS)
async def create_user(actor: Actor, data: UserCreate) -> User:
    """Add somebody to the staff.

    Raises `Conflict` where the address is taken.
    """
    _only_owners_manage_owners(actor, data.role)
    user = User(
        email=data.email,
        email_key=key_of_email(data.email),
        role=data.role,
        first_name=data.first_name,
        last_name=data.last_name,
        password_hash=await hash_password(data.password),
        profile=Profile.model_validate(data.profile.assignments()),
        settings=Preferences.model_validate(data.settings.model_dump(exclude_unset=True, by_alias=True)),
    )
    user.search_text = search_text(user)
    try:
        return await user.insert()
    except DuplicateKeyError:
        raise _address_taken() from None


@allow(STAFF)
async def update_user(actor: Actor, user_id: str, data: UserUpdate) -> User:
    """Everybody may change their own name, profile and settings; the rest is for admins, and an owner's for owners."""
    user = await get_user(actor, user_id)
    if not (actor.id == user_id and data.model_fields_set <= PERSONAL):
        _may_manage(actor, user)
    if "role" in data.model_fields_set:
        _only_owners_manage_owners(actor, data.role)
    changes = data.assignments()
    if "email" in changes:
        changes["emailKey"] = key_of_email(data.email)
    changes["searchText"] = search_text(user.model_copy(update=data.sent()))
    ends_sessions = changes.get("isActive") is False
    changed = await _change_keeping_an_owner(user, changes, ends_sessions=ends_sessions)
    if ends_sessions:
        await unassign_tickets_of(user.id, actor.label)
        await disown_prospects_of(user.id)
    return changed


@allow(ADMINS)
async def deactivate_user(actor: Actor, user_id: str) -> User:
    """What deleting a user means. A user who is not active any more is not found."""
    user = await get_user(actor, user_id)
    if not user.is_active:
        raise NotFound("User not found: deactivated already")
    _may_manage(actor, user)
    deactivated = await _change_keeping_an_owner(user, {"isActive": False}, ends_sessions=True)
    await unassign_tickets_of(user.id, actor.label)
    await disown_prospects_of(user.id)
    return deactivated


@allow(STAFF)
async def change_password(actor: Actor, user_id: str, data: PasswordChange) -> User:
    """Ends all the user's tokens. One's own needs the current password; another's needs an admin."""
    user = await get_user(actor, user_id)
    if actor.id == user_id:
        await _confirm_current_password(user, data.current_password)
    else:
        _may_manage(actor, user)
    update = touched({"passwordHash": await hash_password(data.new_password)}) | {"$inc": {"tokenVersion": 1}}
    return found(await User.change({"_id": user.id}, update), "User")


def search_text(user: User) -> str:
    return f"{user.email} {user.first_name} {user.last_name}".casefold()


def _only_owners_manage_owners(actor: Actor, role: Role) -> None:
    if role is Role.OWNER and actor.role is not Role.OWNER and actor.is_staff:
        raise Forbidden("Only an owner manages owners")


def _may_manage(actor: Actor, user: User) -> None:
    if actor.is_staff and actor.role not in ADMINS:
        raise Forbidden(f"The role {actor.role} may not change other users, roles or addresses")
    _only_owners_manage_owners(actor, user.role)


def _address_taken() -> Conflict:
    return Conflict("Another user has this e-mail address", "email")


async def _change_keeping_an_owner(user: User, changes: dict[str, Any], *, ends_sessions: bool) -> User:
    """Without transactions: change, count the owners, and put the last one back where none is left."""
    update = touched(changes) | ({"$inc": {"tokenVersion": 1}} if ends_sessions else {})
    try:
        changed = found(await User.change({"_id": user.id}, update), "User")
    except DuplicateKeyError:
        raise _address_taken() from None
    was_owner = user.role is Role.OWNER and user.is_active
    if was_owner and not await _has_owner():
        await User.change({"_id": user.id}, touched({"role": Role.OWNER.value, "isActive": True}))
        raise InvalidInput(
            "The last owner can't be deleted, demoted or deactivated", "isActive" if ends_sessions else "role"
        )
    return changed


async def _has_owner() -> bool:
    return await User.find_one({"role": Role.OWNER.value, "isActive": True}) is not None


async def _confirm_current_password(user: User, password: str | None) -> None:
    if password is None:
        raise InvalidInput("The current password is needed to change your own", "currentPassword")
    subject = ("password", str(user.id))
    await runtime().limits.attempt(LOGIN_FAILURES, *subject)
    if not await verify_password(password, user.password_hash):
        raise InvalidInput("The current password is wrong", "currentPassword")
    await runtime().limits.forget(LOGIN_FAILURES, *subject)
