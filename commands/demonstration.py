"""What `serve --demo` puts into an empty database."""

from dataclasses import dataclass
from typing import Final

from commands.people import generated_password
from core.actor import Actor, Role
from models.users import User
from resolvers.users import UserCreate, create_user

OWNER: Final = "owner@example.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    email: str
    password: str


async def prepare() -> Credentials | None:
    """The owner's generated password where the database was empty; None where somebody can log in already."""
    if await User.find_one() is not None:
        return None
    owner = Credentials(OWNER, generated_password())
    account = {"email": owner.email, "password": owner.password, "role": Role.OWNER, "firstName": "Olivia"}
    await create_user(Actor.system("demo"), UserCreate.model_validate(account))
    return owner
