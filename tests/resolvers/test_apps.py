"""The Shopify apps that the company publishes."""

import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.routing import Mount, Route, WebSocketRoute

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page
from models.apps import AppMail
from resolvers import apps
from resolvers.apps import RESERVED, AppCreate, AppFilter, AppSortKey, AppUpdate, Features
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")


def new(**fields: object) -> AppCreate:
    return AppCreate.model_validate({"id": "banners-all-over", "name": "Banners All Over"} | fields)


def update(**fields: object) -> AppUpdate:
    return AppUpdate.model_validate(fields)


async def listed(actor: Actor, **filters: object) -> list[str]:
    found = await apps.list_apps(actor, Page(), AppFilter.model_validate(filters), AppSortKey.NAME.order())
    return [app.id for app in found.items]


class TestWorks:
    async def test_a_created_app_is_found(self) -> None:
        owner = await an_actor()
        await apps.create_app(owner, new(allowedOrigins=["https://banners.example.com"]))
        found = await apps.get_app(owner, "banners-all-over")
        assert (found.name, found.allowed_origins) == ("Banners All Over", ["https://banners.example.com"])

    async def test_lists_are_by_name_and_filter_by_activity_and_text(self) -> None:
        owner = await an_actor()
        await an_app("reviews", name="reviews")
        await an_app("badges", name="Badges")
        await apps.update_app(owner, "reviews", update(isActive=False))
        assert await listed(owner) == ["badges", "reviews"]
        assert await listed(owner, isActive=True) == ["badges"]
        assert await listed(owner, search="REV") == ["reviews"]
        assert await listed(owner, search=".*") == []

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        owner = await an_actor()
        await apps.create_app(owner, new(description="Banners for shops"))
        changed = await apps.update_app(owner, "banners-all-over", update(name="Banners"))
        assert (changed.name, changed.description) == ("Banners", "Banners for shops")
        assert await listed(owner, search="all over") == []

    async def test_how_an_app_writes_is_changed_field_by_field(self) -> None:
        owner = await an_actor()
        address = "hello@banners.example.com"
        created = await apps.create_app(owner, new(mail={"senderEmail": address, "defaultLanguage": "pt-BR"}))
        assert created.mail == AppMail(sender_email=address, default_language="pt-BR")
        changed = await apps.update_app(owner, created.id, update(mail={"senderName": "Ben", "doubleOptIn": False}))
        assert changed.mail.sender_email == address
        assert (changed.mail.sender_name, changed.mail.double_opt_in) == ("Ben", False)
        without = await apps.update_app(owner, created.id, update(mail={"senderEmail": None}, name="Banners"))
        assert without.mail == AppMail(sender_name="Ben", double_opt_in=False, default_language="pt-BR")
        assert (await apps.get_app(owner, created.id)).mail == without.mail

    async def test_features_follow_the_role(self) -> None:
        able = {role: apps.features_of(await an_actor(role)) for role in Role}
        everything, only_metrics = Features(True, True, True), Features(False, False, True)
        assert able == {
            Role.OWNER: everything,
            Role.ADMIN: everything,
            Role.MARKETING: Features(can_edit_templates=True, can_edit_users=False, can_view_metrics=True),
            Role.SUPPORT: only_metrics,
            Role.VIEWER: only_metrics,
        }


class TestWhoMay:
    async def test_nobody_and_no_backend_lists_apps(self) -> None:
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous())
        with pytest.raises(Forbidden):
            await listed(backend_of("banners"))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_only_admins_write(self, role: Role) -> None:
        actor = await an_actor(role)
        for attempt in (apps.create_app(actor, new()), apps.update_app(actor, "banners", update(name="Mine"))):
            with pytest.raises(Forbidden):
                await attempt


class TestOwnership:
    async def test_a_backend_sees_its_own_app_alone(self) -> None:
        await an_app("mine")
        await an_app("other")
        assert (await apps.visible_app(backend_of("mine"), "mine")).id == "mine"
        for app_id in ("other", "nowhere"):
            with pytest.raises(NotFound, match="Unknown app"):
                await apps.visible_app(backend_of("mine"), app_id)


class TestValidation:
    async def test_an_id_is_unique(self) -> None:
        owner = await an_actor()
        await apps.create_app(owner, new())
        with pytest.raises(Conflict, match="banners-all-over") as conflict:
            await apps.create_app(owner, new(name="Another"))
        assert conflict.value.field == "id"

    @pytest.mark.parametrize("app_id", sorted(RESERVED))
    def test_a_path_of_the_server_is_no_id(self, app_id: str) -> None:
        with pytest.raises(ValidationError):
            new(id=app_id)

    def test_every_path_of_the_server_is_reserved(self, web_app: FastAPI) -> None:
        served = [route for route in web_app.routes if isinstance(route, Route | Mount | WebSocketRoute)]
        first = {route.path.split("/")[1] for route in served}
        assert {segment for segment in first if segment and not segment.startswith("{")} <= RESERVED

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"id": "Banners"}, "id"),
            ({"id": "banners all over"}, "id"),
            ({"id": "-banners"}, "id"),
            ({"id": "a"}, "id"),
            ({"id": "a" * 65}, "id"),
            ({"name": ""}, "name"),
            ({"allowedOrigins": ["banners.example.com"]}, "allowedOrigins.0"),
            ({"isActive": False}, "isActive"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            new(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    @pytest.mark.parametrize(
        ("mail", "wrong"),
        [
            ({"senderEmail": "banners.example.com"}, "senderEmail"),
            ({"senderEmail": "Ben <ben@banners.example.com>"}, "senderEmail"),
            ({"senderEmail": "ben@banners.example.com\r\nBcc: all@a.test"}, "senderEmail"),
            ({"senderEmail": "jörg@banners.example.com"}, "senderEmail"),
            ({"replyTo": ""}, "replyTo"),
            ({"senderName": "n" * 121}, "senderName"),
            ({"senderName": None}, "senderName"),
            ({"postalAddress": "a" * 501}, "postalAddress"),
            ({"defaultLanguage": "English"}, "defaultLanguage"),
            ({"smtp": "a.test"}, "smtp"),
        ],
    )
    def test_what_is_wrong_with_its_mail_is_named(self, mail: dict[str, object], wrong: str) -> None:
        for model in (new, update):
            with pytest.raises(ValidationError) as error:
                model(mail=mail)
            assert error.value.errors()[0]["loc"] == ("mail", wrong)

    def test_a_sender_is_one_line_and_its_domain_ascii(self) -> None:
        mail = update(mail={"senderName": "Ben\nof  Banners", "senderEmail": "ben@bücher.example"}).mail
        assert (mail.sender_name, mail.sender_email) == ("Ben of Banners", "ben@xn--bcher-kva.example")

    def test_an_id_never_changes(self) -> None:
        with pytest.raises(ValidationError, match="not permitted"):
            update(id="other")


class TestMissing:
    @pytest.mark.parametrize("app_id", ["nowhere", "", '{"$ne": null}', "\0"])
    async def test_an_unknown_app_is_not_found(self, app_id: str) -> None:
        owner = await an_actor()
        for attempt in (apps.get_app(owner, app_id), apps.update_app(owner, app_id, update(name="X"))):
            with pytest.raises(NotFound, match="Unknown app") as missing:
                await attempt
            assert missing.value.field == "appId"
