"""What the voters of a want pay: arithmetic alone, over votes and shops that somebody else has read.

A voter speaks for the shop that they voted from, and for those that have their address. However many people of a shop
vote, and however many shops a person has, each shop counts once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from models.shops import ENDED, Shop, ShopStatus, SubscriptionStatus
from models.wants import Amount, SegmentKind, Stake, VoteSegment
from resolvers.shop_changes import GONE

CENTS: Final = Decimal("0.01")
FINE: Final = Decimal("0.000000001")
"""Twelfths of a year's price have no end: sums are cut here first, so that they don't depend on their order."""

Segment = tuple[SegmentKind, str | None]


class Voter(Protocol):
    """What of a vote says whom it speaks for."""

    @property
    def email_key(self) -> str | None: ...
    @property
    def shop_domain(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class VotersShops:
    """Of one app and some votes: `own` are the app's shops that the voters speak for, `merchants` the same shops in all
    apps."""

    own: Sequence[Shop]
    merchants: Sequence[Shop]


def stake_of(votes: Sequence[Voter], shops: VotersShops, at: datetime) -> Stake:
    """What the votes stand for at a moment."""
    own = list({shop.domain: shop for shop in shops.own}.values())
    return Stake(
        revenue=_amounts((shop, shop.monthly_revenue(at)) for shop in own),
        merchant_revenue=_amounts((shop, shop.monthly_revenue(at)) for shop in shops.merchants),
        lost=_amounts((shop, lost_revenue(shop)) for shop in own),
        shops=sum(shop.status not in GONE for shop in own),
        segments=_segments(votes, own, at),
        counted_at=at,
    )


def lost_revenue(shop: Shop) -> Decimal:
    """What a shop that has left paid a month when it did; nothing for one that did not pay then (yet, or any more)."""
    left, subscription = shop.uninstalled_at, shop.subscription
    if shop.status not in GONE or left is None or subscription is None or shop.trial_seconds_left is not None:
        return Decimal(0)
    if subscription.ended_at is not None and subscription.ended_at < left:
        return Decimal(0)
    # Leaving cancels a subscription: whether it was paid is in the last that was reported of it.
    reported = next((change.subscription for change in reversed(shop.history) if change.subscription), subscription)
    status = SubscriptionStatus.ACTIVE if reported.status is SubscriptionStatus.CANCELLED else reported.status
    paying = subscription.model_copy(update={"status": status})
    then: Shop = shop.model_copy(update={"status": ShopStatus.ACTIVE, "subscription": paying})
    return then.monthly_revenue(left)


def amount_in(amounts: Iterable[Amount], currency: str) -> Decimal:
    """That of one currency."""
    return next((one.amount for one in amounts if one.currency == currency), Decimal(0))


def _amounts(paid: Iterable[tuple[Shop, Decimal]]) -> list[Amount]:
    """The sums by currency, the largest first; to the cent."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for shop, amount in paid:
        if amount and shop.subscription is not None:
            sums[shop.subscription.currency] += amount
    cut = {currency: total.quantize(FINE).quantize(CENTS) for currency, total in sums.items()}
    return [Amount(currency=one, amount=cut[one]) for one in sorted(cut, key=lambda one: (-cut[one], one))]


def _segments(votes: Sequence[Voter], shops: Sequence[Shop], at: datetime) -> list[VoteSegment]:
    """Each vote in the segment of the shop that it came from, else of that which pays most among the voter's; most
    votes first."""
    by_domain = {shop.domain: shop for shop in shops}
    by_address: defaultdict[str, list[Shop]] = defaultdict(list)
    for shop in shops:
        if shop.email_key:
            by_address[shop.email_key].append(shop)
    cast = Counter(_segment(_shop_of(vote, by_domain, by_address, at)) for vote in votes)
    members: defaultdict[Segment, list[Shop]] = defaultdict(list)
    for shop in shops:
        members[_segment(shop)].append(shop)
    segments = [_vote_segment(one, cast[one], members[one], at) for one in {*cast, *members}]
    return sorted(segments, key=lambda one: (-one.votes, one.kind.value, one.plan or ""))


def _shop_of(
    vote: Voter, by_domain: Mapping[str, Shop], by_address: Mapping[str, Sequence[Shop]], at: datetime
) -> Shop | None:
    if named := by_domain.get(vote.shop_domain or ""):
        return named
    owned = by_address.get(vote.email_key or "", ())
    return min(owned, key=lambda shop: (shop.status in GONE, -shop.monthly_revenue(at), shop.domain), default=None)


def _segment(shop: Shop | None) -> Segment:
    if shop is None:
        return SegmentKind.UNKNOWN, None
    if shop.status in GONE:
        return SegmentKind.UNINSTALLED, None
    if shop.subscription is None or shop.subscription.status in ENDED:
        return SegmentKind.NO_PLAN, None
    return SegmentKind.PLAN, shop.subscription.plan_handle


def _vote_segment(segment: Segment, votes: int, shops: Sequence[Shop], at: datetime) -> VoteSegment:
    names = sorted({shop.subscription.plan_name for shop in shops if segment[1] and shop.subscription})
    return VoteSegment(
        kind=segment[0],
        plan=segment[1],
        plan_name=names[0] if names else None,
        votes=votes,
        shops=len(shops),
        revenue=_amounts((shop, shop.monthly_revenue(at)) for shop in shops),
    )
