"""Plans, and shops that use them."""

from decimal import Decimal
from itertools import count

from core import clock
from models.plans import Interval, Plan
from models.shops import Shop, Subscription, SubscriptionStatus

_numbers = count(1)


async def a_plan(
    app_id: str,
    handle: str | None = None,
    *,
    price: str = "40",
    interval: Interval = Interval.EVERY_30_DAYS,
    features: list[str] | None = None,
    is_active: bool = True,
    name: str = "Pro",
) -> Plan:
    plan = Plan(
        app_id=app_id,
        handle=handle or f"plan_{next(_numbers)}",
        name=name,
        name_key=name.casefold(),
        price=Decimal(price),
        interval=interval,
        features=features or [],
        is_active=is_active,
    )
    return await plan.insert()


async def a_shop_on(plan: Plan, status: SubscriptionStatus = SubscriptionStatus.ACTIVE) -> Shop:
    """A shop that subscribed to the plan as it is now."""
    now = clock.now()
    subscription = Subscription(
        plan_id=plan.id,
        plan_handle=plan.handle,
        plan_name=plan.name,
        price=plan.price,
        currency=plan.currency,
        interval=plan.interval,
        status=status,
        since=now,
    )
    shop = Shop(
        app_id=plan.app_id,
        domain=f"subscriber-{next(_numbers)}.myshopify.com",
        subscription=subscription,
        installed_at=now,
    )
    return await shop.insert()
