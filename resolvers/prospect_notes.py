"""What staff write down about prospects."""

from typing import Annotated

from pydantic import Field

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import NotFound, found
from core.ids import object_id
from core.inputs import Input, LongText
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from models.prospects import ProspectNote
from resolvers.prospect_scope import visible_prospect


class ProspectNoteCreate(Input):
    note: Annotated[LongText, Field(min_length=1)]


@allow(STAFF)
async def list_prospect_notes(actor: Actor, prospect_id: str, window: Window) -> Slice[ProspectNote]:
    """What staff wrote down about a prospect, the newest first."""
    prospect = await visible_prospect(actor, prospect_id)
    return await slice_of(ProspectNote, {"prospectId": prospect.id}, Sort("createdAt", descending=True), window)


@allow(MARKETING)
async def add_prospect_note(actor: Actor, prospect_id: str, data: ProspectNoteCreate) -> ProspectNote:
    """Writes something down about a prospect."""
    prospect = await visible_prospect(actor, prospect_id)
    note = ProspectNote(prospect_id=prospect.id, email_key=prospect.email_key, note=data.note, written_by=actor.label)
    stored: ProspectNote = await note.insert()
    return stored


@allow(MARKETING)
async def delete_prospect_note(actor: Actor, note_id: str) -> ProspectNote:
    """Takes a note away."""
    identity = object_id(note_id)
    note = found(await ProspectNote.get(identity) if identity else None, "Note")
    deleted = await ProspectNote.find_one({"_id": note.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Note not found")
    return note
