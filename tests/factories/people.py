"""People who use the platform, and what they call it with."""

from collections.abc import Mapping
from itertools import count
from typing import Final

import bcrypt

from core.actor import Actor, Role
from core.inputs import key_of_email
from core.runtime import runtime
from core.tokens import Audience
from models.users import User
from resolvers.users import search_text

PASSWORD: Final = "correct horse battery"
HASH: Final = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()

_numbers = count(1)


async def a_user(role: Role = Role.VIEWER, *, email: str | None = None, is_active: bool = True) -> User:
    address = email or f"{role.value}.{next(_numbers)}@example.com"
    user = User(
        email=address,
        email_key=key_of_email(address),
        first_name=role.value.title(),
        last_name="Example",
        role=role,
        is_active=is_active,
        password_hash=HASH,
    )
    user.search_text = search_text(user)
    await user.insert()
    return user


async def an_actor(role: Role = Role.OWNER) -> Actor:
    return actor_for(await a_user(role))


def actor_for(user: User) -> Actor:
    return Actor.staff(str(user.id), user.role, user.email)


def bearer(user: User) -> Mapping[str, str]:
    """The headers of a request that the user makes."""
    token = runtime().tokens.issue(Audience.STAFF, str(user.id), version=user.token_version)
    return {"Authorization": f"Bearer {token}"}


async def logged_in(role: Role = Role.OWNER) -> Mapping[str, str]:
    return bearer(await a_user(role))
