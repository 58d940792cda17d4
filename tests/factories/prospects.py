"""People whom the company might win as customers."""

from typing import Any

from core.actor import Actor
from core.errors import found
from models.prospects import Prospect
from resolvers.prospects import ProspectCreate, create_prospect
from tests.factories.contacts import an_address

SYSTEM = Actor.system("tests")


async def a_prospect(email: str | None = None, **fields: Any) -> Prospect:
    """Stored; `fields` as staff would send them."""
    return await create_prospect(SYSTEM, ProspectCreate.model_validate({"email": email or an_address()} | fields))


async def prospect_now(prospect: Prospect) -> Prospect:
    """As it is stored now."""
    return found(await Prospect.get(prospect.id), "Prospect")
