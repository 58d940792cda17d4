"""Logging in, over REST."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BeforeValidator

from core.actor import Role
from resolvers import auth
from resolvers.auth import LogIn, PasswordHash
from rest_compat.edge import CurrentActor, Wire


class SessionUserWire(Wire):
    id: Annotated[str, BeforeValidator(str)]
    email: str
    name: str
    role: Role


class SessionWire(Wire):
    success: Literal[True] = True
    token: str
    user: SessionUserWire


class CurrentUserWire(Wire):
    success: Literal[True] = True
    user: SessionUserWire


class HashWire(Wire):
    success: Literal[True] = True
    hash: str


async def log_in(request: Request, actor: CurrentActor, body: LogIn) -> SessionWire:
    """Log in with e-mail address and password."""
    client = request.client.host if request.client else ""
    return SessionWire.of(await auth.log_in(actor, body, client=client))


async def refresh_token(actor: CurrentActor) -> SessionWire:
    """A new token for one that is still valid."""
    return SessionWire.of(await auth.refresh_token(actor))


async def hash_password(actor: CurrentActor, body: PasswordHash) -> HashWire:
    """The bcrypt hash of a password, in development alone."""
    return HashWire(hash=await auth.hash_password(actor, body))


async def current_user(actor: CurrentActor) -> CurrentUserWire:
    """Who the token belongs to."""
    return CurrentUserWire(user=SessionUserWire.of(await auth.current_user(actor)))
