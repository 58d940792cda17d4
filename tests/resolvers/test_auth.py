"""Logging in and staying logged in."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import NotFound, RateLimited, Unauthenticated
from core.mail_settings import MailProvider
from core.passwords import verify_password
from core.runtime import Runtime, start
from core.settings import Environment, Settings
from models.users import User
from resolvers import auth, users
from resolvers.auth import LogIn, PasswordHash, Session
from resolvers.authentication import Credentials, authenticate
from resolvers.users import PasswordChange
from tests.factories.people import PASSWORD, a_user, actor_for

pytestmark = pytest.mark.usefixtures("platform")

NOBODY = Actor.anonymous()


async def log_in(email: str, password: str = PASSWORD, *, client: str = "203.0.113.1") -> Session:
    data = LogIn.model_validate({"email": email, "password": password})
    return await auth.log_in(NOBODY, data, client=client)


async def whose(session: Session) -> Actor:
    return await authenticate(Credentials(bearer=session.token))


async def fail(times: int, email: str, *, client: str = "203.0.113.1") -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await log_in(email, "wrong", client=client)


class TestWorks:
    async def test_the_token_is_the_user_s(self) -> None:
        user = await a_user(Role.SUPPORT)
        actor = await whose(await log_in(user.email))
        assert (actor.id, actor.role) == (str(user.id), Role.SUPPORT)

    async def test_an_address_is_taken_without_regard_to_case(self) -> None:
        await a_user(email="Ada@Example.com")
        assert await log_in("ADA@example.com")

    async def test_logins_are_counted(self) -> None:
        user = await a_user()
        await log_in(user.email)
        again = await log_in(user.email)
        assert again.user.login_count == 2
        assert again.user.last_login_at is not None

    async def test_a_token_can_be_exchanged_for_a_new_one(self) -> None:
        user = await a_user()
        actor = await whose(await log_in(user.email))
        with clock.shifted(timedelta(minutes=50)):
            refreshed = await auth.refresh_token(actor)
        with clock.shifted(timedelta(minutes=100)):
            again = await whose(refreshed)
        assert (again.id, again.authenticated_at) == (actor.id, actor.authenticated_at)

    async def test_everybody_may_ask_who_they_are(self) -> None:
        user = await a_user(Role.VIEWER)
        assert (await auth.current_user(actor_for(user))).email == user.email

    async def test_a_password_is_hashed_for_a_developer(self) -> None:
        data = PasswordHash.model_validate({"password": "a long enough one"})
        assert await verify_password("a long enough one", await auth.hash_password(NOBODY, data))


class TestWhoMay:
    async def test_nobody_has_no_session(self) -> None:
        for attempt in (auth.refresh_token(NOBODY), auth.current_user(NOBODY), auth.sign_out_everywhere(NOBODY)):
            with pytest.raises(Unauthenticated):
                await attempt

    async def test_all_refusals_sound_the_same(self) -> None:
        known, gone = await a_user(), await a_user(is_active=False)
        sentences = set()
        for email, password in ((known.email, "wrong"), ("nobody@example.com", PASSWORD), (gone.email, PASSWORD)):
            with pytest.raises(Unauthenticated) as refused:
                await log_in(email, password)
            sentences.add(refused.value.message)
        assert len(sentences) == 1

    async def test_nothing_is_hashed_in_production(self, platform: Runtime) -> None:
        production = Settings(
            environment=Environment.PRODUCTION,
            secret_key=SecretStr("a secret of production, 32 characters and more"),
            mongodb_url=SecretStr("mongodb://db"),
            public_url="https://allover.example.com",
            mail_provider=MailProvider.SMTP,
            mail_from="hello@example.com",
            smtp_host="mail.example.com",
        )
        start(production, platform.mongo)
        with pytest.raises(NotFound):
            await auth.hash_password(NOBODY, PasswordHash.model_validate({"password": "a long enough one"}))


class TestASessionEnds:
    async def test_some_days_after_the_login_however_often_it_was_refreshed(self, platform: Runtime) -> None:
        user = await a_user()
        actor = await whose(await log_in(user.email))
        with (
            clock.shifted(timedelta(hours=platform.settings.session_hours, seconds=1)),
            pytest.raises(Unauthenticated, match="session is over"),
        ):
            await auth.refresh_token(actor)

    async def test_when_the_password_is_changed(self) -> None:
        user = await a_user()
        session = await log_in(user.email)
        change = {"currentPassword": PASSWORD, "newPassword": "another long one"}
        await users.change_password(actor_for(user), str(user.id), PasswordChange.model_validate(change))
        with pytest.raises(Unauthenticated):
            await whose(session)
        assert await log_in(user.email, "another long one")

    async def test_when_the_user_signs_out_everywhere(self) -> None:
        user = await a_user()
        sessions = [await log_in(user.email), await log_in(user.email)]
        await auth.sign_out_everywhere(actor_for(user))
        for session in sessions:
            with pytest.raises(Unauthenticated):
                await whose(session)


class TestTenFailures:
    async def test_lock_the_address_from_everywhere(self) -> None:
        user = await a_user()
        for number in range(10):
            await fail(1, user.email, client=f"203.0.113.{number}")
        with pytest.raises(RateLimited) as refused:
            await log_in(user.email, client="198.51.100.1")
        assert 0 < refused.value.retry_after <= 15 * 60

    async def test_lock_the_client_for_every_address(self) -> None:
        user = await a_user()
        for number in range(10):
            await fail(1, f"guess{number}@example.com")
        with pytest.raises(RateLimited):
            await log_in(user.email)
        assert await log_in(user.email, client="198.51.100.1")

    async def test_are_ten_however_many_come_at_once(self) -> None:
        user = await a_user()
        guesses = [log_in(user.email, f"guess {number}", client=f"203.0.113.{number}") for number in range(30)]
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        assert [type(answer) for answer in answers].count(Unauthenticated) == 10
        assert [type(answer) for answer in answers].count(RateLimited) == 20

    async def test_are_forgotten_after_a_login(self) -> None:
        user = await a_user()
        await fail(9, user.email)
        await log_in(user.email)
        await fail(9, user.email, client="198.51.100.1")
        assert await log_in(user.email, client="198.51.100.1")

    async def test_of_the_current_password_stop_a_change(self) -> None:
        user = await a_user()
        wrong = PasswordChange.model_validate({"currentPassword": "wrong", "newPassword": "another long one"})
        for _ in range(10):
            with pytest.raises(Exception, match="is wrong"):
                await users.change_password(actor_for(user), str(user.id), wrong)
        with pytest.raises(RateLimited):
            await users.change_password(actor_for(user), str(user.id), wrong)


class TestValidation:
    @pytest.mark.parametrize(
        "fields",
        [{}, {"email": "x"}, {"password": ""}, {"password": {"$ne": ""}}, {"email": {"$gt": ""}}, {"otp": "1"}],
    )
    def test_what_is_not_a_login_is_refused(self, fields: dict[str, object]) -> None:
        valid = {"email": "ada@example.com", "password": PASSWORD} if fields else {}
        with pytest.raises(ValidationError):
            LogIn.model_validate(valid | fields)

    async def test_a_password_longer_than_bcrypt_reads_is_not_cut(self) -> None:
        user = await a_user()
        with pytest.raises(Unauthenticated):
            await log_in(user.email, PASSWORD + "x" * 100)


class TestMissing:
    async def test_a_user_who_is_gone_has_no_session(self) -> None:
        user = await a_user()
        actor = await whose(await log_in(user.email))
        await User.find_one({"_id": user.id}).delete()
        for attempt in (auth.refresh_token(actor), auth.current_user(actor), auth.sign_out_everywhere(actor)):
            with pytest.raises(NotFound):
                await attempt
