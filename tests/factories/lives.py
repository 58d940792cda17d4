"""Random lives of shops: whatever can happen to one, in any order of arrival."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as some

from models.plans import Interval
from models.shops import Change, ChangeKind, Shop, ShopStatus, Subscription, SubscriptionStatus
from resolvers.shop_changes import happened
from tests.factories.shops import a_change, terms

FIRST_DAY: Final = datetime(2026, 1, 20, tzinfo=UTC)
DAYS: Final = 45
HOUR: Final = timedelta(hours=1)
HOURS: Final = (0, 7, 12, 18, 23)
"""Few, so that things happen at once, and at midnight."""

PLANS: Final[dict[str, dict[str, Any]]] = {
    "free": {"price": Decimal(0)},
    "basic": {"price": Decimal(5)},
    "pro": {"price": Decimal(40), "trial_days": 10},
    "year": {"price": Decimal("199.99"), "interval": Interval.ANNUAL, "trial_days": 3},
    "euro": {"price": Decimal("9.99"), "currency": "EUR"},
    "once": {"price": Decimal(500), "interval": Interval.ONE_TIME, "trial_days": 10},
}


KINDS: Final = (
    ChangeKind.INSTALLED, ChangeKind.UNINSTALLED, ChangeKind.STATUS_CHANGED, ChangeKind.REDACTED,
    *[ChangeKind.PLAN_CHANGED] * 4,
)  # fmt: skip


def subscribed(handle: str, status: SubscriptionStatus, at: datetime, *, is_test: bool) -> Subscription:
    known: Subscription = terms(handle, status=status, since=at).model_copy(
        update={**PLANS[handle], "is_test": is_test}
    )
    return known


@some.composite
def moments(draw: some.DrawFn) -> datetime:
    days, hour = draw(some.integers(0, DAYS)), draw(some.sampled_from(HOURS))
    return FIRST_DAY + timedelta(days=days) + HOUR * hour


@some.composite
def changes(draw: some.DrawFn) -> Change:
    at = draw(moments())
    kind = draw(some.sampled_from(KINDS))
    match kind:
        case ChangeKind.PLAN_CHANGED:
            status = draw(some.sampled_from([*SubscriptionStatus, *[SubscriptionStatus.ACTIVE] * 6]))
            handle = draw(some.sampled_from(sorted(PLANS)))
            is_test = draw(some.sampled_from([False, False, False, True]))
            return a_change(kind, at, subscribed(handle, status, at, is_test=is_test))
        case ChangeKind.STATUS_CHANGED:
            return a_change(kind, at, after=draw(some.sampled_from(["active", "inactive", "uninstalled"])))
        case _:
            return a_change(kind, at, after=ShopStatus.REDACTED.value if kind is ChangeKind.REDACTED else "")


def a_life(
    changes: Sequence[Change], *, app_id: str = "banners", domain: str = "tea.myshopify.com", **fields: Any
) -> Shop:
    """A shop that all of this happened to, in the order in which word of it arrived."""
    standing, history = happened(None, [], changes)
    assert standing is not None
    return Shop(app_id=app_id, domain=domain, history=history, **standing.fields(), **fields)


LIVES: Final = some.builds(
    a_life,
    some.lists(changes(), min_size=1, max_size=10),
    is_test=some.sampled_from([False, False, False, True]),
)
