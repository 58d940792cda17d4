"""The people who sign in to an app, and how their sessions end."""

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, NotFound, Unauthenticated
from core.pages import Page
from core.runtime import runtime
from core.tokens import Audience
from models.apps import App
from models.end_users import EndUser
from resolvers.authentication import Credentials, authenticate
from resolvers.end_users import (
    EndUserFilter,
    EndUserSortKey,
    EndUserUpdate,
    current_end_user,
    get_end_user,
    list_end_users,
    sign_out_end_user,
    update_end_user,
)
from resolvers.gdpr import erase_contact
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.end_users import MERCHANT, a_stored_end_user, actor_of, asked, bearer_of, verified
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")


async def whose(user: EndUser) -> Actor:
    """By a token that was issued when the user was as they are here."""
    return await authenticate(Credentials(bearer=bearer_of(user)["Authorization"].removeprefix("Bearer ")))


async def listed(actor: Actor, app: App, sort: EndUserSortKey = EndUserSortKey.EMAIL, **filters: object) -> list[str]:
    found = await list_end_users(actor, app.id, Page(), EndUserFilter.model_validate(filters), sort.order())
    return [user.email for user in found.items]


class TestWorks:
    async def test_an_end_user_sees_themselves(self) -> None:
        user = await a_stored_end_user((await an_app()).id)
        assert (await current_end_user(await whose(user))).id == user.id

    async def test_staff_see_the_end_users_of_an_app(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        for address in ("bob@example.com", "ada@example.com"):
            user = await a_stored_end_user(app.id, address)
        await a_stored_end_user((await an_app()).id, "eve@example.com")
        assert await listed(viewer, app) == ["ada@example.com", "bob@example.com"]
        assert (await get_end_user(viewer, str(user.id))).email == "ada@example.com"

    async def test_a_list_can_be_searched_and_filtered(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        await a_stored_end_user(app.id, "Ada@example.com")
        await a_stored_end_user(app.id, "bob@example.com", is_active=False)
        assert await listed(viewer, app, search="ADA@") == ["Ada@example.com"]
        assert await listed(viewer, app, search=".*") == []
        assert await listed(viewer, app, isActive=False) == ["bob@example.com"]

    async def test_what_is_sent_is_changed(self) -> None:
        user = await a_stored_end_user((await an_app()).id, language="de")
        update = EndUserUpdate.model_validate({"shopDomain": "tea.myshopify.com"})
        changed = await update_end_user(await an_actor(Role.SUPPORT), str(user.id), update)
        assert (changed.shop_domain, changed.language, changed.token_version) == ("tea.myshopify.com", "de", 1)


class TestATokenEnds:
    async def ended(self, user: EndUser) -> None:
        with pytest.raises(Unauthenticated, match="was ended"):
            await whose(user)

    async def test_when_staff_end_the_sessions(self) -> None:
        user = await a_stored_end_user((await an_app()).id)
        other = await a_stored_end_user(user.app_id, "other@example.com")
        assert (await whose(user)).id == str(user.id)
        ended = await sign_out_end_user(await an_actor(Role.SUPPORT), str(user.id))
        await self.ended(user)
        assert await whose(ended)
        assert await whose(other)

    async def test_when_the_end_user_signs_out(self) -> None:
        user = await a_stored_end_user((await an_app()).id)
        await sign_out_end_user(await whose(user), str(user.id))
        await self.ended(user)

    async def test_when_the_end_user_is_switched_off_and_stays_so(self) -> None:
        user, support = await a_stored_end_user((await an_app()).id), await an_actor(Role.SUPPORT)
        for is_active in (False, True):
            await update_end_user(support, str(user.id), EndUserUpdate.model_validate({"isActive": is_active}))
            await self.ended(user)

    async def test_when_the_person_is_erased(self) -> None:
        app, contact = await an_app(), await a_contact(MERCHANT)
        user = (await verified(app, token=(await asked(app)).token)).user
        assert user.contact_id == contact.id
        await erase_contact(SYSTEM, str(contact.id))
        await self.ended(user)
        erased = await EndUser.get(user.id)
        assert erased is not None
        assert MERCHANT not in erased.model_dump_json()

    async def test_when_the_end_user_is_deleted(self) -> None:
        user = await a_stored_end_user((await an_app()).id)
        await EndUser.find_one({"_id": user.id}).delete()
        await self.ended(user)

    async def test_at_another_app(self) -> None:
        user = await a_stored_end_user((await an_app()).id)
        for app_id in ((await an_app()).id, None):
            token = runtime().tokens.issue(Audience.END_USER, str(user.id), version=1, app_id=app_id)
            with pytest.raises(Unauthenticated):
                await authenticate(Credentials(bearer=token))

    async def test_at_the_back_office(self) -> None:
        """A user of the staff and an end user may have the same id: the token says which of them it is for."""
        user = await a_stored_end_user((await an_app()).id)
        token = runtime().tokens.issue(Audience.STAFF, str(user.id), version=1, app_id=user.app_id)
        with pytest.raises(Unauthenticated):
            await authenticate(Credentials(bearer=token))


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    async def test_readers_end_no_sessions(self, role: Role) -> None:
        user, reader = await a_stored_end_user((await an_app()).id), await an_actor(role)
        with pytest.raises(Forbidden):
            await sign_out_end_user(reader, str(user.id))
        with pytest.raises(Forbidden):
            await update_end_user(reader, str(user.id), EndUserUpdate())

    async def test_end_users_see_no_others(self) -> None:
        app = await an_app()
        user, other = await a_stored_end_user(app.id), await a_stored_end_user(app.id, "other@example.com")
        actor = actor_of(user)
        with pytest.raises(NotFound):
            await sign_out_end_user(actor, str(other.id))
        for call in (
            get_end_user(actor, str(user.id)),
            update_end_user(actor, str(user.id), EndUserUpdate()),
            listed(actor, app),
        ):
            with pytest.raises(Forbidden):
                await call

    async def test_staff_and_backends_are_no_end_users(self) -> None:
        app = await an_app()
        for actor in (await an_actor(), backend_of(app.id)):
            with pytest.raises(Forbidden):
                await current_end_user(actor)


class TestValidation:
    @pytest.mark.parametrize(
        "fields", [{"email": "a@example.com"}, {"isActive": None}, {"shopDomain": "x"}, {"tokenVersion": 1}]
    )
    def test_what_is_not_to_be_changed_is_refused(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            EndUserUpdate.model_validate(fields)


class TestMissing:
    async def test_end_users_who_are_not_there_are_not_found(self) -> None:
        owner = await an_actor()
        for identity in ("0" * 24, "nobody"):
            for call in (
                get_end_user(owner, identity),
                sign_out_end_user(owner, identity),
                update_end_user(owner, identity, EndUserUpdate()),
            ):
                with pytest.raises(NotFound, match="End user not found"):
                    await call

    async def test_end_users_of_an_app_that_is_not_there(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await listed(await an_actor(), App(id="nowhere", name="", name_key=""))
