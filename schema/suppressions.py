"""Suppressions, and whether somebody may be written to, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import suppressions as stored
from models.contacts import ConsentCategory
from models.deliveries import Refusal
from models.suppressions import SuppressionReason, SuppressionScope
from resolvers import sending, suppressions
from resolvers.suppressions import SuppressionCreate, SuppressionFilter, SuppressionRemoval, SuppressionSortKey
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.contacts import Contact

strawberry.enum(ConsentCategory)
strawberry.enum(SuppressionReason)
strawberry.enum(SuppressionScope)
strawberry.enum(SuppressionSortKey)
strawberry.enum(Refusal, name="SendingRefusal")


@strawberry.type(
    description="An address that must not be written to. The address itself is kept as a keyed hash alone."
)
class Suppression:
    id: ID
    reason: SuppressionReason
    scope: SuppressionScope
    since: datetime
    source: str = strawberry.field(description="Who or what told of it.")
    note: str | None
    contact_id: ID | None = strawberry.field(description="The contact at the address, where there was one.")
    removed_at: datetime | None
    removed_by: str | None
    removal_reason: str | None
    created_at: datetime
    updated_at: datetime

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.Suppression,
        Loaders.contacts,
        lambda one: one.contact_id,
        "Who is at the address; null where nobody is, or who was erased.",
    )


def suppression(document: stored.Suppression) -> Suppression:
    """The document has all that the type shows."""
    return cast(Suppression, document)


@strawberry.type(description="Whether mail may be sent, and if not, why.")
class SendingVerdict:
    allowed: bool
    refusal: Refusal | None
    sentence: str = strawberry.field(description="For a person.")


@strawberry.input
class SuppressionCreateInput:
    email: str
    scope: Maybe[SuppressionScope]
    note: Maybe[str | None]


@strawberry.input
class SuppressionRemovalInput:
    reason: str


@strawberry.input(description="`email` finds what is known of an address, whatever its case.")
class SuppressionFilterInput:
    email: Maybe[str | None]
    reason: Maybe[SuppressionReason | None]
    is_removed: Maybe[bool | None]


@strawberry.type
class SuppressionPayload:
    suppression: Suppression | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SuppressionQueries:
    @query(sending.check_sending)
    async def can_send(
        self, info: Info, email: str, category: ConsentCategory, app_id: ID | None = None
    ) -> SendingVerdict:
        return cast(SendingVerdict, await sending.check_sending(info.context.actor, email, category, app_id))

    @query(suppressions.list_suppressions)
    async def suppressions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: SuppressionFilterInput | None = None,
        sort_key: SuppressionSortKey = SuppressionSortKey.SINCE,
        reverse: bool = False,
    ) -> Connection[Suppression]:
        window = Range.of(first, after, last, before)
        filters = parse(SuppressionFilter, filter)
        return Connection.of(
            await suppressions.list_suppressions(
                info.context.actor, window, filters, sort_key.order(descending=reverse)
            )
        )


@strawberry.type
class SuppressionMutations:
    @mutation(suppressions.add_suppression)
    async def suppression_add(self, info: Info, input: SuppressionCreateInput) -> SuppressionPayload:
        added = await suppressions.add_suppression(info.context.actor, parse(SuppressionCreate, input))
        return SuppressionPayload(suppression=suppression(added))

    @mutation(suppressions.remove_suppression)
    async def suppression_remove(self, info: Info, id: ID, input: SuppressionRemovalInput) -> SuppressionPayload:
        removed = await suppressions.remove_suppression(info.context.actor, id, parse(SuppressionRemoval, input))
        return SuppressionPayload(suppression=suppression(removed))
