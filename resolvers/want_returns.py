"""Who came back after what they wanted was there: arithmetic over the voters' shops, and the reading of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from models.shops import ChangeKind, Shop, ShopStatus
from models.wants import Want, WantStatus
from resolvers.want_counts import shops_of_votes
from resolvers.wants import get_want

LEFT: Final = frozenset({ChangeKind.UNINSTALLED, ChangeKind.REDACTED})
CAME: Final = frozenset({ChangeKind.INSTALLED, ChangeKind.REINSTALLED})
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class WantReturns:
    """Since when it is there; how many of the voters' shops had left by then, how many of those have the app again, and
    what they bring in a month now, by currency; and the shops, the latest first, at most a hundred."""

    since: datetime
    had_left: int
    came_back: int
    revenue: dict[str, Decimal]
    shops: Sequence[Shop]

    @property
    def rate(self) -> float | None:
        """Of those who had left, so many came back; null where nobody had."""
        return self.came_back / self.had_left if self.had_left else None


@allow(STAFF)
async def want_returns(actor: Actor, app_id: str, want_id: str) -> WantReturns | None:
    """Which of the voters' shops that had left came back since what they wanted is there. Null where it is not."""
    want = await get_want(actor, app_id, want_id)
    since = shipped_at(want)
    return None if since is None else returns_since(since, await shops_of_votes(want), clock.now())


def shipped_at(want: Want) -> datetime | None:
    """When it was completed last; None where it is not completed."""
    if want.status is not WantStatus.COMPLETED:
        return None
    completed = (one.at for one in reversed(want.history) if one.after is WantStatus.COMPLETED != one.before)
    return next(completed, None)


def returns_since(since: datetime, shops: Iterable[Shop], now: datetime) -> WantReturns:
    """A shop that left and came back before then counts as little as one that leaves later."""
    had_left = [shop for shop in shops if _was_gone(shop, since)]
    back = [shop for shop in had_left if shop.status is ShopStatus.ACTIVE]
    revenue: defaultdict[str, Decimal] = defaultdict(Decimal)
    for shop in back:
        amount = shop.monthly_revenue(now)
        if amount and shop.subscription is not None:
            revenue[shop.subscription.currency] += amount
    latest = sorted(back, key=lambda shop: (shop.installed_at, shop.domain), reverse=True)
    return WantReturns(since, len(had_left), len(back), dict(revenue), latest[:SHOWN])


def _was_gone(shop: Shop, at: datetime) -> bool:
    moves = (one for one in reversed(shop.history) if one.kind in LEFT | CAME and one.at <= at)
    last = next(moves, None)
    return last is not None and last.kind in LEFT
