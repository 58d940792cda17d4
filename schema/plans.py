"""Plans, in GraphQL: `id` is the id, `handle` the name that the app's code knows."""

from datetime import datetime
from decimal import Decimal
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import plans as stored
from models.plans import Interval
from resolvers import plans
from resolvers.plans import PlanCreate, PlanFilter, PlanOutcome, PlanSortKey, PlanUpdate
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.money import Money

strawberry.enum(Interval, name="PlanInterval")
strawberry.enum(PlanSortKey)


@strawberry.type(description="What an app costs. Shops keep the price that they subscribed at.")
class Plan:
    id: ID
    app_id: ID
    handle: str
    name: str
    description: str
    interval: Interval
    trial_days: int
    features: list[str]
    is_active: bool
    created_at: datetime
    updated_at: datetime

    @described("What a shop that subscribes now pays per interval.")
    def price(self) -> Money:
        plan = cast(stored.Plan, self)
        return Money.of(plan.price, plan.currency)

    active_shops: int = loaded(
        stored.Plan,
        Loaders.shops_using_plans,
        lambda one: (one.app_id, one.id),
        "How many shops use the plan: their subscription to it has not ended.",
    )


def plan(document: stored.Plan) -> Plan:
    """The document has all that the type shows."""
    return cast(Plan, document)


@strawberry.type
class IntervalPlanCount:
    interval: Interval
    count: int


@strawberry.type(description="How many plans an app has.")
class PlanStats:
    total: int
    active: int
    inactive: int

    @described("By interval, those without plans too.")
    def by_interval(self) -> list[IntervalPlanCount]:
        found = cast(plans.PlanStats, self).by_interval
        return [IntervalPlanCount(interval=interval, count=count) for interval, count in found.items()]


@strawberry.input
class PlanCreateInput:
    handle: str
    name: str
    description: Maybe[str]
    price: Decimal
    currency: Maybe[str]
    interval: Maybe[Interval]
    trial_days: Maybe[int]
    features: Maybe[list[str]]
    is_active: Maybe[bool]


@strawberry.input
class PlanUpdateInput:
    name: Maybe[str]
    description: Maybe[str]
    price: Maybe[Decimal]
    currency: Maybe[str]
    interval: Maybe[Interval]
    trial_days: Maybe[int]
    features: Maybe[list[str]]
    is_active: Maybe[bool]


@strawberry.input
class PlanFilterInput:
    is_active: Maybe[bool | None]
    interval: Maybe[Interval | None]
    search: Maybe[str | None]


@strawberry.type
class PlanPayload:
    plan: Plan | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`message` says how many shops keep the old price.")
class PlanUpdatePayload:
    plan: Plan | None = None
    message: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="A plan that shops use is in `deactivatedPlan`, and `message` says so.")
class PlanDeletePayload:
    deleted_id: ID | None = None
    deactivated_plan: Plan | None = None
    message: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)

    @classmethod
    def of(cls, outcome: PlanOutcome) -> "PlanDeletePayload":
        if outcome.is_deleted:
            return cls(deleted_id=ID(str(outcome.plan.id)), message=outcome.message)
        return cls(deactivated_plan=plan(outcome.plan), message=outcome.message)


@strawberry.type
class PlanQueries:
    @query(plans.get_plan)
    async def plan(self, info: Info, app_id: ID, id: ID) -> Plan:
        return plan(await plans.get_plan(info.context.actor, app_id, id))

    @query(plans.plan_stats)
    async def plan_stats(self, info: Info, app_id: ID) -> PlanStats:
        return cast(PlanStats, await plans.plan_stats(info.context.actor, app_id))

    @query(plans.plan_features)
    async def plan_features(self, info: Info, app_id: ID) -> list[str]:
        return await plans.plan_features(info.context.actor, app_id)

    @query(plans.list_plans)
    async def plans(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: PlanFilterInput | None = None,
        sort_key: PlanSortKey = PlanSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Plan]:
        window = Range.of(first, after, last, before)
        filters = parse(PlanFilter, filter)
        return Connection.of(
            await plans.list_plans(info.context.actor, app_id, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class PlanMutations:
    @mutation(plans.create_plan)
    async def plan_create(self, info: Info, app_id: ID, input: PlanCreateInput) -> PlanPayload:
        return PlanPayload(plan=plan(await plans.create_plan(info.context.actor, app_id, parse(PlanCreate, input))))

    @mutation(plans.update_plan)
    async def plan_update(self, info: Info, app_id: ID, id: ID, input: PlanUpdateInput) -> PlanUpdatePayload:
        outcome = await plans.update_plan(info.context.actor, app_id, id, parse(PlanUpdate, input))
        return PlanUpdatePayload(plan=plan(outcome.plan), message=outcome.message)

    @mutation(plans.toggle_plan)
    async def plan_toggle(self, info: Info, app_id: ID, id: ID) -> PlanPayload:
        return PlanPayload(plan=plan(await plans.toggle_plan(info.context.actor, app_id, id)))

    @mutation(plans.delete_plan)
    async def plan_delete(self, info: Info, app_id: ID, id: ID) -> PlanDeletePayload:
        return PlanDeletePayload.of(await plans.delete_plan(info.context.actor, app_id, id))
