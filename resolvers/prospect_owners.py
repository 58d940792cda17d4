"""Who of the staff works on which prospects."""

from beanie import PydanticObjectId

from core.errors import InvalidInput
from models.base import touched
from models.prospects import Prospect
from models.users import User


async def possible_owner(user_id: str) -> PydanticObjectId:
    """The id of a member of staff. Raises `InvalidInput` naming `ownerId`."""
    user = await User.get(PydanticObjectId(user_id))
    if user is None or not user.is_active:
        raise InvalidInput("ownerId is nobody of the staff", "ownerId")
    return PydanticObjectId(user.id)


async def disown_prospects_of(user_id: PydanticObjectId) -> None:
    """Gives back the prospects of somebody who leaves."""
    await Prospect.find({"ownerId": user_id}).update(touched({"ownerId": None}) | {"$inc": {"version": 1}})
