"""Who it is that votes: one person in one app, by whatever they are named."""

import pytest

from core.actor import Actor, Role
from core.errors import InvalidInput
from models.apps import App
from resolvers.want_identities import Identity, identity_of
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, actor_of, an_end_user
from tests.factories.people import a_user, actor_for
from tests.factories.shops import a_shop
from tests.factories.wants import NOBODY, voter

pytestmark = pytest.mark.usefixtures("platform")

TEA, CAKES = "tea.myshopify.com", "cakes.myshopify.com"


async def identified(
    app: App, email: str | None = None, shop: str | None = None, actor: Actor | None = None
) -> Identity:
    found = await identity_of(app, actor or backend_of(app.id), voter(email, shop))
    assert found is not None
    return found


class TestWorks:
    async def test_a_person_is_their_address_without_regard_to_case(self) -> None:
        ada = await identified(await an_app(), "Ada@Example.com")
        assert (ada.key, ada.keys) == ("email:ada@example.com", ("email:ada@example.com",))
        assert ada.fields == {"email": "Ada@example.com", "email_key": "ada@example.com", "shop_domain": None}

    async def test_a_shop_without_a_known_address_is_its_domain(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        for domain in (TEA, CAKES):
            shop = await identified(app, shop=domain)
            assert (shop.key, shop.email, shop.shop_domain) == (f"shop:{domain}", None, domain)

    async def test_a_shop_that_names_nobody_votes_as_its_owner(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, email="Ada@example.com")
        owner, alone = await identified(app, "ada@example.com"), await identified(app, shop=TEA)
        assert owner.key == alone.key == "email:ada@example.com"
        assert set(owner.keys) == set(alone.keys) == {"email:ada@example.com", f"shop:{TEA}"}
        assert alone.shop_domain == TEA

    async def test_somebody_who_works_for_a_shop_is_not_its_owner(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, email="ada@example.com")
        helper = await identified(app, "bob@example.com", TEA)
        assert (helper.keys, helper.shop_domain) == (("email:bob@example.com",), TEA)

    async def test_a_shop_of_another_app_says_nothing_of_this_one(self) -> None:
        app, other = await an_app(), await an_app()
        await a_shop(other.id, TEA, email="ada@example.com")
        assert (await identified(app, shop=TEA)).key == f"shop:{TEA}"
        assert (await identified(app, "ada@example.com")).keys == ("email:ada@example.com",)

    async def test_an_end_user_is_who_they_proved_to_be(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, email="ada@example.com")
        ada = an_end_user(app.id, "ada@example.com")
        assert (await identified(app, actor=ada)).key == "email:ada@example.com"
        assert (await identified(app, "ADA@example.com", TEA, actor=ada)).shop_domain == TEA

    async def test_an_end_user_votes_from_the_shop_that_they_signed_in_from(self) -> None:
        app = await an_app()
        helper = actor_of(await a_stored_end_user(app.id, "bob@example.com", shop_domain=TEA))
        for shop in (None, TEA):
            found = await identified(app, shop=shop, actor=helper)
            assert (found.keys, found.shop_domain) == (("email:bob@example.com",), TEA)
        with pytest.raises(InvalidInput, match=f"{CAKES} is not a shop of yours"):
            await identified(app, shop=CAKES, actor=helper)

    async def test_staff_speak_for_themselves_or_for_whom_they_name(self) -> None:
        app, support = await an_app(), actor_for(await a_user(Role.SUPPORT, email="sofia@example.com"))
        assert (await identified(app, actor=support)).key == "email:sofia@example.com"
        assert (await identified(app, "ada@example.com", actor=support)).key == "email:ada@example.com"

    async def test_a_backend_that_names_nobody_speaks_for_nobody(self) -> None:
        app = await an_app()
        assert await identity_of(app, backend_of(app.id), NOBODY) is None


class TestOwnership:
    @pytest.mark.parametrize(
        ("email", "shop", "field"), [("bob@example.com", None, "voterEmail"), (None, CAKES, "shopDomain")]
    )
    async def test_an_end_user_speaks_for_nobody_else(self, email: str | None, shop: str | None, field: str) -> None:
        app = await an_app()
        await a_shop(app.id, CAKES, email="bob@example.com")
        with pytest.raises(InvalidInput) as refusal:
            await identified(app, email, shop, actor=an_end_user(app.id, "ada@example.com"))
        assert refusal.value.field == field
