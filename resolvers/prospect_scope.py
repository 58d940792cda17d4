"""Which prospects an actor can see."""

from core.actor import Actor
from core.errors import found
from core.ids import object_id
from core.inputs import key_of_email
from models.prospects import Prospect


async def visible_prospect(actor: Actor, prospect_id: str) -> Prospect:
    """The prospect that an id or an address names: they are of no app, and all staff see them."""
    identity = object_id(prospect_id)
    named = {"_id": identity} if identity else {"emailKey": key_of_email(prospect_id)}
    return found(await Prospect.find_one(named), "Prospect")
