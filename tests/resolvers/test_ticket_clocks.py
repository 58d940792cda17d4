"""The arithmetic of clocks: nothing is lost by pausing, nothing runs backwards, whatever order moments come in."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tickets import NEVER, TicketClock
from resolvers.ticket_clocks import (
    MILLISECOND,
    due_at,
    elapsed_at,
    judged,
    moved,
    next_alarm,
    next_due,
    noticed,
    retargeted,
    stopped,
)

START: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
HOURS: Final = 3_600_000
"""Milliseconds."""

targets = st.one_of(st.none(), st.integers(min_value=1, max_value=100 * HOURS))
waits = st.integers(min_value=0, max_value=1000 * HOURS).map(lambda number: number * MILLISECOND)
steps = st.lists(st.tuples(waits, st.sampled_from(["run", "pause", "stop", "notice"])), max_size=20)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def running(target: int | None = 4 * HOURS, **fields: Any) -> TicketClock:
    return moved(TicketClock(target=target, **fields), START, running=True)


def taken(clock: TicketClock, step: str, moment: datetime) -> TicketClock:
    match step:
        case "run":
            return moved(clock, moment, running=True)
        case "pause":
            return moved(clock, moment, running=False)
        case "stop":
            return stopped(clock, moment)
        case _:
            return noticed(clock, moment)


class TestCounting:
    def test_it_counts_while_it_runs(self) -> None:
        clock = running()
        assert (elapsed_at(clock, at(0)), elapsed_at(clock, at(3))) == (0, 3 * HOURS)
        assert due_at(clock) == at(4)

    def test_what_it_counted_stays_while_it_stands(self) -> None:
        paused = moved(running(), at(3), running=False)
        assert (elapsed_at(paused, at(50)), due_at(paused)) == (3 * HOURS, None)
        resumed = moved(paused, at(50), running=True)
        assert (elapsed_at(resumed, at(50.5)), due_at(resumed)) == (int(3.5 * HOURS), at(51))

    def test_running_again_while_it_runs_changes_nothing(self) -> None:
        assert moved(running(), at(2), running=True) == running()

    def test_it_is_stopped_when_what_it_waited_for_is_done(self) -> None:
        done = stopped(running(), at(1))
        assert (done.stopped_at, done.elapsed, due_at(done)) == (at(1), HOURS, None)
        assert stopped(done, at(2)) == done

    def test_a_stopped_clock_can_go_on(self) -> None:
        again = moved(stopped(running(), at(1)), at(9), running=True)
        assert (again.stopped_at, due_at(again)) == (None, at(12))

    @given(steps)
    def test_it_has_counted_just_the_time_in_which_it_ran(self, story: list[tuple[timedelta, str]]) -> None:
        clock, moment, runs, counted = TicketClock(), START, False, timedelta()
        for wait, step in story:
            moment += wait
            counted += wait if runs else timedelta()
            clock = taken(clock, step, moment)
            runs = {"run": True, "pause": False, "stop": False}.get(step, runs)
            assert elapsed_at(clock, moment) == counted // MILLISECOND
            assert (clock.running_since is not None) == runs

    @given(targets, st.lists(st.tuples(st.integers(-500, 500), st.sampled_from(["run", "pause", "stop"])), max_size=20))
    def test_moments_in_any_order_never_take_time_away(self, target: int | None, story: list[tuple[int, str]]) -> None:
        clock, before = TicketClock(target=target), 0
        for hours, step in story:
            clock = taken(clock, step, at(hours))
            assert clock.elapsed >= before >= 0
            before = clock.elapsed


class TestBeingLate:
    def test_it_is_late_from_the_moment_on_at_which_it_runs_out(self) -> None:
        assert judged(running(), at(3.999)).breached_at is None
        assert judged(running(), at(4)).breached_at == judged(running(), at(9)).breached_at == at(4)

    def test_without_a_target_it_never_is(self) -> None:
        endless = running(None)
        assert (due_at(endless), judged(endless, at(99_999)).breached_at) == (None, None)

    def test_whoever_stops_it_too_late_is_late_though_nobody_looked(self) -> None:
        assert stopped(running(), at(6)).breached_at == at(4)
        assert moved(running(), at(6), running=False).breached_at == at(4)

    @given(targets, steps)
    def test_being_late_stays_true_and_is_true_just_where_more_was_counted_than_may_be(
        self, target: int | None, story: list[tuple[timedelta, str]]
    ) -> None:
        clock, moment, late_since = TicketClock(target=target), START, None
        for wait, step in story:
            moment += wait
            clock = judged(taken(clock, step, moment), moment)
            is_over = target is not None and elapsed_at(clock, moment) >= target
            assert (clock.breached_at is not None) == is_over
            assert late_since in (None, clock.breached_at)
            late_since = clock.breached_at

    @given(targets, steps)
    def test_a_clock_that_nothing_touches_runs_out_when_it_said(
        self, target: int | None, story: list[tuple[timedelta, str]]
    ) -> None:
        clock, moment = TicketClock(target=target), START
        for wait, step in story:
            moment += wait
            clock = taken(clock, step, moment)
        due = due_at(clock)
        if due is not None:
            assert elapsed_at(clock, max(due, moment)) >= (target or 0)
            if due > moment:
                assert judged(clock, due - MILLISECOND).breached_at is None
            assert judged(clock, max(due, moment)).breached_at is not None


class TestAnotherTarget:
    def test_what_was_counted_counts(self) -> None:
        assert due_at(retargeted(running(), 2 * HOURS, at(1))) == at(2)
        assert retargeted(running(), 4 * HOURS, at(1)) == running()

    def test_one_that_is_over_by_now_is_late_at_once(self) -> None:
        assert retargeted(running(), HOURS, at(3)).breached_at == at(1)

    def test_one_that_is_not_takes_it_back_and_tells_again_later(self) -> None:
        late = noticed(judged(running(), at(5)), at(5))
        eased = retargeted(late, 8 * HOURS, at(6))
        assert (eased.breached_at, eased.noticed_at, due_at(eased)) == (None, None, at(8))

    @given(targets, targets, waits, waits)
    def test_it_counts_on_as_before(
        self, first: int | None, second: int | None, before: timedelta, after: timedelta
    ) -> None:
        changed = retargeted(running(first), second, START + before)
        assert elapsed_at(changed, START + before + after) == (before + after) // MILLISECOND


class TestSeveral:
    def test_the_next_one_due_is_the_first_to_run_out(self) -> None:
        assert next_due(running(4 * HOURS), running(2 * HOURS), TicketClock(target=1)) == at(2)
        assert next_due(TicketClock(), running(None)) == next_due() == NEVER

    def test_whoever_was_told_of_one_is_told_of_the_other(self) -> None:
        first = noticed(running(2 * HOURS), at(2))
        assert next_alarm(first, running(4 * HOURS)) == at(4)
        assert next_alarm(first) == NEVER
        assert next_due(first) == at(2)

    @pytest.mark.parametrize("moment", [at(2), at(3)])
    def test_being_told_twice_is_being_told_once(self, moment: datetime) -> None:
        assert noticed(noticed(running(), at(2)), moment).noticed_at == at(2)
