"""What changes do to a shop, whatever the order in which word of them arrives."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.shops import ENDED, HISTORY_KEPT, Change, ChangeKind, ShopStatus, Subscription, SubscriptionStatus
from resolvers.shop_changes import GONE, Standing, happened, replayed
from tests.factories.shops import a_change, terms

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS: Final = (ChangeKind.INSTALLED, ChangeKind.UNINSTALLED, ChangeKind.PLAN_CHANGED)
TRIAL_DAYS: Final = 14


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def installed(at: float) -> Change:
    return a_change(ChangeKind.INSTALLED, day(at))


def uninstalled(at: float) -> Change:
    return a_change(ChangeKind.UNINSTALLED, day(at))


def redacted(at: float) -> Change:
    return a_change(ChangeKind.REDACTED, day(at))


def moved_to(status: ShopStatus, at: float) -> Change:
    return a_change(ChangeKind.STATUS_CHANGED, day(at), after=status.value)


def on_plan(at: float, handle: str = "pro", **fields: object) -> Change:
    return a_change(ChangeKind.PLAN_CHANGED, day(at), terms(handle, since=day(at), **fields))  # type: ignore[arg-type]


def standing_after(*changes: Change) -> Standing:
    standing, _ = arrived(changes)
    assert standing is not None
    return standing


def arrived(changes: Sequence[Change]) -> tuple[Standing | None, list[Change]]:
    """One after the other, as words of them arrive."""
    standing: Standing | None = None
    history: list[Change] = []
    for change in changes:
        standing, history = happened(standing, history, [change])
    return standing, history


def subscription_after(*changes: Change) -> Subscription:
    subscription = standing_after(*changes).subscription
    assert subscription is not None
    return subscription


@some.composite
def histories(draw: some.DrawFn) -> list[Change]:
    """Changes on different days, shuffled."""
    days = draw(some.lists(some.integers(0, 400), unique=True, min_size=1, max_size=12))
    changes = []
    for number in days:
        kind = draw(some.sampled_from(EVENTS))
        if kind is ChangeKind.PLAN_CHANGED:
            status = draw(some.sampled_from(SubscriptionStatus))
            handle = draw(some.sampled_from(["basic", "pro"]))
            changes.append(on_plan(number, handle, status=status, trial_days=TRIAL_DAYS))
        else:
            changes.append(a_change(kind, day(number)))
    return changes


class TestStatus:
    def test_an_install_makes_a_shop_active(self) -> None:
        standing = standing_after(installed(0))
        assert (standing.status, standing.installed_at, standing.uninstalled_at) == (ShopStatus.ACTIVE, day(0), None)

    def test_an_uninstall_is_remembered_until_the_shop_comes_back(self) -> None:
        gone = standing_after(installed(0), uninstalled(3))
        assert (gone.status, gone.uninstalled_at) == (ShopStatus.UNINSTALLED, day(3))
        back = standing_after(installed(0), uninstalled(3), installed(5))
        assert (back.status, back.installed_at, back.uninstalled_at) == (ShopStatus.ACTIVE, day(5), None)

    def test_an_install_of_an_active_shop_does_not_move_the_date(self) -> None:
        assert standing_after(installed(0), installed(3)).installed_at == day(0)

    def test_a_shop_heard_of_late_was_there(self) -> None:
        assert standing_after(uninstalled(3)).status is ShopStatus.UNINSTALLED
        assert standing_after(on_plan(3)).status is ShopStatus.ACTIVE

    def test_only_an_install_revives_a_redacted_shop(self) -> None:
        beginning = (installed(0), redacted(1))
        assert standing_after(*beginning, uninstalled(2)).status is ShopStatus.REDACTED
        assert standing_after(*beginning, moved_to(ShopStatus.ACTIVE, 2)).status is ShopStatus.REDACTED
        assert standing_after(*beginning, installed(2)).status is ShopStatus.ACTIVE

    def test_history_says_what_it_was_and_what_it_became(self) -> None:
        _, history = arrived([installed(0), on_plan(1), uninstalled(2), installed(3)])
        assert [(change.kind, change.before, change.after) for change in history] == [
            (ChangeKind.INSTALLED, None, "active"),
            (ChangeKind.PLAN_CHANGED, None, "pro"),
            (ChangeKind.UNINSTALLED, "active", "uninstalled"),
            (ChangeKind.REINSTALLED, "uninstalled", "active"),
        ]


class TestSubscription:
    def test_uninstalling_cancels_it(self) -> None:
        subscription = subscription_after(installed(0), on_plan(1), uninstalled(2))
        assert (subscription.status, subscription.ended_at) == (SubscriptionStatus.CANCELLED, day(2))

    def test_the_same_plan_again_keeps_the_old_price(self) -> None:
        subscription = subscription_after(on_plan(0, price="40"), on_plan(30, price="60"))
        assert (subscription.price, subscription.since) == (Decimal(40), day(0))

    def test_another_plan_has_its_own_price(self) -> None:
        subscription = subscription_after(on_plan(0, "basic", price="10"), on_plan(30, "pro", price="60"))
        assert (subscription.plan_handle, subscription.price, subscription.since) == ("pro", Decimal(60), day(30))

    def test_who_comes_back_pays_the_new_price(self) -> None:
        history = (on_plan(0, price="40"), uninstalled(5), installed(6), on_plan(7, price="60"))
        assert subscription_after(*history).price == Decimal(60)

    def test_freezing_keeps_the_terms(self) -> None:
        frozen = subscription_after(on_plan(0), on_plan(3, price="60", status=SubscriptionStatus.FROZEN))
        assert (frozen.status, frozen.price) == (SubscriptionStatus.FROZEN, Decimal(40))

    @pytest.mark.parametrize("status", [SubscriptionStatus.PENDING, *sorted(ENDED)])
    def test_word_of_another_plan_that_does_not_hold_leaves_the_one_that_does(self, status: SubscriptionStatus) -> None:
        subscription = subscription_after(on_plan(0, "basic"), on_plan(3, "pro", status=status))
        assert (subscription.plan_handle, subscription.status) == ("basic", SubscriptionStatus.ACTIVE)

    def test_an_ended_one_says_when(self) -> None:
        subscription = subscription_after(on_plan(0), on_plan(3, status=SubscriptionStatus.EXPIRED))
        assert (subscription.status, subscription.ended_at) == (SubscriptionStatus.EXPIRED, day(3))

    def test_word_of_a_plan_after_the_uninstall_does_not_hold(self) -> None:
        assert subscription_after(uninstalled(0), on_plan(1)).status is SubscriptionStatus.CANCELLED


class TestTrial:
    def test_begins_with_the_first_plan_that_costs_something(self) -> None:
        free, paid = on_plan(0, "free", price="0", trial_days=14), on_plan(5, trial_days=14)
        assert standing_after(free).trial_ends_at is None
        assert standing_after(free, paid).trial_ends_at == day(5 + 14)

    def test_does_not_begin_before_the_subscription_is_approved(self) -> None:
        pending = on_plan(0, trial_days=14, status=SubscriptionStatus.PENDING)
        assert standing_after(pending).trial_ends_at is None
        assert standing_after(pending, on_plan(2, trial_days=14)).trial_ends_at == day(2 + 14)

    def test_is_had_once_in_the_life_of_a_shop(self) -> None:
        standing = standing_after(on_plan(0, trial_days=7), on_plan(30, "max", trial_days=14))
        assert standing.trial_ends_at == day(7)

    def test_what_is_left_of_it_goes_on_when_the_shop_comes_back(self) -> None:
        history = (on_plan(0, trial_days=14), uninstalled(4))
        left = standing_after(*history)
        assert (left.trial_ends_at, left.trial_seconds_left) == (None, 10 * 86_400)
        back = standing_after(*history, installed(30))
        assert (back.trial_ends_at, back.trial_seconds_left) == (day(40), None)

    def test_one_that_is_over_leaves_nothing(self) -> None:
        standing = standing_after(on_plan(0, trial_days=14), uninstalled(20), installed(30))
        assert (standing.trial_ends_at, standing.trial_seconds_left) == (day(14), None)


class TestAnyOrder:
    @given(histories(), some.randoms(use_true_random=False))
    def test_leads_to_the_same(self, changes: list[Change], random: Random) -> None:
        in_order, expected = replayed(changes)
        random.shuffle(changes)
        assert arrived(changes) == (in_order, expected)

    @given(histories())
    def test_the_newest_install_or_uninstall_decides_the_status(self, changes: list[Change]) -> None:
        standing = standing_after(*changes)
        decisive = [change for change in changes if change.kind is not ChangeKind.PLAN_CHANGED]
        newest = max(decisive, key=lambda change: change.at, default=None)
        gone = newest is not None and newest.kind is ChangeKind.UNINSTALLED
        assert standing.status is (ShopStatus.UNINSTALLED if gone else ShopStatus.ACTIVE)

    @given(histories())
    def test_a_shop_that_is_gone_has_no_subscription_that_holds(self, changes: list[Change]) -> None:
        standing = standing_after(*changes)
        if standing.status in GONE and standing.subscription is not None:
            assert standing.subscription.status in ENDED
            assert standing.subscription.ended_at is not None

    @given(histories())
    def test_a_trial_is_never_negative_nor_longer_than_offered(self, changes: list[Change]) -> None:
        standing = standing_after(*changes)
        assert standing.trial_ends_at is None or standing.trial_seconds_left is None
        assert 0 <= (standing.trial_seconds_left or 0) <= TRIAL_DAYS * 86_400
        if standing.trial_ends_at is not None:
            assert standing.trial_ends_at - max(change.at for change in changes) <= timedelta(days=TRIAL_DAYS)

    @given(histories())
    def test_the_same_word_twice_is_heard_once(self, changes: list[Change]) -> None:
        standing, history = arrived(changes)
        assert happened(standing, history, changes) == (standing, history)

    def test_holds_for_every_order_of_a_short_life(self) -> None:
        life = [installed(0), on_plan(1, trial_days=14), uninstalled(4), installed(9), on_plan(9.5, price="60")]
        outcomes = [arrived(order) for order in permutations(life)]
        assert all(outcome == outcomes[0] for outcome in outcomes)


class TestLongHistories:
    def test_keep_the_newest_changes(self) -> None:
        changes = [installed(number) for number in range(HISTORY_KEPT + 5)]
        standing, history = arrived(changes)
        assert [change.at for change in history] == [change.at for change in changes[-HISTORY_KEPT:]]
        assert standing is not None
        assert standing.installed_at == day(0)

    def test_record_what_is_late_without_effect(self) -> None:
        changes = [installed(number) for number in range(HISTORY_KEPT)]
        standing, history = arrived([*changes, uninstalled(HISTORY_KEPT - 1.5)])
        assert standing is not None
        assert standing.status is ShopStatus.ACTIVE
        assert history[-2].kind is ChangeKind.UNINSTALLED
