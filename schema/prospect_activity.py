"""What happens with prospects, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from core.pages import Range
from models import prospects as stored
from models.prospects import ProspectStatus
from resolvers import prospect_notes, prospect_timelines
from resolvers.prospect_activities import ProspectActivityKind
from resolvers.prospect_notes import ProspectNoteCreate
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.email_events import EmailEvent
from schema.enrollments import Enrollment

strawberry.enum(ProspectStatus)
strawberry.enum(ProspectActivityKind)


@strawberry.type(description="A change of a prospect's status.")
class ProspectChange:
    id: ID
    at: datetime
    by: str
    before: ProspectStatus
    after: ProspectStatus
    reason: str | None


@strawberry.type(description="What staff wrote down about a prospect.")
class ProspectNote:
    id: ID
    prospect_id: ID
    note: str
    written_by: str
    created_at: datetime


@strawberry.type(description="Something that happened with a prospect.")
class ProspectActivity:
    id: ID
    kind: ProspectActivityKind
    at: datetime = strawberry.field(description="When we learnt of it.")
    by: str | None = strawberry.field(description="Who did it, where that is one of us.")
    change: ProspectChange | None = strawberry.field(description="Of the status.")
    note: ProspectNote | None
    enrollment: Enrollment | None = strawberry.field(description="In a sequence, as it is now.")
    event: EmailEvent | None = strawberry.field(description="Of a mail.")


def prospect_note(document: stored.ProspectNote) -> ProspectNote:
    """The document has all that the type shows."""
    return cast(ProspectNote, document)


@strawberry.input
class ProspectNoteCreateInput:
    note: str


@strawberry.type
class ProspectNotePayload:
    note: ProspectNote | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ProspectNoteDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ProspectActivityQueries:
    @query(prospect_timelines.list_prospect_activity)
    async def prospect_activity(
        self,
        info: Info,
        prospect_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ProspectActivity]:
        window = Range.of(first, after, last, before)
        return Connection.of(await prospect_timelines.list_prospect_activity(info.context.actor, prospect_id, window))


@strawberry.type
class ProspectActivityMutations:
    @mutation(prospect_notes.add_prospect_note)
    async def prospect_note_add(
        self, info: Info, prospect_id: ID, input: ProspectNoteCreateInput
    ) -> ProspectNotePayload:
        data = parse(ProspectNoteCreate, input)
        return ProspectNotePayload(
            note=prospect_note(await prospect_notes.add_prospect_note(info.context.actor, prospect_id, data))
        )

    @mutation(prospect_notes.delete_prospect_note)
    async def prospect_note_delete(self, info: Info, id: ID) -> ProspectNoteDeletePayload:
        deleted = await prospect_notes.delete_prospect_note(info.context.actor, id)
        return ProspectNoteDeletePayload(deleted_id=ID(str(deleted.id)))
