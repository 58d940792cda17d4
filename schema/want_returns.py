"""Who came back after what they wanted was there, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from resolvers import want_returns
from schema.edge import Info, described, query
from schema.money import Money
from schema.shops import Shop


@strawberry.type(
    description="Of a want that is there now: how many of the voters' shops had left by then, and how many of those "
    "have the app again."
)
class WantReturns:
    since: datetime
    had_left: int
    came_back: int
    rate: float | None = strawberry.field(description="0 to 1; null where nobody had left.")
    shops: list[Shop] = strawberry.field(description="Those that came back, the latest first, at most a hundred.")

    @described("What they bring in a month now, by currency.")
    def monthly_revenue(self) -> list[Money]:
        revenue = cast(want_returns.WantReturns, self).revenue
        return [Money.of(amount, currency) for currency, amount in sorted(revenue.items())]


@strawberry.type
class WantReturnsQueries:
    @query(want_returns.want_returns)
    async def want_returns(self, info: Info, app_id: ID, id: ID) -> WantReturns | None:
        return cast(WantReturns | None, await want_returns.want_returns(info.context.actor, app_id, id))
