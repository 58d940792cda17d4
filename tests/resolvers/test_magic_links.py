"""Signing in to an app by a link or a code that comes by mail."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import bson
import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, Gone, InvalidInput, NotFound, RateLimited, Unauthenticated
from core.mongo import Mongo
from core.runtime import Runtime, runtime, start
from core.scopes import Scope
from core.tokens import Audience
from models.apps import App
from models.contacts import Contact
from models.deliveries import Delivery
from models.email_jobs import EmailJob
from models.end_users import EndUser
from models.magic_links import MOST_ATTEMPTS, VALID, MagicLink
from resolvers.authentication import Credentials, authenticate
from resolvers.end_users import SWITCHED_OFF, EndUserSession, EndUserUpdate, update_end_user
from resolvers.gdpr import erase_contact
from resolvers.magic_links import (
    FAILURES,
    PER_ADDRESS,
    WRONG,
    MagicLinkRequest,
    MagicLinkVerify,
    follow_magic_link,
    get_magic_link,
    request_magic_link,
    verify_magic_link,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.end_users import MERCHANT, NOBODY, an_end_user, asked, link_behind, mailed, verified
from tests.factories.people import an_actor
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")

ORIGIN = "https://banners.example.com"
PAGE = f"{ORIGIN}/signed-in?from=mail"


async def an_app_with_a_page(**fields: Any) -> App:
    app = await an_app(**fields)
    await app.set({"allowedOrigins": [ORIGIN]})
    return app


async def whose(session: EndUserSession) -> Actor:
    return await authenticate(Credentials(bearer=session.token))


async def outcomes(calls: list[Awaitable[object]]) -> Counter[str]:
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(answer).__name__ for answer in answers)


class TestWorks:
    async def test_a_mail_with_a_link_and_a_code_is_left_to_the_workers(self) -> None:
        app = await an_app()
        found = await asked(app, "Ada@example.com", language="de")
        (delivery,) = await Delivery.find_all().to_list()
        assert (delivery.content, delivery.email, delivery.language) == ("template:magic-link", "Ada@example.com", "de")
        assert await EmailJob.find({"payload.deliveryId": str(delivery.id)}).count() == 1
        assert found.url.startswith(f"{runtime().settings.public_url}/{app.id}/magic-link/")
        assert len(found.token) * 6 >= 128
        assert len(found.code) == 6
        assert found.code.isdigit()

    @pytest.mark.parametrize("by", ["token", "code"])
    async def test_whoever_has_it_is_an_end_user_of_that_app(self, by: str) -> None:
        app = await an_app()
        found = await asked(app, "Ada@example.com", language="de", shopDomain="tea.myshopify.com")
        given = {"token": found.token} if by == "token" else {"email": "ada@EXAMPLE.com", "code": found.code}
        session = await verified(app, **given)
        user = session.user
        assert (user.app_id, user.email, user.language) == (app.id, "Ada@example.com", "de")
        assert (user.shop_domain, user.login_count) == ("tea.myshopify.com", 1)
        actor = await whose(session)
        assert actor == Actor.end_user(str(user.id), app.id, user.email, actor.authenticated_at)
        assert session.expires_at - clock.now() > timedelta(hours=runtime().settings.end_user_hours - 1)

    async def test_the_person_is_a_contact_from_then_on(self) -> None:
        app = await an_app()
        await asked(app)
        assert await Contact.find_all().count() == 0
        user = (await verified(app, token=(await asked(app)).token)).user
        contact = await Contact.find_one({"emailKey": MERCHANT})
        assert contact is not None
        assert user.contact_id == contact.id
        assert {mail.contact_id for mail in await Delivery.find_all().to_list()} == {contact.id}

    async def test_what_is_known_of_the_person_is_known_of_the_end_user(self) -> None:
        app = await an_app()
        await a_shop(app.id, "tea.myshopify.com", email=MERCHANT)
        await Contact.find_one({"emailKey": MERCHANT}).update({"$set": {"language": "fr"}})
        user = (await verified(app, token=(await asked(app)).token)).user
        assert (user.shop_domain, user.language) == ("tea.myshopify.com", "fr")

    async def test_who_signs_in_again_is_the_same(self) -> None:
        app = await an_app()
        first = (await verified(app, token=(await asked(app)).token)).user
        again = await asked(app, "MERCHANT@example.com", shopDomain="tea.myshopify.com")
        second = (await verified(app, email=MERCHANT, code=again.code)).user
        assert (second.id, second.email, second.login_count) == (first.id, MERCHANT, 2)
        assert second.shop_domain == "tea.myshopify.com"
        assert second.last_login_at >= first.last_login_at

    async def test_the_same_address_in_two_apps_is_two_end_users_of_one_contact(self) -> None:
        users = [(await verified(app, token=(await asked(app)).token)).user for app in (await an_app(), await an_app())]
        assert len({user.id for user in users}) == 2
        assert len({user.contact_id for user in users}) == 1

    async def test_a_code_may_be_written_in_groups(self) -> None:
        app = await an_app()
        code = (await asked(app)).code
        assert await verified(app, email=MERCHANT, code=f" {code[:3]} {code[3:]}")

    async def test_the_code_of_an_earlier_mail_works_too(self) -> None:
        """Mail overtakes mail, and people read what comes first."""
        app = await an_app()
        earlier = await asked(app)
        await asked(app)
        assert await verified(app, email=MERCHANT, code=earlier.code)

    async def test_it_works_with_the_secret_before(self, platform: Runtime) -> None:
        app = await an_app()
        found = await asked(app)
        settings = platform.settings
        new = {"secret_key": type(settings.secret_key)("x" * 40), "previous_secret_keys": (settings.secret_key,)}
        start(settings.model_copy(update=new), platform.mongo)
        assert (await follow_magic_link(NOBODY, app.id, found.token)).code == found.code
        assert await verified(app, email=MERCHANT, code=found.code)


class TestTheLink:
    async def test_opening_it_uses_nothing_up(self) -> None:
        app = await an_app_with_a_page(name="Banners")
        found = await asked(app, language="fr", redirectUrl=PAGE)
        before = await link_behind(found.token)
        for _ in range(20):
            opened = await get_magic_link(NOBODY, app.id, found.token, "de")
        assert (opened.app.name, opened.language, opened.leads_to) == ("Banners", "fr", ORIGIN)
        assert await link_behind(found.token) == before
        assert await verified(app, token=found.token)

    async def test_its_button_leads_to_the_app_with_the_token_in_the_fragment(self) -> None:
        app = await an_app_with_a_page()
        found = await asked(app, redirectUrl=PAGE)
        followed = await follow_magic_link(NOBODY, app.id, found.token)
        page, _, token = (followed.url or "").partition("#token=")
        assert (page, followed.code) == (PAGE, None)
        actor = await authenticate(Credentials(bearer=token))
        assert (actor.app_id, actor.email) == (app.id, MERCHANT)
        with pytest.raises(Gone, match="used already"):
            await follow_magic_link(NOBODY, app.id, found.token)

    async def test_without_a_page_to_go_to_its_button_shows_the_code(self) -> None:
        app = await an_app()
        found = await asked(app)
        for _ in range(2):
            followed = await follow_magic_link(NOBODY, app.id, found.token)
            assert (followed.url, followed.code) == (None, found.code)
        assert await EndUser.find_all().count() == 0
        assert await verified(app, email=MERCHANT, code=found.code)

    async def test_a_page_that_the_app_allows_no_more_is_not_led_to(self) -> None:
        app = await an_app_with_a_page()
        found = await asked(app, redirectUrl=PAGE)
        await app.set({"allowedOrigins": []})
        assert (await get_magic_link(NOBODY, app.id, found.token)).leads_to is None
        assert (await follow_magic_link(NOBODY, app.id, found.token)).code == found.code

    async def test_fifty_buttons_at_once_sign_in_once(self) -> None:
        app = await an_app_with_a_page()
        found = await asked(app, redirectUrl=PAGE)
        calls = [follow_magic_link(NOBODY, app.id, found.token) for _ in range(50)]
        assert await outcomes([*calls]) == {"FollowedLink": 1, "ClosedMagicLink": 49}


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.SUPPORT])
    async def test_support_may_ask_for_somebody(self, role: Role) -> None:
        app = await an_app()
        await request_magic_link(await an_actor(role), app.id, MagicLinkRequest(email=MERCHANT))
        assert await mailed(app.id)

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    async def test_others_may_not(self, role: Role) -> None:
        with pytest.raises(Forbidden):
            await request_magic_link(await an_actor(role), (await an_app()).id, MagicLinkRequest(email=MERCHANT))

    async def test_a_key_needs_the_scope_and_asks_for_its_own_app(self) -> None:
        app, other = await an_app(), await an_app()
        with pytest.raises(Forbidden):
            await request_magic_link(backend_of(app.id, Scope.EVENTS_WRITE), app.id, MagicLinkRequest(email=MERCHANT))
        with pytest.raises(NotFound):
            await request_magic_link(backend_of(other.id), app.id, MagicLinkRequest(email=MERCHANT))

    async def test_strangers_and_end_users_may_not(self) -> None:
        app = await an_app()
        with pytest.raises(Unauthenticated):
            await request_magic_link(NOBODY, app.id, MagicLinkRequest(email=MERCHANT))
        with pytest.raises(Forbidden):
            await request_magic_link(an_end_user(app.id), app.id, MagicLinkRequest(email=MERCHANT))


class TestWhatDoesNotSignIn:
    async def refused(self, app: App, **fields: str) -> None:
        with pytest.raises(Unauthenticated) as refused:
            await verified(app, **fields)
        assert refused.value.message == WRONG

    async def test_a_link_or_code_that_was_used(self) -> None:
        app = await an_app()
        found = await asked(app)
        await verified(app, token=found.token)
        await self.refused(app, token=found.token)
        await self.refused(app, email=MERCHANT, code=found.code)

    @pytest.mark.parametrize("by", ["token", "code"])
    async def test_all_but_one_of_fifty_at_once(self, by: str) -> None:
        app = await an_app()
        found = await asked(app)
        given = {"token": found.token} if by == "token" else {"email": MERCHANT, "code": found.code}
        assert await outcomes([verified(app, **given) for _ in range(50)]) == {
            "EndUserSession": 1,
            "Unauthenticated": 49,
        }
        assert await EndUser.find_all().count() == 1

    async def test_two_links_at_once_make_one_end_user(self) -> None:
        app = await an_app()
        links = [await asked(app) for _ in range(5)]
        sessions = await asyncio.gather(*(verified(app, token=link.token) for link in links))
        assert len({session.user.id for session in sessions}) == 1

    async def test_one_that_has_expired(self) -> None:
        app = await an_app()
        found = await asked(app)
        with clock.shifted(VALID - timedelta(seconds=1)):
            assert await get_magic_link(NOBODY, app.id, found.token)
        with clock.shifted(VALID):
            await self.refused(app, token=found.token)
            await self.refused(app, email=MERCHANT, code=found.code)
            with pytest.raises(Gone, match="has expired"):
                await get_magic_link(NOBODY, app.id, found.token)
            with pytest.raises(Gone, match="has expired"):
                await follow_magic_link(NOBODY, app.id, found.token)

    async def test_one_of_another_app(self) -> None:
        app, other = await an_app(), await an_app()
        found = await asked(app)
        await self.refused(other, token=found.token)
        await self.refused(other, email=MERCHANT, code=found.code)
        for attempt in (get_magic_link, follow_magic_link):
            with pytest.raises(NotFound):
                await attempt(NOBODY, other.id, found.token)
        assert await verified(app, token=found.token)

    async def test_the_code_of_another_address(self) -> None:
        app = await an_app()
        found = await asked(app, "ada@example.com")
        await asked(app, MERCHANT)
        await self.refused(app, email=MERCHANT, code=found.code)
        await self.refused(app, email="nobody@example.com", code=found.code)

    @pytest.mark.parametrize("token", ["x", "0" * 32, "é", "a.b.c", '{"$ne": null}'])
    async def test_what_is_no_token(self, token: str) -> None:
        app = await an_app()
        await asked(app)
        await self.refused(app, token=token)

    async def test_what_is_stored(self, mongo: Mongo) -> None:
        """A copy of the database lets nobody in: neither what it holds, nor what can be tried against it."""
        app = await an_app()
        found = await asked(app)
        for name in await mongo.database.list_collection_names():
            async for document in mongo.database[name].find({}):
                stored = bson.encode(document)
                assert found.token.encode() not in stored
                assert found.code.encode() not in stored
        link = await link_behind(found.token)
        await self.refused(app, token=link.digest)
        await self.refused(app, token=link.code_digest)

    async def test_somebody_who_was_switched_off(self) -> None:
        app = await an_app_with_a_page()
        user = (await verified(app, token=(await asked(app)).token)).user
        off = EndUserUpdate.model_validate({"isActive": False})
        await update_end_user(await an_actor(), str(user.id), off)
        with pytest.raises(Unauthenticated, match=SWITCHED_OFF):
            await verified(app, token=(await asked(app)).token)
        with pytest.raises(Unauthenticated):
            await follow_magic_link(NOBODY, app.id, (await asked(app, redirectUrl=PAGE)).token)
        stored = await EndUser.get(user.id)
        assert stored is not None
        assert stored.login_count == 1

    async def test_a_link_to_somebody_who_was_erased(self) -> None:
        app = await an_app()
        contact = await a_contact(MERCHANT)
        found = await asked(app)
        await erase_contact(SYSTEM, str(contact.id))
        await self.refused(app, token=found.token)

    async def test_who_was_erased_is_somebody_new(self) -> None:
        app = await an_app()
        before = (await verified(app, token=(await asked(app)).token)).user
        await erase_contact(SYSTEM, str(before.contact_id))
        after = (await verified(app, token=(await asked(app)).token)).user
        assert after.id != before.id
        assert after.contact_id != before.contact_id


class TestWrongCodes:
    async def test_five_kill_the_request(self) -> None:
        app = await an_app()
        found = await asked(app)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(Unauthenticated):
                await verified(app, email=MERCHANT, code=found.wrong_code)
        for given in ({"token": found.token}, {"email": MERCHANT, "code": found.code}):
            with pytest.raises(Unauthenticated):
                await verified(app, **given)
        with pytest.raises(Gone):
            await get_magic_link(NOBODY, app.id, found.token)
        assert await verified(app, token=(await asked(app)).token)

    async def test_four_do_not(self) -> None:
        app = await an_app()
        found = await asked(app)
        for _ in range(MOST_ATTEMPTS - 1):
            with pytest.raises(Unauthenticated):
                await verified(app, email=MERCHANT, code=found.wrong_code)
        assert await verified(app, email=MERCHANT, code=found.code)

    async def test_are_five_however_many_come_at_once(self) -> None:
        """Of a hundred codes at once, the right one among them, five are compared."""
        app = await an_app()
        found = await asked(app)
        guesses = [f"{(int(found.code) + number) % 10**6:06}" for number in range(100, 0, -1)]
        await outcomes([verified(app, email=MERCHANT, code=guess) for guess in guesses])
        link = await link_behind(found.token)
        assert (link.attempts, link.used_at) == (MOST_ATTEMPTS, None)

    async def test_count_against_every_open_request_of_the_address(self) -> None:
        """Else five requests would give twenty-five guesses at each code."""
        app = await an_app()
        links = [await asked(app) for _ in range(5)]
        wrong = next(code for number in range(10) if (code := f"{number:06}") not in {link.code for link in links})
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(Unauthenticated):
                await verified(app, email=MERCHANT, code=wrong)
        for link in links:
            with pytest.raises(Unauthenticated):
                await verified(app, email=MERCHANT, code=link.code)

    async def test_of_one_client_are_a_hundred_over_all_addresses_and_links_still_work(self) -> None:
        app = await an_app()
        for number in range(FAILURES.amount):
            with pytest.raises(Unauthenticated):
                await verified(app, email=f"person-{number}@example.com", code="000000")
        found = await asked(app)
        with pytest.raises(RateLimited):
            await verified(app, email=MERCHANT, code=found.code)
        assert await verified(app, token=found.token)
        code = (await asked(app)).code
        given = MagicLinkVerify.model_validate({"email": MERCHANT, "code": code})
        assert await verify_magic_link(backend_of(app.id), app.id, given, client="203.0.113.7")


class TestRequests:
    async def test_of_an_address_are_five_an_hour(self) -> None:
        app = await an_app()
        for _ in range(PER_ADDRESS.amount):
            await asked(app)
        with pytest.raises(RateLimited) as refused:
            await asked(app, "MERCHANT@example.com")
        assert 0 < refused.value.retry_after <= 3600
        assert await asked(app, "somebody@example.com")

    async def test_of_an_address_are_five_however_many_come_at_once(self) -> None:
        app = await an_app()
        assert await outcomes([asked(app) for _ in range(20)]) == {"Mailed": 5, "RateLimited": 15}

    async def test_of_an_app_are_bounded_whomever_they_are_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = await an_app()
        monkeypatch.setattr("resolvers.magic_links.PER_APP", type(FAILURES)(3, namespace="tests"))
        answers = await outcomes([asked(app, f"person-{number}@example.com") for number in range(5)])
        assert answers == {"Mailed": 3, "RateLimited": 2}
        assert await asked(await an_app())


class TestValidation:
    @pytest.mark.parametrize(
        "email",
        [
            "nobody",
            "a@b",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "ada@example.com\0",
            "ada@example.com%0aBcc:eve@example.com ",
            {"$ne": None},
            ["ada@example.com"],
        ],
    )
    def test_addresses_that_are_none_or_more_than_one_are_refused(self, email: object) -> None:
        with pytest.raises(ValidationError):
            MagicLinkRequest.model_validate({"email": email})

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example.com/",
            f"{ORIGIN}.evil.example/",
            f"{ORIGIN}:8443/",
            "http://banners.example.com/",
            "https://banners.example.com.",
        ],
    )
    async def test_a_redirect_to_elsewhere_is_refused_when_it_is_asked_for(self, url: str) -> None:
        app = await an_app_with_a_page()
        with pytest.raises(InvalidInput, match="allowed origins") as refused:
            await asked(app, redirectUrl=url)
        assert refused.value.field == "redirectUrl"
        assert await Delivery.find_all().count() == 0

    @pytest.mark.parametrize(
        "url",
        [
            f"{ORIGIN}@evil.example.com/",
            f"{ORIGIN}\\@evil.example.com/",
            f"{ORIGIN}\\.evil.example.com/",
            "https://user:password@banners.example.com/",
            "//banners.example.com/",
            "javascript:alert(1)//banners.example.com",
            "data:text/html,x",
            f"{ORIGIN}/#token=mine",
            f"{ORIGIN}/\r\nSet-Cookie: a=b",
            f"{ORIGIN}/\tx",
            f"{ORIGIN}/ x",
            f"{ORIGIN}/<script>",
            "https://bänners.example.com/",
            "http\u017f://banners.example.com/",
            "/signed-in",
            "",
        ],
    )
    def test_what_clients_read_in_different_ways_is_no_redirect(self, url: str) -> None:
        with pytest.raises(ValidationError):
            MagicLinkRequest.model_validate({"email": MERCHANT, "redirectUrl": url})

    @pytest.mark.parametrize(
        "url", [ORIGIN, f"{ORIGIN}/", f"{ORIGIN}?a=b", f"{ORIGIN}:443/x", "HTTPS://Banners.Example.COM/a"]
    )
    async def test_an_allowed_origin_is_one_however_it_is_written(self, url: str) -> None:
        app = await an_app_with_a_page()
        found = await asked(app, redirectUrl=url)
        assert (await get_magic_link(NOBODY, app.id, found.token)).leads_to == ORIGIN

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"email": MERCHANT},
            {"code": "123456"},
            {"token": "x", "code": "123456"},
            {"token": "x", "email": MERCHANT, "code": "123456"},
            {"token": "x" * 201},
            {"token": ""},
            {"token": {"$ne": None}},
            {"email": MERCHANT, "code": 123456},
            {"email": MERCHANT, "code": "12345"},
            {"email": MERCHANT, "code": "\uff11\uff12\uff13\uff14\uff15\uff16"},
            {"email": MERCHANT, "code": {"$gt": ""}},
            {"email": {"$ne": None}, "code": "123456"},
            {"token": "x", "password": "x"},
        ],
    )
    def test_what_is_neither_a_token_nor_a_code_is_refused(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            MagicLinkVerify.model_validate(fields)


class TestMissing:
    async def test_an_app_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await request_magic_link(SYSTEM, "nowhere", MagicLinkRequest(email=MERCHANT))
        with pytest.raises(NotFound, match="Unknown app"):
            await verified(App(id="nowhere", name="", name_key=""), token="x")

    async def test_links_that_never_were_are_not_found(self) -> None:
        app = await an_app()
        for attempt in (get_magic_link, follow_magic_link):
            with pytest.raises(NotFound):
                await attempt(NOBODY, app.id, "x")


async def test_a_token_of_an_end_user_is_for_end_users(platform: Runtime) -> None:
    app = await an_app()
    claims = platform.tokens.read((await verified(app, token=(await asked(app)).token)).token)
    assert (claims.audience, claims.app_id) == (Audience.END_USER, app.id)


async def test_links_are_forgotten_by_themselves() -> None:
    indexes = await MagicLink.get_pymongo_collection().index_information()
    assert any(index.get("expireAfterSeconds") for index in indexes.values())
