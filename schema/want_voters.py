"""Who voted for what people want, in GraphQL."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID

from core import clock
from models import want_votes as stored_votes
from models import wants as stored
from models.wants import SegmentKind
from resolvers.merchants import monthly_revenue_of
from resolvers.want_relations import Party
from schema.contacts import Contact
from schema.edge import Info, described
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.money import Money
from schema.shops import Shop

if TYPE_CHECKING:
    from schema.wants import Want

strawberry.enum(
    SegmentKind,
    name="WantSegmentKind",
    description="Of voters: their shop uses a plan, has the app without one, has the app no more, or is not known.",
)


@strawberry.type(description="So many votes came from shops of this kind; its shops pay so much, each counted once.")
class WantVoteSegment:
    kind: SegmentKind
    plan: str | None = strawberry.field(description="The plan's handle.")
    plan_name: str | None
    votes: int
    shops: int

    @strawberry.field
    def revenue(self) -> list[Money]:
        return money_of(cast(stored.VoteSegment, self).revenue)


def _party(vote: stored_votes.WantVote) -> Party:
    return Party(vote.app_id, vote.email_key, vote.shop_domain)


@strawberry.type(description="Somebody who voted for a want.")
class WantVoter:
    id: ID
    email: str | None = strawberry.field(description="Null of a shop whose address is not known, and of the erased.")
    shop_domain: str | None = strawberry.field(description="The shop that they voted from, where that was said.")
    cast_by: str
    created_at: datetime

    want: Annotated["Want", strawberry.lazy("schema.wants")] | None = loaded(
        stored_votes.WantVote, Loaders.wants, lambda one: one.want_id, "What they voted for."
    )

    @strawberry.field
    async def contact(self, info: Info) -> Contact | None:
        return await contact_at(info, cast(stored_votes.WantVote, self).email_key)

    shops: list[Shop] = loaded(
        stored_votes.WantVote,
        Loaders.shops_of_voters,
        _party,
        "The app's shops that they speak for: the one that they voted from, and those with their address.",
    )

    @described("What these shops pay a month, by currency.")
    async def monthly_revenue(self, info: Info) -> list[Money]:
        shops = await info.context.loaders.shops_of_voters.load(_party(cast(stored_votes.WantVote, self)))
        paid = monthly_revenue_of(shops, clock.now())
        return [Money.of(amount, currency) for currency, amount in sorted(paid.items())]


async def contact_at(info: Info, email_key: str | None) -> Contact | None:
    if email_key is None:
        return None
    return cast(Contact | None, await info.context.loaders.contacts_by_address.load(email_key))


def money_of(amounts: Iterable[stored.Amount]) -> list[Money]:
    return [Money.of(one.amount, one.currency) for one in amounts]
