"""Logging in and staying logged in."""

from dataclasses import dataclass
from datetime import timedelta

from core import clock, passwords
from core.access import STAFF, allow, allow_all
from core.actor import Actor
from core.errors import NotFound, Unauthenticated, found
from core.ids import object_id
from core.inputs import Email, Input, key_of_email
from core.rate_limits import LOGIN_FAILURES
from core.runtime import runtime
from core.tokens import Audience
from models.users import User
from resolvers.users import get_user

WRONG = "Wrong e-mail address or password"


class LogIn(Input):
    email: Email
    password: passwords.GivenPassword


class PasswordHash(Input):
    password: passwords.Password


@dataclass(frozen=True, slots=True)
class Session:
    """A bearer token and whose it is."""

    token: str
    user: User


@allow_all
async def log_in(actor: Actor, data: LogIn, *, client: str = "") -> Session:
    """A token for an e-mail address and a password.

    Raises `Unauthenticated`, the same for an unknown address and a wrong password, and `RateLimited` after 10 failures
    in 15 minutes for the address or from the client.
    """
    limits, email_key = runtime().limits, key_of_email(data.email)
    await limits.check_failures(LOGIN_FAILURES, "client", client)
    await limits.attempt(LOGIN_FAILURES, "address", email_key)
    user = await User.find_one({"emailKey": email_key})
    matches = await passwords.verify_password(data.password, user.password_hash if user else None)
    if user is None or not matches or not user.is_active:
        await limits.record_failure(LOGIN_FAILURES, "client", client)
        raise Unauthenticated(WRONG)
    await limits.forget(LOGIN_FAILURES, "address", email_key)
    return await _begin_session(user)


@allow(STAFF)
async def refresh_token(actor: Actor) -> Session:
    """A new token for a valid one, as long as the login it goes back to is recent enough."""
    settings = runtime().settings
    if actor.authenticated_at is None or clock.now() - actor.authenticated_at > timedelta(hours=settings.session_hours):
        raise Unauthenticated("The session is over: log in again")
    user = await get_user(actor, actor.id)
    token = runtime().tokens.issue(
        Audience.STAFF, actor.id, version=user.token_version, authenticated_at=actor.authenticated_at
    )
    return Session(token, user)


@allow(STAFF)
async def current_user(actor: Actor) -> User:
    """Who the token belongs to."""
    return await get_user(actor, actor.id)


@allow(STAFF)
async def sign_out_everywhere(actor: Actor) -> User:
    """Ends every token of the caller, this one too."""
    user = await User.change({"_id": object_id(actor.id)}, {"$inc": {"tokenVersion": 1}})
    return found(user, "User")


@allow_all
async def hash_password(actor: Actor, data: PasswordHash) -> str:
    """The bcrypt hash of a password, in development alone: in production this does not exist."""
    if runtime().settings.is_production:
        raise NotFound("Not found")
    return await passwords.hash_password(data.password)


async def _begin_session(user: User) -> Session:
    update = {"$set": {"lastLoginAt": clock.now()}, "$inc": {"loginCount": 1}}
    updated = found(await User.change({"_id": user.id}, update), "User")
    return Session(runtime().tokens.issue(Audience.STAFF, str(user.id), version=updated.token_version), updated)
