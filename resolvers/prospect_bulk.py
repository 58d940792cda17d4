"""What is done to many prospects at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import DomainError
from core.ids import ObjectIdText
from core.inputs import OMITTED, Input, ShortText
from models.prospects import Prospect, ProspectStatus
from resolvers.prospects import change_prospect
from resolvers.subscribers import Tags
from resolvers.ticket_inputs import Ids, object_ids


class ProspectsUpdate(Input):
    """`reason` goes with `status`. `addTags` and `removeTags` leave the other tags."""

    ids: Ids
    status: ProspectStatus = OMITTED
    reason: ShortText | None = OMITTED
    owner_id: ObjectIdText | None = OMITTED
    add_tags: Tags = OMITTED
    remove_tags: Tags = OMITTED


@dataclass(frozen=True, slots=True)
class RefusedProspect:
    """A prospect that stayed as it was, and why."""

    prospect_id: str
    message: str


@dataclass(frozen=True, slots=True)
class ProspectsChanged:
    prospects: Sequence[Prospect]
    refused: Sequence[RefusedProspect]


@allow(MARKETING)
async def update_prospects(actor: Actor, data: ProspectsUpdate) -> ProspectsChanged:
    """Changes what is sent of each of the prospects that are named. One that can't be changed does not keep the others
    from it."""
    ids = object_ids(data.ids)
    found = {prospect.id: prospect for prospect in await Prospect.find({"_id": {"$in": ids}}).to_list()}
    fields = {name: value for name, value in data.sent().items() if name != "ids"}
    changed: list[Prospect] = []
    refused: list[RefusedProspect] = []
    for identity in ids:
        prospect = found.get(identity)
        if prospect is None:
            refused.append(RefusedProspect(str(identity), "Prospect not found"))
            continue
        try:
            changed.append(await change_prospect(prospect, fields, actor))
        except DomainError as error:
            refused.append(RefusedProspect(str(identity), error.message))
    return ProspectsChanged(changed, refused)
