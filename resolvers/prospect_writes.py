"""How prospects are written: read, decide, and write if nobody wrote meanwhile, else again."""

from collections.abc import Callable

from core.mongo import Filter
from models.base import differences, touched
from models.prospects import Prospect
from resolvers.prospect_states import derived

Decide = Callable[[Prospect], Prospect]
"""What a prospect is to become, from what it is. It may be called several times."""


async def write_prospect(identity: Filter, decide: Decide) -> Prospect | None:
    """The prospect that `identity` names, as it is afterwards; None where there is none."""
    while (current := await Prospect.find_one(identity)) is not None:
        changes = differences(current, derived(decide(current)))
        if not changes:
            return current
        seen = {"_id": current.id, "version": current.version}
        written = await Prospect.change(seen, touched(changes) | {"$inc": {"version": 1}})
        if written is not None:
            return written
    return None
