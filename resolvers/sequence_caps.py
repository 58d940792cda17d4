"""How many mails a sequence sends on one of its local days: never more than its cap, however many workers plan them.

A day knows the mails that it was taken by. Whoever plans the same mail again takes nothing more; the room of one that
was not sent after all is not given to another on that day.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.sequences import DAYS_KEPT, SequenceDay


async def take_room(
    sequence_id: PydanticObjectId, day: date, cap: int, delivery_ids: Collection[ObjectId]
) -> set[ObjectId]:
    """Those of the mails for which there is room on that day, the first ones first."""
    name = f"{sequence_id}:{day.isoformat()}"
    while True:
        known = await SequenceDay.get(name) or await _begun(name, day)
        taken = set(known.taken)
        fresh = [one for one in delivery_ids if one not in taken][: max(cap - known.number, 0)]
        if fresh:
            update = {"$push": {"taken": {"$each": fresh}}, "$inc": {"number": len(fresh)}}
            if await SequenceDay.change({"_id": name, "number": known.number}, update) is None:
                continue  # somebody took some meanwhile
        return {ObjectId(one) for one in delivery_ids if one in taken} | set(fresh)


async def _begun(name: str, day: date) -> SequenceDay:
    expires = datetime.combine(day, time(), UTC) + DAYS_KEPT
    try:
        return await SequenceDay(id=name, expires_at=expires).insert()
    except DuplicateKeyError:
        known = await SequenceDay.get(name)
        return known or SequenceDay(id=name, expires_at=expires)
