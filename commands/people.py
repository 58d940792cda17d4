"""Accounts of staff, from the command line."""

import asyncio
import secrets
import sys

from pydantic import ValidationError

from commands.console import OUTPUT
from commands.database import database, platform
from commands.errors import CommandError
from core.actor import Actor, Role
from core.inputs import problems_of
from core.settings import Settings
from models.users import User
from resolvers.users import UserCreate, create_user


def create(settings: Settings, email: str, role: Role, name: str, *, password_stdin: bool) -> None:
    """Prints a generated password once, unless one is read from standard input (its first line)."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else generated_password()
    data = _checked(email, role, name, password)
    with database(settings) as url:
        user = asyncio.run(_create(settings, url, data))
    OUTPUT.print(f"{user.email} can log in as {user.role.value}.", highlight=False)
    if not password_stdin:
        OUTPUT.print(f"Password (shown this once): {password}", markup=False, highlight=False)


def generated_password() -> str:
    """120 random bits."""
    return secrets.token_urlsafe(15)


def _checked(email: str, role: Role, name: str, password: str) -> UserCreate:
    first_name, _, last_name = name.partition(" ")
    try:
        return UserCreate.model_validate(
            {"email": email, "role": role, "password": password, "firstName": first_name, "lastName": last_name}
        )
    except ValidationError as error:
        problems = problems_of(error.errors(include_input=False, include_url=False))
        raise CommandError("\n".join(f"{problem.field}: {problem.message}" for problem in problems)) from None


async def _create(settings: Settings, url: str, data: UserCreate) -> User:
    async with platform(settings, url):
        return await create_user(Actor.system("cli"), data)
