"""From credentials to the actor: what is refused, and how soon."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from core import clock
from core.actor import Actor, Kind, Role
from core.errors import Forbidden, Unauthenticated
from core.runtime import Runtime, runtime, start
from core.scopes import Scope
from core.tokens import Audience
from models.api_keys import ApiKey
from models.users import User
from resolvers import api_keys, auth, users
from resolvers.api_keys import ApiKeyUpdate, IssuedKey
from resolvers.authentication import Credentials, authenticate
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import a_user, actor_for, an_actor

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
ORIGIN = "https://banners.example.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


def token_of(user: User) -> str:
    return runtime().tokens.issue(Audience.STAFF, str(user.id), version=user.token_version)


async def whose(**credentials: str) -> Actor:
    return await authenticate(Credentials(**credentials))


async def called(client: AsyncClient, issued: IssuedKey, **headers: str) -> Response:
    return await client.get(f"/{APP}/plans/features", headers=with_key(issued, **headers))


async def last_used(issued: IssuedKey) -> object:
    key = await ApiKey.get(issued.api_key.id)
    return key.last_used if key else None


class TestWorks:
    async def test_without_credentials_it_is_nobody(self) -> None:
        assert (await whose()).kind is Kind.ANONYMOUS

    async def test_a_token_stands_for_its_user_in_the_role_of_today(self) -> None:
        user = await a_user(Role.SUPPORT)
        token = token_of(user)
        await user.set({"role": "viewer"})
        actor = await whose(bearer=token)
        assert (actor.kind, actor.id, actor.role) == (Kind.STAFF, str(user.id), Role.VIEWER)
        assert actor.authenticated_at is not None

    async def test_a_key_stands_for_one_app_with_its_scopes(self) -> None:
        issued = await an_api_key(APP, scopes=["plans:read"])
        actor = await whose(api_key=issued.secret)
        assert (actor.kind, actor.app_id, actor.scopes) == (Kind.API_KEY, APP, frozenset({Scope.PLANS_READ}))

    async def test_a_key_bound_to_origins_works_from_them_and_without_a_browser(self) -> None:
        issued = await an_api_key(APP, allowedOrigins=[ORIGIN])
        assert await whose(api_key=issued.secret, origin=ORIGIN.upper())
        assert await whose(api_key=issued.secret)


class TestTheUseOfAKey:
    async def test_is_noted_once_a_minute(self) -> None:
        issued = await an_api_key(APP)
        await whose(api_key=issued.secret)
        first = await last_used(issued)
        with clock.shifted(timedelta(seconds=59)):
            await whose(api_key=issued.secret)
            assert await last_used(issued) == first is not None
        with clock.shifted(timedelta(seconds=61)):
            await whose(api_key=issued.secret)
            assert await last_used(issued) != first

    async def test_is_noted_under_parallel_calls(self) -> None:
        issued = await an_api_key(APP)
        await asyncio.gather(*(whose(api_key=issued.secret) for _ in range(10)))
        assert await last_used(issued) is not None

    async def test_is_not_noted_when_it_is_refused(self) -> None:
        issued = await an_api_key(APP, allowedOrigins=[ORIGIN])
        with pytest.raises(Forbidden):
            await whose(api_key=issued.secret, origin="https://evil.example.com")
        assert await last_used(issued) is None


class TestAKeyIsRefusedAtOnce:
    """Through HTTP: the request after the change is the first to fail."""

    async def test_when_it_is_revoked(self, client: AsyncClient) -> None:
        issued = await an_api_key(APP)
        assert (await called(client, issued)).status_code == 200
        await api_keys.revoke_api_key(await an_actor(), str(issued.api_key.id))
        await self._refused(client, issued, 401, "The API key was revoked")

    async def test_when_it_expires(self, client: AsyncClient) -> None:
        issued = await an_api_key(APP, expiresAt=clock.now() + timedelta(minutes=1))
        assert (await called(client, issued)).status_code == 200
        with clock.shifted(timedelta(minutes=1)):
            await self._refused(client, issued, 401, "The API key has expired")

    async def test_when_it_is_switched_off(self, client: AsyncClient) -> None:
        issued = await an_api_key(APP)
        off = ApiKeyUpdate.model_validate({"isActive": False})
        await api_keys.update_api_key(await an_actor(), str(issued.api_key.id), off)
        await self._refused(client, issued, 401, "The API key is switched off")

    async def test_when_it_is_regenerated(self, client: AsyncClient) -> None:
        old = await an_api_key(APP)
        issued = await api_keys.regenerate_api_key(await an_actor(), str(old.api_key.id))
        await self._refused(client, old, 401, "The API key is not valid")
        assert (await called(client, issued)).status_code == 200

    async def test_when_it_is_deleted(self, client: AsyncClient) -> None:
        issued = await an_api_key(APP)
        await api_keys.delete_api_key(await an_actor(), str(issued.api_key.id))
        await self._refused(client, issued, 401, "The API key is not valid")

    async def test_from_another_origin(self, client: AsyncClient) -> None:
        issued = await an_api_key(APP, allowedOrigins=[ORIGIN])
        assert (await called(client, issued, Origin=ORIGIN)).status_code == 200
        for origin in ("https://evil.example.com", f"{ORIGIN}.evil.example", "null"):
            response = await called(client, issued, Origin=origin)
            assert (response.status_code, response.json()["success"]) == (403, False)

    async def _refused(self, client: AsyncClient, issued: IssuedKey, status: int, sentence: str) -> None:
        response = await called(client, issued)
        assert (response.status_code, response.json()) == (status, {"success": False, "error": sentence})


class TestATokenEnds:
    async def test_with_its_time(self) -> None:
        token = token_of(await a_user())
        with clock.shifted(timedelta(minutes=runtime().settings.token_minutes)), pytest.raises(Unauthenticated) as over:
            await whose(bearer=token)
        assert "expired" in over.value.message

    async def test_with_its_user(self) -> None:
        user = await a_user()
        token = token_of(user)
        await users.deactivate_user(await an_actor(), str(user.id))
        with pytest.raises(Unauthenticated, match="ended"):
            await whose(bearer=token)

    async def test_when_the_user_signs_out_everywhere(self) -> None:
        user = await a_user()
        token = token_of(user)
        await auth.sign_out_everywhere(actor_for(user))
        with pytest.raises(Unauthenticated, match="ended"):
            await whose(bearer=token)


class TestValidation:
    async def test_one_credential_at_a_time(self) -> None:
        issued, user = await an_api_key(APP), await a_user()
        with pytest.raises(Unauthenticated, match="not both"):
            await whose(api_key=issued.secret, bearer=token_of(user))

    @pytest.mark.parametrize("secret", ["x", "aoa_live_", "aoa_test_" + "0" * 38, "ü" * 47, "\0"])
    async def test_what_is_no_key_is_refused(self, secret: str) -> None:
        with pytest.raises(Unauthenticated, match="not valid"):
            await whose(api_key=secret)

    @pytest.mark.parametrize("token", ["x", "a.b.c", "é", ".." * 1000, "null"])
    async def test_what_is_no_token_is_refused(self, token: str) -> None:
        with pytest.raises(Unauthenticated, match="not valid"):
            await whose(bearer=token)

    async def test_a_token_of_an_end_user_does_not_open_the_back_office(self) -> None:
        user = await a_user()
        token = runtime().tokens.issue(Audience.END_USER, str(user.id), version=1, app_id=APP)
        with pytest.raises(Unauthenticated):
            await whose(bearer=token)

    @pytest.mark.parametrize("subject", ["0" * 24, "nobody"])
    async def test_a_token_of_nobody_is_refused(self, subject: str) -> None:
        with pytest.raises(Unauthenticated):
            await whose(bearer=runtime().tokens.issue(Audience.STAFF, subject, version=1))


class TestHowManyRequests:
    @pytest.fixture
    def three_a_minute(self, platform: Runtime) -> Iterator[None]:
        start(platform.settings.model_copy(update={"requests_per_minute": 3}), platform.mongo)
        yield
        start(platform.settings, platform.mongo)

    @pytest.mark.usefixtures("three_a_minute")
    async def test_are_counted_for_each_key(self, client: AsyncClient) -> None:
        one, two = await an_api_key(APP), await an_api_key(APP)
        assert [(await called(client, one)).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert (await called(client, two)).status_code == 200

    @pytest.mark.usefixtures("three_a_minute")
    async def test_are_counted_for_an_address_whose_credentials_are_refused(self, client: AsyncClient) -> None:
        answers = [await client.get("/auth/me", headers={"X-API-Key": "guess"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
