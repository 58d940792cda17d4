"""How long to wait before something is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.backoff import FIRST, LONGEST, backoff

attempts = st.integers(min_value=1, max_value=10_000)
draws = st.floats(min_value=0, max_value=1)


@given(attempts, draws)
def test_it_is_never_less_than_half_of_the_first_nor_more_than_the_longest(attempt: int, draw: float) -> None:
    assert FIRST / 2 <= backoff(attempt, lambda: draw) <= LONGEST


@given(attempts, draws)
def test_a_later_attempt_never_comes_back_sooner_for_the_same_draw(attempt: int, draw: float) -> None:
    assert backoff(attempt, lambda: draw) <= backoff(attempt + 1, lambda: draw)


def test_it_doubles() -> None:
    assert [backoff(attempt, lambda: 1) for attempt in (1, 2, 3)] == [
        timedelta(seconds=10),
        timedelta(seconds=20),
        timedelta(seconds=40),
    ]


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({backoff(5) for _ in range(20)}) > 1
