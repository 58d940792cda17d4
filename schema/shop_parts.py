"""What shops are made of, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from models import shops as stored
from models.plans import Interval
from models.shops import ChangeKind, SubscriptionStatus
from resolvers import shops
from schema.edge import described
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.money import Money
from schema.plans import Plan

strawberry.enum(SubscriptionStatus, description="As Shopify's AppSubscriptionStatus.")
strawberry.enum(ChangeKind, name="ShopChangeKind")


@strawberry.type(description="The plan as it was when the shop subscribed: a later price change does not reach it.")
class ShopSubscription:
    plan_id: ID
    plan_handle: str
    plan_name: str
    interval: Interval
    trial_days: int
    status: SubscriptionStatus
    is_test: bool
    since: datetime
    ended_at: datetime | None

    @described("What the shop pays per interval.")
    def price(self) -> Money:
        subscribed = cast(stored.Subscription, self)
        return Money.of(subscribed.price, subscribed.currency)

    plan: Plan | None = loaded(
        stored.Subscription,
        Loaders.plans,
        lambda one: one.plan_id,
        "The plan as it is today; null where it was deleted.",
    )


@strawberry.type(description="Something that happened to a shop. `before` and `after` are statuses or plan handles.")
class ShopChange:
    kind: ChangeKind
    at: datetime
    by: str
    before: str | None
    after: str | None
    reason: str | None
    event_id: ID | None
    subscription: ShopSubscription | None


@strawberry.type(description="A shop's domain.")
class ShopDomain:
    id: ID
    domain: str


@strawberry.type
class PlanShopCount:
    plan: str = strawberry.field(description="The plan's handle, or `none`.")
    count: int


@strawberry.type(description="How many shops an app has.")
class ShopStats:
    total: int
    active: int
    inactive: int = strawberry.field(description="All that are not active: paused, uninstalled or redacted.")
    uninstalled: int

    @described("The active shops by the plan that they use.")
    def by_plan(self) -> list[PlanShopCount]:
        counts = cast(shops.ShopStats, self).by_plan
        return [PlanShopCount(plan=plan, count=count) for plan, count in sorted(counts.items())]
