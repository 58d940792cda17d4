"""How much more often something had happened to those who left, as arithmetic; and whom they are compared with."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.churn_arithmetic import FEWEST, Comparison, by_lift, share_of
from resolvers.churn_moments import COMPARED_WITH, Moment, matched, tolerance

NOW = datetime(2026, 6, 1, tzinfo=UTC)
parts = st.integers(1, 2000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


class TestAShare:
    @given(parts)
    def test_it_lies_in_its_interval_between_nothing_and_all(self, part: tuple[int, int]) -> None:
        share = share_of(*part)
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert share.low < share.high

    @given(parts)
    def test_the_share_of_the_others_is_its_mirror(self, part: tuple[int, int]) -> None:
        share, others = share_of(*part), share_of(part[1] - part[0], part[1])
        assert (others.low, others.high) == pytest.approx((1 - share.high, 1 - share.low))

    @given(parts, st.integers(2, 20))
    def test_more_shops_say_it_more_exactly(self, part: tuple[int, int], times: int) -> None:
        few, many = share_of(*part), share_of(part[0] * times, part[1] * times)
        assert many.high - many.low < few.high - few.low

    def test_it_is_what_wilson_says(self) -> None:
        """Newcombe (1998), table I: 81 of 263."""
        share = share_of(81, 263)
        assert [share.low, share.high] == pytest.approx([0.2553, 0.3662], abs=1e-4)


class TestALift:
    @given(parts, parts)
    def test_it_is_the_ratio_of_the_shares_or_nothing(self, left: tuple[int, int], stayed: tuple[int, int]) -> None:
        found = Comparison(*left, *stayed)
        too_few = min(left[1], stayed[1], left[0] + stayed[0]) < FEWEST
        assert found.is_too_few == too_few == (found.left_share is None) == (found.stayed_share is None)
        if too_few or not left[0] or not stayed[0]:
            assert found.lift is None
            return
        assert found.lift is not None
        assert found.lift.value == pytest.approx(left[0] / left[1] / (stayed[0] / stayed[1]))
        assert found.lift.low <= found.lift.value * (1 + 1e-9)
        assert found.lift.high >= found.lift.value * (1 - 1e-9)

    @given(parts, parts)
    def test_from_the_other_side_it_is_the_inverse(self, left: tuple[int, int], stayed: tuple[int, int]) -> None:
        here, there = Comparison(*left, *stayed).lift, Comparison(*stayed, *left).lift
        assert (here is None) == (there is None)
        if here is not None and there is not None:
            assert (here.value, here.low, here.high) == pytest.approx((1 / there.value, 1 / there.high, 1 / there.low))

    def test_of_many_it_is_what_the_textbooks_say(self) -> None:
        """Aspirin and heart attacks (Physicians' Health Study): 189 of 11,034 with placebo, 104 of 11,037 with it. The
        interval of Katz, which is for large numbers, is 1.43 to 2.31."""
        lift = Comparison(189, 11_034, 104, 11_037).lift
        assert lift is not None
        assert [lift.value, lift.low, lift.high] == pytest.approx([1.818, 1.433, 2.306], abs=0.01)

    @given(st.integers(3, 1000), st.integers(3, 1000))
    def test_it_is_not_sure_of_what_all_have(self, left: int, stayed: int) -> None:
        found = Comparison(left, left, stayed, stayed)
        if found.lift is not None:
            assert found.lift.low < found.lift.value == 1 < found.lift.high

    def test_what_shops_were_matched_by_has_none(self) -> None:
        found = Comparison(20, 40, 10, 40, has_lift=False)
        assert (found.lift, found.is_clear) == (None, False)
        assert found.left_share is not None

    @given(st.integers(1, 500), st.integers(5, 500), st.integers(5, 500))
    def test_of_what_none_had_that_stayed_it_is_known_how_large_it_is_at_least(
        self, having: int, left: int, stayed: int
    ) -> None:
        found = Comparison(min(having, left), left, 0, stayed)
        if found.is_too_few:
            assert found.at_least is None
            return
        assert found.at_least is not None and found.at_least > 0
        assert found.lift is None
        assert found.is_clear == (found.at_least > 1)

    def test_what_is_surely_large_comes_before_what_may_be_larger(self) -> None:
        sure, luck, opposite = Comparison(80, 200, 20, 200), Comparison(5, 200, 1, 200), Comparison(20, 200, 80, 200)
        alone, silent = Comparison(80, 200, 0, 200), Comparison(4, 200, 0, 200)
        assert sorted((silent, opposite, luck, sure, alone), key=by_lift) == [alone, sure, luck, opposite, silent]
        assert (sure.is_clear, luck.is_clear, opposite.is_clear) == (True, False, True)


def moments_of(stays: list[tuple[int, int]]) -> list[Moment]:
    """Each by the hours ago when it installed, and for how many hours it had the app."""
    return [
        Moment(f"left-{number}", installed := NOW - timedelta(hours=ago), installed + timedelta(hours=hours))
        for number, (ago, hours) in enumerate(stays)
    ]


lives = st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000)), max_size=12)
installs = st.lists(st.integers(1, 3000), max_size=25)


class TestTheMomentsOfThoseThatStayed:
    @given(lives, installs, st.randoms(use_true_random=False))
    def test_they_had_the_app_for_about_as_long(
        self, stays: list[tuple[int, int]], others: list[int], random: Random
    ) -> None:
        left = moments_of(stays)
        stayed = [(NOW - timedelta(hours=hours), f"stayed-{number}") for number, hours in enumerate(others)]
        pairs = matched(left, stayed)
        for gone, other in pairs:
            assert other.at == gone.at > other.installed_at
            assert abs(other.age - gone.age) <= tolerance(gone.age)
        assert max(Counter(other.domain for _, other in pairs).values(), default=1) == 1
        assert max(Counter(gone.domain for gone, _ in pairs).values(), default=1) <= COMPARED_WITH
        assert matched(random.sample(left, len(left)), random.sample(stayed, len(stayed))) == pairs

    def test_nobody_gets_a_second_before_all_have_one(self) -> None:
        left = moments_of([(100, 50), (101, 50), (102, 50)])
        stayed = [(NOW - timedelta(hours=hours), f"stayed-{hours}") for hours in (99, 100, 101, 102)]
        pairs = matched(left, stayed)
        assert {gone.domain for gone, _ in pairs[:3]} == {"left-0", "left-1", "left-2"}
        assert all(other.installed_at == gone.installed_at for gone, other in pairs[:3])
        assert len(pairs) == len(stayed)

    def test_the_older_they_are_the_more_ages_may_differ(self) -> None:
        ages = [tolerance(timedelta(days=days)) for days in (0, 12, 13, 100)]
        assert ages[0] == ages[1] == timedelta(days=3)
        assert all(one <= another for one, another in pairwise(ages))
        assert ages[-1] == timedelta(days=25)
