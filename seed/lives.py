"""What happens to a shop that installs an app: trials, upgrades, payments that fail, leaving, coming back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from models.plans import Plan
from models.shops import SubscriptionStatus

YEAR: Final = timedelta(days=365)
SEASON: Final = (0.8, 0.9, 1.0, 1.0, 1.0, 0.95, 0.85, 0.85, 1.05, 1.2, 1.6, 1.25)
"""How much more or less shops try apps, from January to December: before the holidays they prepare."""
GROWTH: Final = 2.0
"""Installs at the end of the year are so many times more than at its beginning, and once more."""
MONTH: Final = timedelta(days=30)
REASONS: Final = (
    "No longer needed", "Too expensive", "Missing a feature", "Found another app", "Store closed", "Slowed the store",
)  # fmt: skip
LEAVES_EARLY, LEAVES_AFTER_TRIAL, LEAVES_IN_A_MONTH = 0.10, 0.28, 0.035
UPGRADES, DOWNGRADES, PAYMENT_FAILS, RETURNS = 0.05, 0.02, 0.015, 0.15


@dataclass(frozen=True, slots=True)
class Happening:
    """As an app's backend reports it."""

    at: datetime
    name: str
    data: dict[str, Any] = field(default_factory=dict)


def first_install(random: Random, now: datetime) -> datetime:
    """Some moment of the last year: more and more often, and by the season."""
    while True:
        passed = random.random()
        at = now - YEAR * (1 - passed)
        chance = (1 + GROWTH * passed) / (1 + GROWTH) * SEASON[at.month - 1] / max(SEASON)
        if random.random() < chance:
            return at.replace(microsecond=at.microsecond // 1000 * 1000)


def life(random: Random, plans: Sequence[Plan], installed: datetime, now: datetime) -> Iterator[Happening]:
    """From the first install until now. `plans` are in the order of their price."""
    at: datetime | None = installed
    while at is not None and at < now:
        left = None
        for happening in _stay(random, plans, at):
            if happening.at >= now:
                return
            yield happening
            left = happening.at
        at = left + timedelta(days=random.randint(5, 90)) if left and random.random() < RETURNS else None


def _stay(random: Random, plans: Sequence[Plan], installed: datetime) -> Iterator[Happening]:
    """From an install to the uninstall, which always comes, be it in years."""
    yield Happening(installed, "app-installed")
    if random.random() < LEAVES_EARLY:
        yield _leaving(random, installed + timedelta(hours=random.uniform(0.1, 60)))
        return
    level = min(random.choices((0, 1, 2), (55, 33, 12))[0], len(plans) - 1)
    at = installed + timedelta(minutes=random.uniform(2, 90))
    yield _plan_change(at, plans[level])
    at += timedelta(days=max(3, plans[level].trial_days), hours=random.uniform(-12, 12))
    leaves = plans[level].price and random.random() < LEAVES_AFTER_TRIAL
    while not leaves:
        at += MONTH * random.uniform(0.7, 1.3)
        chance = random.random()
        if chance < PAYMENT_FAILS:
            yield _plan_change(at, plans[level], SubscriptionStatus.FROZEN)
            at += timedelta(days=random.uniform(1, 9))
            yield _plan_change(at, plans[level])
        elif chance < PAYMENT_FAILS + UPGRADES and level + 1 < len(plans):
            level += 1
            yield _plan_change(at, plans[level])
        elif chance > 1 - DOWNGRADES and level > 0:
            level -= 1
            yield _plan_change(at, plans[level])
        leaves = random.random() < LEAVES_IN_A_MONTH
    yield _leaving(random, at + timedelta(hours=1))


def _plan_change(at: datetime, plan: Plan, status: SubscriptionStatus = SubscriptionStatus.ACTIVE) -> Happening:
    return Happening(at, "plan-changed", {"plan": plan.handle, "status": status.value})


def _leaving(random: Random, at: datetime) -> Happening:
    return Happening(at, "app-uninstalled", {"reason": random.choice(REASONS)})
