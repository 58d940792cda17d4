"""Received mail, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import inbound_messages as stored
from models.inbound_messages import InboundClassification, InboundMatch, InboundProvider, InboundStatus
from resolvers import inbound_messages, inbound_stats
from resolvers.inbound_messages import (
    InboundMessageAssign,
    InboundMessageClassify,
    InboundMessageFilter,
    InboundMessageSortKey,
)
from resolvers.inbound_stats import InboundStatsFilter
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.deliveries import Delivery
from schema.edge import Info, UserError, described, listed, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.tickets import Ticket

strawberry.enum(InboundProvider)
strawberry.enum(InboundStatus)
strawberry.enum(InboundClassification)
strawberry.enum(InboundMatch)
strawberry.enum(InboundMessageSortKey)

READING: Final = 10
"""What it costs to read a whole mail, in items."""


@strawberry.type(description="A file that came along with a mail.")
class InboundFile:
    name: str
    content_type: str
    size: int = strawberry.field(description="Bytes.")
    inline: bool = strawberry.field(description="Whether it is shown within the text.")


@strawberry.type(description="All of a mail.")
class InboundContent:
    text: str = strawberry.field(description="With quotations and signature.")
    html: str | None = strawberry.field(description="Fit to be shown: nothing in it loads or runs.")


@strawberry.type(description="A mail that was received: there is one of each Message-ID to each of our addresses.")
class InboundMessage:
    id: ID
    provider: InboundProvider
    message_id: str = strawberry.field(description="What the mail is named (RFC 5322).")
    recipient: str = strawberry.field(description="Which of our addresses it came to.")
    app_id: ID | None
    sender: str
    sender_name: str
    subject: str
    new_text: str = strawberry.field(description="What is new in it, without quotations and signature.")
    files: list[InboundFile]
    size: int = strawberry.field(description="Bytes of the whole mail.")
    status: InboundStatus
    classification: InboundClassification
    confidence: float | None = strawberry.field(description="0 to 1.")
    classified_by: str | None = strawberry.field(description="Who corrected it.")
    reasons: list[str] = strawberry.field(description="How it was read, and why it belongs to what.")
    outcomes: list[str] = strawberry.field(description="What was done.")
    problem: str | None = strawberry.field(description="What stands in the way.")
    matched_by: InboundMatch | None = strawberry.field(description="By what it was found what it belongs to.")
    enrollment_id: ID | None
    ticket_id: ID | None
    contact_id: ID | None
    delivery_id: ID | None
    campaign_id: ID | None
    returns_at: datetime | None = strawberry.field(description="When somebody who is away is back.")
    sent_at: datetime | None = strawberry.field(description="As its sender says.")
    processed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.InboundMessage, Loaders.apps, lambda one: one.app_id)

    ticket: Ticket | None = loaded(
        stored.InboundMessage, Loaders.tickets, lambda one: one.ticket_id, "The ticket that it goes on with, or began."
    )

    contact: Contact | None = loaded(
        stored.InboundMessage,
        Loaders.contacts,
        lambda one: one.contact_id,
        "Who wrote; of what machines report, to whom our mail had gone.",
    )

    delivery: Delivery | None = loaded(
        stored.InboundMessage,
        Loaders.deliveries,
        lambda one: one.delivery_id,
        "Our mail that it answers, or reports of.",
    )

    @listed("All of it; null where it is not kept any more.", READING)
    async def content(self, info: Info) -> InboundContent | None:
        found = await inbound_messages.get_inbound_content(info.context.actor, str(self.id))
        return cast(InboundContent | None, found)


def inbound_message(document: stored.InboundMessage) -> InboundMessage:
    """The document has all that the type shows."""
    return cast(InboundMessage, document)


@strawberry.type
class InboundStatusCount:
    status: InboundStatus
    count: int


@strawberry.type
class InboundClassificationCount:
    classification: InboundClassification
    count: int


@strawberry.type(description="How much mail was received.")
class InboundStats:
    total: int

    @described("Also those without mail.")
    def by_status(self) -> list[InboundStatusCount]:
        counts = cast(inbound_stats.InboundStats, self).by_status
        return [InboundStatusCount(status=status, count=count) for status, count in counts.items()]

    @described("Also those without mail.")
    def by_classification(self) -> list[InboundClassificationCount]:
        counts = cast(inbound_stats.InboundStats, self).by_classification
        return [InboundClassificationCount(classification=one, count=count) for one, count in counts.items()]


@strawberry.input(description="`email` is the sender's. `search` looks into sender and subject.")
class InboundMessageFilterInput:
    status: Maybe[InboundStatus | None]
    classification: Maybe[InboundClassification | None]
    provider: Maybe[InboundProvider | None]
    app_id: Maybe[str | None]
    contact_id: Maybe[str | None]
    ticket_id: Maybe[str | None]
    delivery_id: Maybe[str | None]
    email: Maybe[str | None]
    search: Maybe[str | None]
    received_from: Maybe[datetime | None]
    received_to: Maybe[datetime | None]


@strawberry.input
class InboundStatsFilterInput:
    app_id: Maybe[str | None]


@strawberry.input(description="What a person says it is: what follows from that is done.")
class InboundMessageClassifyInput:
    classification: InboundClassification


@strawberry.input(description="What the mail belongs to: a ticket, to which it is added, or a contact, or both.")
class InboundMessageAssignInput:
    ticket_id: Maybe[str]
    contact_id: Maybe[str]


@strawberry.type
class InboundMessagePayload:
    inbound_message: InboundMessage | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class InboundMessageQueries:
    @query(inbound_messages.get_inbound_message)
    async def inbound_message(self, info: Info, id: ID) -> InboundMessage:
        return inbound_message(await inbound_messages.get_inbound_message(info.context.actor, id))

    @query(inbound_messages.list_inbound_messages)
    async def inbound_messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: InboundMessageFilterInput | None = None,
        sort_key: InboundMessageSortKey = InboundMessageSortKey.RECEIVED_AT,
        reverse: bool = False,
    ) -> Connection[InboundMessage]:
        window = Range.of(first, after, last, before)
        filters = parse(InboundMessageFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await inbound_messages.list_inbound_messages(info.context.actor, window, filters, sort))

    @query(inbound_stats.inbound_stats)
    async def inbound_stats(self, info: Info, filter: InboundStatsFilterInput | None = None) -> InboundStats:
        found = await inbound_stats.inbound_stats(info.context.actor, parse(InboundStatsFilter, filter))
        return cast(InboundStats, found)


@strawberry.type
class InboundMessageMutations:
    @mutation(inbound_messages.reprocess_inbound_message)
    async def inbound_message_reprocess(self, info: Info, id: ID) -> InboundMessagePayload:
        again = await inbound_messages.reprocess_inbound_message(info.context.actor, id)
        return InboundMessagePayload(inbound_message=inbound_message(again))

    @mutation(inbound_messages.classify_inbound_message)
    async def inbound_message_classify(
        self, info: Info, id: ID, input: InboundMessageClassifyInput
    ) -> InboundMessagePayload:
        data = parse(InboundMessageClassify, input)
        classified = await inbound_messages.classify_inbound_message(info.context.actor, id, data)
        return InboundMessagePayload(inbound_message=inbound_message(classified))

    @mutation(inbound_messages.assign_inbound_message)
    async def inbound_message_assign(
        self, info: Info, id: ID, input: InboundMessageAssignInput
    ) -> InboundMessagePayload:
        data = parse(InboundMessageAssign, input)
        assigned = await inbound_messages.assign_inbound_message(info.context.actor, id, data)
        return InboundMessagePayload(inbound_message=inbound_message(assigned))


@strawberry.type
class InboundMessageSubscriptions:
    @subscription(inbound_messages.watch_inbound_messages)
    async def inbound_message_received(self, info: Info) -> AsyncGenerator[InboundMessage, None]:
        watched = await inbound_messages.watch_inbound_messages(info.context.actor)
        return cast(AsyncGenerator[InboundMessage, None], watched)
