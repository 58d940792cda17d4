"""The people whom the apps write to."""

import asyncio

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page
from models.contacts import ConsentCategory, ConsentState, Contact
from resolvers import contacts
from resolvers.consent import opt_out_contact
from resolvers.contacts import ContactCreate, ContactFilter, ContactSortKey, ContactUpdate
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.people import an_actor
from tests.factories.shops import a_domain, a_shop, an_event

pytestmark = pytest.mark.usefixtures("platform")


async def listed(actor: Actor, **filters: object) -> list[str]:
    given = ContactFilter.model_validate(filters)
    found = await contacts.list_contacts(actor, Page(), given, ContactSortKey.EMAIL.order())
    return [contact.email for contact in found.items]


async def at(address: str) -> Contact:
    return await contacts.get_contact(Actor.system("tests"), address)


class TestWorks:
    async def test_a_contact_is_found_by_its_id_and_by_its_address_in_any_case(self) -> None:
        viewer, ada = await an_actor(Role.VIEWER), await a_contact("Ada@Example.com", name="Ada")
        assert (await contacts.get_contact(viewer, str(ada.id))).id == ada.id
        assert (await contacts.get_contact(viewer, "ADA@example.com")).id == ada.id

    async def test_nothing_is_known_of_the_consent_of_a_new_contact(self) -> None:
        ada = await a_contact()
        assert {ada.consents.of(category).state for category in ConsentCategory} == {ConsentState.NOT_SPECIFIED}
        assert not ada.global_opt_out

    async def test_lists_filter_by_text_language_country_and_consent(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await a_contact("ada@example.com", name="Ada Lovelace", language="en", country="GB")
        greta = await a_contact("greta@example.com", language="de", country="DE")
        await with_consent(greta, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN)
        assert await listed(viewer, search="LOVELACE") == ["ada@example.com"]
        assert await listed(viewer, search=".*") == []
        assert await listed(viewer, language="de") == ["greta@example.com"]
        assert await listed(viewer, country="GB") == ["ada@example.com"]
        assert await listed(viewer, optedInTo="newsletter") == ["greta@example.com"]
        assert await listed(viewer, optedInTo="product") == []
        await opt_out_contact(await an_actor(Role.MARKETING), str(greta.id))
        assert await listed(viewer, globalOptOut=True) == ["greta@example.com"]
        assert await listed(viewer, globalOptOut=False) == ["ada@example.com"]

    async def test_an_update_leaves_alone_what_was_not_sent_and_is_found_by_search(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_contact(name="Ada", language="en")
        changed = await contacts.update_contact(marketing, str(ada.id), ContactUpdate.model_validate({"name": "Grace"}))
        assert (changed.name, changed.language) == ("Grace", "en")
        assert await listed(marketing, search="grace") == [ada.email]

    async def test_two_updates_at_once_both_count(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_contact()
        changes: list[dict[str, object]] = [{"name": "Ada"}, {"language": "en"}, {"country": "GB"}]
        updates = (ContactUpdate.model_validate(change) for change in changes)
        await asyncio.gather(*(contacts.update_contact(marketing, str(ada.id), update) for update in updates))
        changed = await at(ada.email)
        assert (changed.name, changed.language, changed.country) == ("Ada", "en", "GB")


class TestShops:
    async def test_an_install_makes_a_contact_without_any_consent(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, email="Ada@Tea.example", owner="Ada", locale="de-AT", country="AT")
        ada = await at("ada@tea.example")
        assert (ada.email, ada.name, ada.language, ada.country) == ("Ada@tea.example", "Ada", "de", "AT")
        assert [(link.app_id, link.domain, link.has_app) for link in ada.shops] == [(app.id, shop.domain, True)]
        assert {ada.consents.of(category).state for category in ConsentCategory} == {ConsentState.NOT_SPECIFIED}

    async def test_an_address_has_one_contact_over_all_apps(self) -> None:
        one, two = await an_app(), await an_app()
        await a_shop(one.id, email="ada@tea.example")
        await a_shop(two.id, email="ADA@tea.example")
        assert (await at("ada@tea.example")).apps == sorted([one.id, two.id])
        assert await listed(await an_actor(Role.VIEWER), app=two.id) == ["ada@tea.example"]

    async def test_what_is_known_already_and_consent_stay(self) -> None:
        ada = await a_contact("ada@tea.example", name="Ada King")
        await with_consent(ada, ConsentCategory.PRODUCT, ConsentState.OPTED_OUT)
        await a_shop((await an_app()).id, email="ada@tea.example", owner="A. Lovelace", country="GB")
        changed = await at("ada@tea.example")
        assert (changed.name, changed.country) == ("Ada King", "GB")
        assert changed.consents.product.state is ConsentState.OPTED_OUT

    async def test_an_uninstall_and_a_reinstall_are_followed(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain, email="ada@tea.example")
        await an_event(app.id, "app-uninstalled", domain)
        assert not (await at("ada@tea.example")).uses(app.id)
        await an_event(app.id, "app-installed", domain)
        assert (await at("ada@tea.example")).uses(app.id)

    async def test_a_shop_whose_address_changes_moves_to_another_contact(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain, email="old@tea.example")
        await a_shop(app.id, domain, email="new@tea.example")
        assert [(await at(address)).apps for address in ("old@tea.example", "new@tea.example")] == [[], [app.id]]

    async def test_the_same_event_again_changes_nothing(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain, email="ada@tea.example")
        before = await at("ada@tea.example")
        await a_shop(app.id, domain, email="ada@tea.example")
        assert await at("ada@tea.example") == before

    async def test_installs_of_many_shops_at_once_are_all_followed(self) -> None:
        apps = [await an_app() for _ in range(5)]
        await asyncio.gather(*(a_shop(app.id, email="ada@tea.example") for app in apps))
        assert (await at("ada@tea.example")).apps == sorted(app.id for app in apps)


class TestWhoMay:
    async def test_strangers_see_nobody(self) -> None:
        ada = await a_contact()
        with pytest.raises(Unauthenticated):
            await contacts.get_contact(Actor.anonymous(), str(ada.id))

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_write(self, role: Role) -> None:
        actor, ada = await an_actor(role), await a_contact()
        with pytest.raises(Forbidden):
            await contacts.create_contact(actor, ContactCreate.model_validate({"email": "new@example.com"}))
        with pytest.raises(Forbidden):
            await contacts.update_contact(actor, str(ada.id), ContactUpdate())


class TestValidation:
    async def test_an_address_is_unique_without_regard_to_case(self) -> None:
        await a_contact("ada@example.com")
        with pytest.raises(Conflict) as conflict:
            await a_contact("ADA@example.com")
        assert conflict.value.field == "email"

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"email": "no address"}, "email"),
            ({"country": "Austria"}, "country"),
            ({"language": "Deutsch!"}, "language"),
            ({"consents": {}}, "consents"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            ContactCreate.model_validate({"email": "ada@example.com"} | fields)
        assert error.value.errors()[0]["loc"] == (wrong,)

    def test_an_address_can_not_be_changed(self) -> None:
        with pytest.raises(ValidationError):
            ContactUpdate.model_validate({"email": "other@example.com"})


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "nobody@example.com", '{"$ne": null}', "erased:" + "0" * 24])
    async def test_an_unknown_contact_is_not_found(self, identity: str) -> None:
        with pytest.raises(NotFound):
            await contacts.get_contact(await an_actor(), identity)
