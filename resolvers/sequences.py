"""Sequences: what is sent to people one after the other, until they answer."""

from collections.abc import Iterable
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId
from pydantic import Field

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import Input, Search
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.base import touched
from models.deliveries import Delivery, DeliveryStatus
from models.enrollments import Enrollment, EnrollmentStatus
from models.sequences import Sequence, SequenceStep, SequenceVersion, StepType
from models.templates import Template
from models.users import User
from resolvers.sequence_inputs import SequenceCreate, SequenceStepInput, SequenceUpdate

WORTH_IT: Final = frozenset({StepType.EMAIL, StepType.TASK})
"""Without one of these nothing would happen."""


class SequenceFilter(Input):
    active: bool | None = None
    app_id: str | None = Field(None, max_length=64)
    search: Search | None = None


class SequenceSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    NAME = "name", "nameKey"


@allow(STAFF)
async def list_sequences(actor: Actor, window: Window, filters: SequenceFilter, sort: Sort) -> Slice[Sequence]:
    """Sequences of all apps."""
    query: dict[str, Any] = {}
    if filters.active is not None:
        query["active"] = filters.active
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    if filters.search:
        query["nameKey"] = containing(filters.search)
    return await slice_of(Sequence, query, sort, window)


@allow(STAFF)
async def get_sequence(actor: Actor, sequence_id: str) -> Sequence:
    """One sequence."""
    return await visible_sequence(actor, sequence_id)


@allow(MARKETING)
async def create_sequence(actor: Actor, data: SequenceCreate) -> Sequence:
    """Drafts a sequence. All its templates belong to one app, which its mail is from."""
    app_id = await _app_of(data.steps)
    owner = data.owner_user_id or (actor.id if actor.is_staff else None)
    sequence = Sequence(
        app_id=app_id,
        name_key=data.name.casefold(),
        created_by=actor.label,
        **{**data.model_dump(), "owner_user_id": await _checked_owner(owner)},
    )
    return await sequence.insert()


@allow(MARKETING)
async def update_sequence(actor: Actor, sequence_id: str, data: SequenceUpdate) -> Sequence:
    """Changes what is sent of a sequence. Who is enrolled stays on the steps that there were; new hours and a new cap
    hold for everybody."""
    changes = data.assignments()
    if "name" in changes:
        changes["nameKey"] = data.name.casefold()
    if "ownerUserId" in changes:
        changes["ownerUserId"] = await _checked_owner(data.owner_user_id)
    update = touched(changes)
    if "steps" in changes:
        changes["steps"] = [SequenceStep(**step.model_dump()).model_dump(by_alias=True) for step in data.steps]
        changes["appId"] = await _app_of(data.steps)
        update = touched(changes) | {"$inc": {"version": 1}}
    sequence = await visible_sequence(actor, sequence_id)
    # A sequence that runs keeps something to do.
    inactive = {} if "steps" not in changes or _is_worth_it(data.steps) else {"active": False}
    updated = await Sequence.change({"_id": sequence.id, **inactive}, update)
    if updated is None:
        await visible_sequence(actor, sequence_id)
        raise _worthless()
    return updated


@allow(MARKETING)
async def activate_sequence(actor: Actor, sequence_id: str) -> Sequence:
    """Switches a sequence on: who is enrolled goes on where they were, and what was held up meanwhile is spread again
    over the hours in which it sends."""
    sequence = await visible_sequence(actor, sequence_id)
    if not _is_worth_it(sequence.steps):
        raise _worthless()
    activated = found(await Sequence.change({"_id": sequence.id}, touched({"active": True})), "Sequence")
    await open_enrollments([sequence.id])
    return activated


@allow(MARKETING)
async def deactivate_sequence(actor: Actor, sequence_id: str) -> Sequence:
    """Switches a sequence off: everybody stays where they are, and nothing is sent, not even what waits to be."""
    sequence = await visible_sequence(actor, sequence_id)
    deactivated = found(await Sequence.change({"_id": sequence.id}, touched({"active": False})), "Sequence")
    await Enrollment.find({"sequenceId": sequence.id, "status": EnrollmentStatus.ACTIVE.value, "open": True}).update(
        touched({"open": False}) | {"$inc": {"revision": 1}}
    )
    waiting = {"outreach.sequenceId": sequence.id, "status": DeliveryStatus.QUEUED.value}
    await Delivery.find(waiting).update(touched({"status": DeliveryStatus.CANCELLED.value}))
    return deactivated


@allow(MARKETING)
async def delete_sequence(actor: Actor, sequence_id: str) -> Sequence:
    """Deletes a sequence that nobody is in any more. Returns it as it was."""
    sequence = await visible_sequence(actor, sequence_id)
    live = await Enrollment.find({"sequenceId": sequence.id, "live": True}).count()
    if live:
        people = "1 person is" if live == 1 else f"{live} people are"
        raise InvalidInput(f"{people} in this sequence: it can be deleted when they have left it", "id")
    deleted = await Sequence.find_one({"_id": sequence.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Sequence not found")
    await SequenceVersion.find({"sequenceId": sequence.id}).delete()
    return sequence


async def visible_sequence(actor: Actor, sequence_id: str) -> Sequence:
    """The one way to a sequence."""
    identity = object_id(sequence_id)
    return found(await Sequence.get(identity) if identity else None, "Sequence")


async def open_enrollments(sequence_ids: list[PydanticObjectId]) -> None:
    """Lets those go on who are in these sequences, which are active."""
    frozen = {"sequenceId": {"$in": sequence_ids}, "status": EnrollmentStatus.ACTIVE.value, "open": False}
    await Enrollment.find(frozen).update(touched({"open": True}) | {"$inc": {"revision": 1}})


async def _app_of(steps: list[SequenceStepInput]) -> str | None:
    """The app that all the templates belong to."""
    ids = {ObjectId(step.template_id) for step in steps if step.template_id}
    templates = {one.id: one for one in await Template.find({"_id": {"$in": [*ids]}}).to_list()} if ids else {}
    app_id = None
    for number, step in enumerate(steps):
        if step.template_id is None:
            continue
        field = f"steps.{number}.templateId"
        template = templates.get(PydanticObjectId(step.template_id))
        if template is None:
            raise InvalidInput(f"{field}: there is no such template", field)
        if template.app_id != (app_id := app_id or template.app_id):
            raise InvalidInput(f"{field}: is a template of {template.app_id}, the others are of {app_id}", field)
    return app_id


async def _checked_owner(user_id: str | None) -> PydanticObjectId | None:
    identity = object_id(user_id) if user_id else None
    if identity is None:
        return None
    if await User.get(identity) is None:
        raise InvalidInput("ownerUserId: there is no such user", "ownerUserId")
    return PydanticObjectId(identity)


def _is_worth_it(steps: Iterable[SequenceStep | SequenceStepInput]) -> bool:
    return any(step.type in WORTH_IT for step in steps)


def _worthless() -> InvalidInput:
    return InvalidInput("steps: an active sequence needs an email or a task", "steps")
