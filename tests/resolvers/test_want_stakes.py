"""What the voters of a want pay: arithmetic."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from models.plans import Interval
from models.shops import Change, ChangeKind, Shop, ShopStatus, Subscription, SubscriptionStatus
from models.wants import Amount, SegmentKind
from resolvers.want_counts import VoteFacts
from resolvers.want_stakes import VotersShops, lost_revenue, stake_of

NOW: Final = clock.now()
PAID: Final = SubscriptionStatus.ACTIVE


def a_plan(price: str = "40", currency: str = "USD", **fields: Any) -> Subscription:
    known = {
        "plan_id": PydanticObjectId(),
        "plan_handle": "pro",
        "plan_name": "Pro",
        "interval": Interval.EVERY_30_DAYS,
        "status": PAID,
        "since": NOW - timedelta(days=90),
    }
    return Subscription(price=Decimal(price), currency=currency, **{**known, **fields})


def a_shop(domain: str, subscription: Subscription | None = None, email: str | None = None, **fields: Any) -> Shop:
    made: Shop = Shop.model_construct(
        app_id="banners",
        domain=domain,
        email_key=email,
        subscription=subscription,
        installed_at=NOW - timedelta(days=90),
        **fields,
    )
    return made


def gone(domain: str, subscription: Subscription, **fields: Any) -> Shop:
    """It left yesterday, which cancelled its subscription."""
    left = NOW - timedelta(days=1)
    ended = subscription.model_copy(update={"status": SubscriptionStatus.CANCELLED, "ended_at": left})
    change = Change(kind=ChangeKind.PLAN_CHANGED, at=subscription.since, by="tests", subscription=subscription)
    known = {"status": ShopStatus.UNINSTALLED, "uninstalled_at": left, "history": [change]}
    return a_shop(domain, ended, **{**known, **fields})


def a_vote(email: str | None = None, domain: str | None = None) -> VoteFacts:
    return VoteFacts.model_construct(id=PydanticObjectId(), email_key=email, shop_domain=domain)


def amounts(found: Sequence[Amount]) -> dict[str, str]:
    return {one.currency: str(one.amount) for one in found}


def stake(votes: Sequence[VoteFacts], own: Sequence[Shop], merchants: Sequence[Shop] = ()) -> Any:
    return stake_of(votes, VotersShops(own, [*own, *merchants]), NOW)


class TestRevenue:
    def test_each_shop_counts_once_however_many_of_its_people_vote(self) -> None:
        votes = [a_vote("ada", "tea"), a_vote("bob", "tea"), a_vote("eve")]
        found = stake(votes, [a_shop("tea", a_plan()), a_shop("tea", a_plan()), a_shop("cake", a_plan("9.99"), "eve")])
        assert (amounts(found.revenue), found.shops, found.counted_at) == ({"USD": "49.99"}, 2, NOW)

    def test_by_currency_the_largest_first(self) -> None:
        found = stake(
            [], [a_shop("tea", a_plan("10", "EUR")), a_shop("cake", a_plan("40")), a_shop("gin", a_plan("1"))]
        )
        assert list(amounts(found.revenue).items()) == [("USD", "41.00"), ("EUR", "10.00")]

    def test_a_year_s_price_by_twelve_to_the_cent(self) -> None:
        yearly = a_plan("199", interval=Interval.ANNUAL)
        assert amounts(stake([], [a_shop("tea", yearly)]).revenue) == {"USD": "16.58"}
        assert amounts(stake([], [a_shop(str(number), yearly) for number in range(12)]).revenue) == {"USD": "199.00"}

    def test_who_does_not_pay_adds_nothing(self) -> None:
        shops = [
            a_shop("free"),
            a_shop("trial", a_plan(), trial_ends_at=NOW + timedelta(days=1)),
            a_shop("frozen", a_plan(status=SubscriptionStatus.FROZEN)),
            a_shop("test", a_plan(), is_test=True),
            gone("gone", a_plan()),
        ]
        found = stake([], shops)
        assert (amounts(found.revenue), found.shops) == ({}, 4)

    def test_merchants_count_with_all_their_apps(self) -> None:
        found = stake([a_vote(domain="tea")], [a_shop("tea", a_plan())], [a_shop("tea", a_plan("29"))])
        assert (amounts(found.revenue), amounts(found.merchant_revenue)) == ({"USD": "40.00"}, {"USD": "69.00"})


class TestLostRevenue:
    def test_it_is_what_they_paid_when_they_left(self) -> None:
        assert amounts(stake([], [gone("tea", a_plan()), a_shop("cake", a_plan("9"))]).lost) == {"USD": "40.00"}

    @pytest.mark.parametrize(
        "shop",
        [
            gone("trial", a_plan(), trial_seconds_left=60),
            gone("frozen", a_plan(status=SubscriptionStatus.FROZEN)),
            gone("test", a_plan(), is_test=True),
            gone("once", a_plan(interval=Interval.ONE_TIME)),
            a_shop("stays", a_plan()),
            a_shop("never paid", None, status=ShopStatus.UNINSTALLED, uninstalled_at=NOW),
            a_shop(
                "cancelled before",
                a_plan(status=SubscriptionStatus.CANCELLED, ended_at=NOW - timedelta(days=9)),
                status=ShopStatus.UNINSTALLED,
                uninstalled_at=NOW,
            ),
        ],
        ids=lambda shop: shop.domain,
    )
    def test_who_did_not_pay_then_is_no_loss(self, shop: Shop) -> None:
        assert lost_revenue(shop) == 0


class TestSegments:
    def test_each_vote_is_in_the_segment_of_its_shop(self) -> None:
        growth = a_plan("9.99", plan_handle="growth", plan_name="Growth")
        shops = [
            a_shop("tea", a_plan()),
            a_shop("cake", growth, "eve"),
            a_shop("gin", a_plan("99", plan_handle="plus", plan_name="Plus"), "eve"),
            a_shop("free", None, "max"),
            gone("left", a_plan()),
        ]
        votes = [a_vote("ada", "tea"), a_vote("bob", "tea"), a_vote("eve"), a_vote("eve2", "cake")]
        found = stake([*votes, a_vote("max"), a_vote(domain="left"), a_vote("nobody")], shops).segments
        assert [(one.kind, one.plan, one.votes, one.shops, amounts(one.revenue)) for one in found] == [
            (SegmentKind.PLAN, "pro", 2, 1, {"USD": "40.00"}),
            (SegmentKind.NO_PLAN, None, 1, 1, {}),
            (SegmentKind.PLAN, "growth", 1, 1, {"USD": "9.99"}),
            (SegmentKind.PLAN, "plus", 1, 1, {"USD": "99.00"}),
            (SegmentKind.UNINSTALLED, None, 1, 1, {}),
            (SegmentKind.UNKNOWN, None, 1, 0, {}),
        ]
        assert {one.plan: one.plan_name for one in found if one.plan}["growth"] == "Growth"


PRICES: Final = st.decimals(0, 500, places=2).map(str)
SHOPS: Final = st.lists(
    st.builds(
        lambda number, price, currency, annual, owner, left: (gone if left else a_shop)(
            f"shop-{number}",
            a_plan(price, currency, interval=Interval.ANNUAL if annual else Interval.EVERY_30_DAYS),
            **({"email": owner} if owner else {}),
        ),
        st.integers(0, 12),
        PRICES,
        st.sampled_from(["USD", "EUR"]),
        st.booleans(),
        st.sampled_from([None, "ada", "bob"]),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda shop: shop.domain,
)
VOTES: Final = st.lists(
    st.builds(
        a_vote,
        st.sampled_from([None, "ada", "bob", "eve"]),
        st.one_of(st.none(), st.integers(0, 12).map("shop-{}".format)),
    ),
    max_size=15,
)


@given(VOTES, SHOPS, st.randoms())
def test_whatever_votes_and_shops_come_in_the_sums_add_up_in_any_order(
    votes: list[VoteFacts], shops: list[Shop], random: Any
) -> None:
    found = stake(votes, shops)
    assert sum(segment.votes for segment in found.segments) == len(votes)
    assert sum(segment.shops for segment in found.segments) == len(shops)
    for currency in ("USD", "EUR"):
        paid = sum(
            (
                shop.monthly_revenue(NOW)
                for shop in shops
                if shop.subscription and shop.subscription.currency == currency
            ),
            Decimal(0),
        )
        assert abs(Decimal(amounts(found.revenue).get(currency, "0")) - paid) <= Decimal("0.005")
    random.shuffle(votes)
    random.shuffle(shops)
    assert stake(votes, shops) == found
