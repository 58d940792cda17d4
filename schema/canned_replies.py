"""Canned replies, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import canned_replies as stored
from models.tickets import TicketTopic
from resolvers import canned_replies
from resolvers.canned_replies import (
    CannedReplyCreate,
    CannedReplyFilter,
    CannedReplyPreview,
    CannedReplySortKey,
    CannedReplyUpdate,
)
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query

strawberry.enum(CannedReplySortKey)


@strawberry.type(description="An answer that staff give often.")
class CannedReply:
    id: ID
    app_id: ID
    title: str
    shortcut: str = strawberry.field(description="What staff type to get it.")
    body: str = strawberry.field(description="Plain text with placeholders such as {{ customer.first_name }}.")
    topic: TicketTopic | None
    is_active: bool
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime


def canned_reply(document: stored.CannedReply) -> CannedReply:
    """The document has all that the type shows."""
    return cast(CannedReply, document)


@strawberry.input(description="`body` is plain text with placeholders such as `{{ customer.first_name }}`.")
class CannedReplyCreateInput:
    title: str
    shortcut: str
    body: str
    topic: Maybe[TicketTopic | None]
    is_active: Maybe[bool]


@strawberry.input
class CannedReplyUpdateInput:
    title: Maybe[str]
    shortcut: Maybe[str]
    body: Maybe[str]
    topic: Maybe[TicketTopic | None]
    is_active: Maybe[bool]


@strawberry.input
class CannedReplyFilterInput:
    topic: Maybe[TicketTopic | None]
    is_active: Maybe[bool | None]
    search: Maybe[str | None]


@strawberry.input(description="`ticketId` is whose facts are filled in, else they are samples.")
class CannedReplyPreviewInput:
    body: str
    ticket_id: Maybe[str | None]


@strawberry.type
class CannedReplyPayload:
    canned_reply: CannedReply | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CannedReplyDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CannedReplyQueries:
    @query(canned_replies.get_canned_reply)
    async def canned_reply(self, info: Info, id: ID) -> CannedReply:
        return canned_reply(await canned_replies.get_canned_reply(info.context.actor, id))

    @query(canned_replies.render_canned_reply)
    async def canned_reply_text(self, info: Info, id: ID, ticket_id: ID) -> str:
        return await canned_replies.render_canned_reply(info.context.actor, id, ticket_id)

    @query(canned_replies.preview_canned_reply)
    async def canned_reply_preview(self, info: Info, app_id: ID, input: CannedReplyPreviewInput) -> str:
        data = parse(CannedReplyPreview, input)
        return await canned_replies.preview_canned_reply(info.context.actor, app_id, data)

    @query(canned_replies.list_canned_replies)
    async def canned_replies(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CannedReplyFilterInput | None = None,
        sort_key: CannedReplySortKey = CannedReplySortKey.TITLE,
        reverse: bool = False,
    ) -> Connection[CannedReply]:
        window = Range.of(first, after, last, before)
        filters = parse(CannedReplyFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(
            await canned_replies.list_canned_replies(info.context.actor, app_id, window, filters, sort)
        )


@strawberry.type
class CannedReplyMutations:
    @mutation(canned_replies.create_canned_reply)
    async def canned_reply_create(self, info: Info, app_id: ID, input: CannedReplyCreateInput) -> CannedReplyPayload:
        created = await canned_replies.create_canned_reply(info.context.actor, app_id, parse(CannedReplyCreate, input))
        return CannedReplyPayload(canned_reply=canned_reply(created))

    @mutation(canned_replies.update_canned_reply)
    async def canned_reply_update(self, info: Info, id: ID, input: CannedReplyUpdateInput) -> CannedReplyPayload:
        updated = await canned_replies.update_canned_reply(info.context.actor, id, parse(CannedReplyUpdate, input))
        return CannedReplyPayload(canned_reply=canned_reply(updated))

    @mutation(canned_replies.delete_canned_reply)
    async def canned_reply_delete(self, info: Info, id: ID) -> CannedReplyDeletePayload:
        deleted = await canned_replies.delete_canned_reply(info.context.actor, id)
        return CannedReplyDeletePayload(deleted_id=ID(str(deleted.id)))
