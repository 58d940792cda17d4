"""Why shops leave, in GraphQL."""

from datetime import datetime
from typing import Annotated, Final, cast

import strawberry
from strawberry import ID

from core.errors import InvalidInput
from resolvers import churn_forensics as resolvers
from resolvers.churn_signals import SIGNALS
from resolvers.churn_sources import ChurnSignal, Sighting
from resolvers.metric_periods import MetricsInterval, MetricsQuery
from schema.edge import Info, described, listed, query
from schema.error_groups import ErrorGroup
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.metrics import MetricsPeriod
from schema.periods import Days, From, To
from schema.serving.cost import ITEMS
from schema.shops import Shop

MOST_LISTED: Final = 100
TITLES: Final = {signal.name: signal.title for signal in SIGNALS}

First = Annotated[int, strawberry.argument(description=f"1 to {MOST_LISTED}.")]

strawberry.enum(ChurnSignal, description="What may have made a shop leave.")


@strawberry.type(name="ChurnEstimate", description="A number, and the interval that holds the true one 19 times in 20.")
class Estimate:
    value: float
    low: float
    high: float


@strawberry.type(
    name="ChurnComparison",
    description="How many of the shops that left had something happen to them, and of those that stayed. All but the "
    "counts is null where they are too few to say anything.",
)
class Comparison:
    left_with: int
    left: int
    stayed_with: int
    stayed: int
    is_too_few: bool = strawberry.field(
        description="Fewer than five shops left, or stayed, or had it happen to them at all."
    )
    left_share: Estimate | None = strawberry.field(description="0 to 1, with Wilson's interval.")
    stayed_share: Estimate | None = strawberry.field(description="0 to 1, with Wilson's interval.")
    lift: Estimate | None = strawberry.field(
        description="How many times as large the share of those that left is, with an interval that follows "
        "from theirs (Zou and Donner). Null too where one of the shares is 0, or shops were matched by it."
    )
    at_least: float | None = strawberry.field(
        description="The lower end of the lift; also of what none of those that stayed had."
    )
    is_clear: bool = strawberry.field(description="Whether the interval of the lift does not hold 1.")


@strawberry.type(description="`title` ends the sentence: before it left, the shop…")
class ComparedChurnSignal:
    comparison: Comparison

    @strawberry.field
    def signal(self) -> ChurnSignal:
        return cast(resolvers.ComparedSignal, self).signal.name

    @strawberry.field
    def title(self) -> str:
        return cast(resolvers.ComparedSignal, self).signal.title

    @described("So many days before the moment it counts.")
    def within_days(self) -> int:
        return cast(resolvers.ComparedSignal, self).signal.within.days


@strawberry.type(description="An error that shops met for the first time. Its group is null once it is forgotten.")
class ComparedChurnError:
    comparison: Comparison

    error_group: ErrorGroup | None = loaded(resolvers.ComparedError, Loaders.error_groups, lambda one: one.group_id)


@strawberry.type(description="Something that happened to a shop before it left.")
class BeforeDeparture:
    signal: ChurnSignal
    at: datetime
    detail: str = strawberry.field(description="What it was about; empty where there is no more to say.")

    @described("The end of the sentence: before it left, the shop…")
    def title(self) -> str:
        return TITLES[cast(Sighting, self).signal]


@strawberry.type(description="A shop that left, and did not come back.")
class ChurnDeparture:
    reason: str | None = strawberry.field(description="That it gave.")
    compared_with: int = strawberry.field(
        description="How many shops that stayed it is compared with; 0 if none had the app for about as long."
    )
    before: list[BeforeDeparture] = strawberry.field(description="The latest first.", metadata={ITEMS: 5})

    @strawberry.field
    def left_at(self) -> datetime:
        return cast(resolvers.Departure, self).moment.at

    @strawberry.field
    def installed_at(self) -> datetime:
        return cast(resolvers.Departure, self).moment.installed_at

    @strawberry.field
    def shop_domain(self) -> str:
        return cast(resolvers.Departure, self).moment.domain

    shop: Shop | None = loaded(resolvers.Departure, Loaders.shops, lambda one: (one.app_id, one.moment.domain))


@strawberry.type(
    description="Why shops left an app in a period, as far as it can be seen: what had happened to them in the 30 days "
    "before, and how much more often than to shops that stayed, installed at about the same time, and are looked at "
    "at the same moment. A lift is no proof of a cause."
)
class ChurnForensics:
    compared: int = strawberry.field(description="Shops that left and for which one was found to compare them with.")
    stayed: int = strawberry.field(description="Shops that stayed and were looked at: at most two for each that left.")
    is_sampled: bool = strawberry.field(
        description=f"Whether more shops left than the {resolvers.MOST_DEPARTURES:,} that are looked at, the latest, "
        f"or more than {resolvers.MOST_THAT_STAYED:,} could be compared with them."
    )
    signals: list[ComparedChurnSignal] = strawberry.field(
        description="The clearest first.", metadata={ITEMS: len(SIGNALS)}
    )
    errors: list[ComparedChurnError] = strawberry.field(
        description="The ten that tell the most, the clearest first.", metadata={ITEMS: resolvers.ERRORS_SHOWN}
    )

    @strawberry.field
    def period(self) -> MetricsPeriod:
        return cast(MetricsPeriod, cast(resolvers.ChurnForensics, self).period.whole)

    @described("How many shops left: of those that are looked at.")
    def left(self) -> int:
        return len(cast(resolvers.ChurnForensics, self).departures)

    @listed("Shop by shop, the latest first.", 20)
    def departures(self, first: First = 20) -> list[ChurnDeparture]:
        if not 1 <= first <= MOST_LISTED:
            raise InvalidInput(f"first must be between 1 and {MOST_LISTED}", "first")
        return cast(list[ChurnDeparture], cast(resolvers.ChurnForensics, self).departures[:first])


@strawberry.type
class ChurnForensicsQueries:
    @query(resolvers.churn_forensics)
    async def churn_forensics(
        self, info: Info, app_id: ID, since: From = None, until: To = None, days: Days = None
    ) -> ChurnForensics:
        asked = MetricsQuery.of(since, until, days, MetricsInterval.DAY)
        return cast(ChurnForensics, await resolvers.churn_forensics(info.context.actor, app_id, asked))
