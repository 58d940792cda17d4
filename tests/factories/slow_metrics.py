"""Metrics as a patient person would count them: every shop is looked at as it stood at the end of every single day.

Nothing of the platform's own counting is used, but what says where a shop stands after its changes, and what a shop
brings in a month.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.shops import ENDED, Shop, ShopStatus
from resolvers.shop_changes import GONE, replayed

DAY = timedelta(days=1)


def midnight(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo)


def days_between(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += DAY


@dataclass(frozen=True)
class Seen:
    """A shop at some moment."""

    status: ShopStatus
    plan: str
    currency: str
    revenue: Decimal
    is_trial: bool


def seen(shop: Shop, at: datetime) -> Seen | None:
    """None before anything was known of it."""
    standing, _ = replayed([change for change in shop.history if change.at <= at])
    if standing is None:
        return None
    then: Shop = shop.model_copy(update=standing.fields())
    paid: Shop = then.model_copy(update={"trial_ends_at": None})
    uses = then.subscription is not None and then.subscription.status not in ENDED
    return Seen(
        then.status,
        then.subscription.plan_handle if then.subscription and uses else "none",
        then.subscription.currency if then.subscription else "",
        then.monthly_revenue(at),
        then.monthly_revenue(at) == 0 and paid.monthly_revenue(at) > 0,
    )


def seen_on(shop: Shop, day: datetime, now: datetime) -> Seen | None:
    """At the day's end, or now where it has not ended."""
    return seen(shop, min(day + DAY - timedelta(milliseconds=1), now))


def first_seen(shop: Shop) -> datetime:
    return midnight(min(change.at for change in shop.history))


def stock(shops: Iterable[Shop], day: datetime, now: datetime) -> Counter[tuple[str, ...]]:
    """Where the shops stand at a day's end."""
    counted: Counter[tuple[str, ...]] = Counter()
    for shop in shops:
        one = seen_on(shop, day, now)
        if one is None:
            continue
        counted["total",] += 1
        counted["status", one.status.value] += 1
        counted["trialing",] += one.is_trial
        if one.status is ShopStatus.ACTIVE:
            counted["plan", one.plan] += 1
        if one.revenue:
            counted["paying", one.currency, one.plan] += 1
            counted["mrr", one.currency, one.plan] += one.revenue  # type: ignore[assignment]
    return +counted


def movements(
    shop: Shop, first: datetime, last: datetime, now: datetime
) -> Iterator[tuple[datetime, str, str, Decimal]]:
    """Day, kind, currency and amount of every change of the shop's revenue."""
    paid_before = False
    for day in days_between(first_seen(shop), last):
        was, is_now = seen_on(shop, day - DAY, now), seen_on(shop, day, now)
        before = was.revenue if was else Decimal(0)
        after = is_now.revenue if is_now else Decimal(0)
        found: list[tuple[str, str, Decimal]] = []
        if was and is_now and before and after and was.currency != is_now.currency:
            found = [("contraction", was.currency, before), ("expansion", is_now.currency, after)]
        elif was and before and not after:
            found = [("churn", was.currency, before)]
        elif is_now and after and not before:
            found = [("reactivation" if paid_before else "new", is_now.currency, after)]
        elif is_now and before < after:
            found = [("expansion", is_now.currency, after - before)]
        elif is_now and after < before:
            found = [("contraction", is_now.currency, before - after)]
        if day >= first:
            yield from ((day, *one) for one in found)
        paid_before = paid_before or after > 0


def happenings(shop: Shop, now: datetime) -> Counter[tuple[datetime, str]]:
    """On which day the shop was new, came back, left, and started its trial."""
    counted: Counter[tuple[datetime, str]] = Counter()
    before = None
    known = [change for change in shop.history if change.at <= now]
    for number, change in enumerate(known):
        after, _ = replayed(known[: number + 1])
        assert after is not None
        day = midnight(change.at)
        was_gone = before is not None and before.status in GONE
        counted[day, "new"] += before is None
        counted[day, "returned"] += was_gone and after.status not in GONE
        counted[day, "left"] += not was_gone and after.status in GONE
        had = before is not None and (before.trial_ends_at or before.trial_seconds_left is not None)
        if (
            after.trial_ends_at
            and not had
            and not shop.is_test
            and after.subscription
            and not after.subscription.is_test
        ):
            counted[day, "trial_started"] += 1
        before = after
    return +counted


def paid_after(shop: Shop, now: datetime) -> tuple[datetime, int] | None:
    """The day on which the shop's trial started, and how many days later it brought revenue for the first time."""
    started = [day for day, kind in happenings(shop, now) if kind == "trial_started"]
    if not started:
        return None
    paying = (
        day for day in days_between(started[0], midnight(now)) if (one := seen_on(shop, day, now)) and one.revenue
    )
    day = next(paying, None)
    return (started[0], (day - started[0]).days) if day else None
