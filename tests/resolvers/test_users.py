"""The company's staff."""

import asyncio

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Page
from core.passwords import verify_password
from models.users import User
from resolvers import users
from resolvers.users import PasswordChange, UserCreate, UserFilter, UserSortKey, UserUpdate
from tests.factories.people import PASSWORD, a_user, actor_for, an_actor

pytestmark = pytest.mark.usefixtures("platform")

NEWCOMER = UserCreate.model_validate({"email": "Ada@Example.com", "password": "a long enough one", "firstName": "Ada"})
NEW_PASSWORD = PasswordChange.model_validate({"newPassword": "another long one"})


def update(**fields: object) -> UserUpdate:
    return UserUpdate.model_validate(fields)


async def listed(actor: Actor, **filters: object) -> list[str]:
    found = await users.list_users(actor, Page(), UserFilter.model_validate(filters), UserSortKey.EMAIL.order())
    return [user.email for user in found.items]


class TestWorks:
    async def test_a_created_user_is_found_and_has_a_hashed_password(self) -> None:
        created = await users.create_user(await an_actor(), NEWCOMER)
        found = await users.get_user(await an_actor(), str(created.id))
        assert (found.email, found.first_name, found.role) == ("Ada@example.com", "Ada", Role.VIEWER)
        assert await verify_password("a long enough one", found.password_hash)

    async def test_lists_filter_by_role_activity_and_text(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await a_user(Role.ADMIN, email="boss@example.com")
        await a_user(Role.SUPPORT, email="gone@example.com", is_active=False)
        assert await listed(viewer, role="admin") == ["boss@example.com"]
        assert await listed(viewer, isActive=False) == ["gone@example.com"]
        assert await listed(viewer, search="BOSS@") == ["boss@example.com"]
        assert await listed(viewer, search=".*") == []

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        user = await a_user(Role.SUPPORT)
        changed = await users.update_user(await an_actor(), str(user.id), update(profile={"bio": "Hello"}))
        assert (changed.profile.bio, changed.profile.language, changed.first_name) == ("Hello", "en", user.first_name)

    async def test_a_new_name_is_found_by_search(self) -> None:
        owner, user = await an_actor(), await a_user()
        await users.update_user(owner, str(user.id), update(lastName="Lovelace"))
        assert await listed(owner, search="lovelace") == [user.email]

    async def test_deactivating_ends_the_tokens(self) -> None:
        user = await a_user()
        gone = await users.deactivate_user(await an_actor(), str(user.id))
        assert (gone.is_active, gone.token_version) == (False, user.token_version + 1)

    async def test_a_new_password_ends_the_tokens(self) -> None:
        user = await a_user()
        changed = await users.change_password(await an_actor(), str(user.id), NEW_PASSWORD)
        assert await verify_password("another long one", changed.password_hash)
        assert changed.token_version == user.token_version + 1


class TestWhoMay:
    async def test_nobody_sees_nothing(self) -> None:
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous())

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_only_admins_create_and_deactivate(self, role: Role) -> None:
        actor = await an_actor(role)
        with pytest.raises(Forbidden):
            await users.create_user(actor, NEWCOMER)
        with pytest.raises(Forbidden):
            await users.deactivate_user(actor, str((await a_user()).id))

    async def test_everybody_edits_their_own_profile_but_not_their_role(self) -> None:
        viewer = await a_user(Role.VIEWER)
        actor = actor_for(viewer)
        changed = await users.update_user(actor, str(viewer.id), update(firstName="Vi", settings={"theme": "dark"}))
        assert (changed.first_name, changed.settings.theme) == ("Vi", "dark")
        with pytest.raises(Forbidden):
            await users.update_user(actor, str(viewer.id), update(role="admin"))

    async def test_a_viewer_does_not_edit_others(self) -> None:
        with pytest.raises(Forbidden):
            await users.update_user(await an_actor(Role.VIEWER), str((await a_user()).id), update(firstName="X"))

    async def test_only_owners_manage_owners(self) -> None:
        admin, owner = await an_actor(Role.ADMIN), await a_user(Role.OWNER)
        await a_user(Role.OWNER)
        with pytest.raises(Forbidden, match="Only an owner"):
            await users.deactivate_user(admin, str(owner.id))
        with pytest.raises(Forbidden, match="Only an owner"):
            await users.update_user(admin, admin.id, update(role="owner"))
        with pytest.raises(Forbidden, match="Only an owner"):
            await users.change_password(admin, str(owner.id), NEW_PASSWORD)


class TestTheLastOwner:
    @pytest.mark.parametrize("change", [{"role": "admin"}, {"isActive": False}])
    async def test_is_neither_demoted_nor_deactivated(self, change: dict[str, object]) -> None:
        owner = await a_user(Role.OWNER)
        with pytest.raises(InvalidInput, match="last owner"):
            await users.update_user(actor_for(owner), str(owner.id), update(**change))
        kept = await User.get(owner.id)
        assert kept is not None
        assert (kept.role, kept.is_active) == (Role.OWNER, True)

    async def test_survives_two_owners_who_demote_each_other(self) -> None:
        one, two = await a_user(Role.OWNER), await a_user(Role.OWNER)
        await asyncio.gather(
            users.update_user(actor_for(one), str(two.id), update(role="viewer")),
            users.update_user(actor_for(two), str(one.id), update(role="viewer")),
            return_exceptions=True,
        )
        assert await User.find({"role": "owner", "isActive": True}).count() >= 1


class TestValidation:
    async def test_an_address_is_unique_without_regard_to_case(self) -> None:
        owner = await an_actor()
        await users.create_user(owner, NEWCOMER)
        with pytest.raises(Conflict) as conflict:
            await users.create_user(owner, NEWCOMER.model_copy(update={"email": "ADA@example.com"}))
        assert conflict.value.field == "email"

    async def test_ones_own_password_needs_the_current_one(self) -> None:
        user = await a_user()
        for given in ({}, {"currentPassword": "not this one"}):
            with pytest.raises(InvalidInput) as refused:
                change = PasswordChange.model_validate(given | {"newPassword": "another long one"})
                await users.change_password(actor_for(user), str(user.id), change)
            assert refused.value.field == "currentPassword"
        right = PasswordChange.model_validate({"currentPassword": PASSWORD, "newPassword": "another long one"})
        assert await users.change_password(actor_for(user), str(user.id), right)

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"email": "no address"}, "email"),
            ({"password": "short"}, "password"),
            ({"password": "ü" * 40}, "password"),
            ({"role": "emperor"}, "role"),
            ({"passwordHash": "x"}, "passwordHash"),
            ({"profile": {"timezone": "Mars/Base"}}, "profile.timezone"),
            ({"firstName": None}, "firstName"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            UserCreate.model_validate({"email": "a@example.com", "password": "a long enough one"} | fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    def test_spaces_of_a_password_count(self) -> None:
        created = UserCreate.model_validate({"email": "a@example.com", "password": "  spaces count  "})
        assert created.password == "  spaces count  "


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense", '{"$ne": null}'])
    async def test_an_unknown_user_is_not_found(self, identity: str) -> None:
        with pytest.raises(NotFound):
            await users.get_user(await an_actor(), identity)

    async def test_deactivating_twice_is_not_found(self) -> None:
        owner, user = await an_actor(), await a_user()
        await users.deactivate_user(owner, str(user.id))
        with pytest.raises(NotFound):
            await users.deactivate_user(owner, str(user.id))
