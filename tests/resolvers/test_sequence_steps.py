"""What comes next in a sequence, and when: without a database, over random sequences, zones and clocks."""

import heapq
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.deliveries import DeliveryStatus
from models.enrollments import ExitReason, StepOutcome
from models.sequences import BusinessHours, SequenceStep, StepBranches, StepType
from resolvers.business_hours import hours_of
from resolvers.sequence_steps import Action, Course, Decision, Mail, Place, Task, decide

DAY = timedelta(days=1)
ALWAYS = BusinessHours(start_hour=0, end_hour=0, days=[1, 2, 3, 4, 5, 6, 7])
OFFICE = BusinessHours(timezone="America/New_York")
NOW = datetime(2026, 1, 30, 15, tzinfo=UTC)
"""A Friday, ten o'clock in New York."""
SATURDAY = NOW + DAY


def email(order: int, days: float = 0) -> SequenceStep:
    return SequenceStep(order=order, type=StepType.EMAIL, delay_ms=int(days * DAY.total_seconds() * 1000))


def other(order: int, type: StepType, days: float = 0, **branches: int) -> SequenceStep:
    delay = int(days * DAY.total_seconds() * 1000)
    return SequenceStep(order=order, type=type, delay_ms=delay, branches=StepBranches(**branches))


def course(*steps: SequenceStep, hours: BusinessHours = ALWAYS) -> Course:
    return Course(steps, hours_of(hours))


def place(step: int, **fields: Any) -> Place:
    return replace(Place(b"somebody", step, NOW), **fields)


def sent(step: int, **fields: Any) -> Mail:
    return replace(Mail(step, DeliveryStatus.SENT, NOW), **fields)


def test_a_mail_that_is_due_within_hours_is_sent() -> None:
    assert decide(course(email(1), hours=OFFICE), place(1), NOW) == Decision(Action.SEND, 1)


def test_a_mail_outside_hours_waits_for_them() -> None:
    decision = decide(course(email(1), hours=OFFICE), place(1, due=SATURDAY), SATURDAY)
    assert decision.action is Action.WAIT
    assert decision.at is not None
    assert decision.at.date() == date(2026, 2, 2)


def test_a_mail_that_was_held_up_is_spread_again() -> None:
    decision = decide(course(email(1)), place(1, due=NOW - DAY), NOW)
    assert decision.action is Action.WAIT
    assert decision.at is not None
    assert NOW < decision.at <= NOW + timedelta(hours=1)


def test_the_next_step_comes_after_the_mail_was_sent() -> None:
    steps = course(email(1), other(2, StepType.TASK, days=3))
    decision = decide(steps, place(1, mail=sent(1)), NOW + DAY)
    assert (decision.action, decision.step, decision.at) == (Action.WAIT, 2, NOW + 3 * DAY)
    assert [(one.step.order, one.outcome) for one in decision.passed] == [(1, StepOutcome.SENT)]


@pytest.mark.parametrize("status", [DeliveryStatus.QUEUED, DeliveryStatus.SENDING])
def test_nothing_follows_a_mail_that_is_under_way(status: DeliveryStatus) -> None:
    decision = decide(course(email(1), email(2)), place(1, mail=Mail(1, status)), NOW)
    assert (decision.action, decision.step, decision.passed) == (Action.WAIT, 1, ())


def test_a_mail_that_was_taken_back_is_sent_again() -> None:
    taken_back = Mail(1, DeliveryStatus.CANCELLED)
    assert decide(course(email(1)), place(1, mail=taken_back), NOW).action is Action.SEND


def test_a_mail_of_which_nobody_knows_is_not() -> None:
    decision = decide(course(email(1), email(2, days=1)), place(1, mail=Mail(1, DeliveryStatus.UNCERTAIN)), NOW)
    assert decision.step == 2
    assert decision.passed[0].outcome is StepOutcome.UNCERTAIN


def test_who_may_not_be_written_to_leaves() -> None:
    refused = Mail(1, DeliveryStatus.SUPPRESSED, reason=ExitReason.UNSUBSCRIBED)
    decision = decide(course(email(1)), place(1, mail=refused), NOW)
    assert (decision.action, decision.reason) == (Action.EXIT, ExitReason.UNSUBSCRIBED)


def test_a_mail_that_can_not_be_sent_fails() -> None:
    failed = Mail(1, DeliveryStatus.FAILED, problem="The template is gone")
    decision = decide(course(email(1)), place(1, mail=failed), NOW)
    assert (decision.action, decision.problem) == (Action.FAIL, "The template is gone")


@pytest.mark.parametrize(
    ("mail", "step"),
    [
        (sent(1), 3),
        (sent(1, opened=True), 4),
        (sent(1, clicked=True), 5),
        (sent(1, opened=True, clicked=True), 5),
        (sent(1, replied=True, clicked=True), 6),
    ],
    ids=["nothing", "opened", "clicked", "both", "replied"],
)
def test_a_condition_leads_where_what_counts_most_leads(mail: Mail, step: int) -> None:
    branches = {"opened": 4, "clicked": 5, "replied": 6, "otherwise": 3}
    condition = other(2, StepType.CONDITION, **branches)
    steps = course(email(1), condition, *(other(order, StepType.TASK) for order in (3, 4, 5, 6)))
    decision = decide(steps, place(2, mail=mail), NOW)
    assert (decision.action, decision.step) == (Action.ASK, step)


def test_without_another_way_a_condition_leads_to_the_next_step() -> None:
    steps = course(email(1), other(2, StepType.CONDITION, opened=4), email(3), email(4))
    assert decide(steps, place(2, mail=sent(1)), NOW).step == 3


def test_a_task_waits_for_people() -> None:
    steps = course(other(1, StepType.TASK), email(2))
    assert decide(steps, place(1), NOW).action is Action.ASK
    assert decide(steps, place(1, task=Task(1)), NOW).action is Action.WAIT
    done = Task(1, StepOutcome.SKIPPED, NOW)
    decision = decide(steps, place(1, task=done), NOW + timedelta(minutes=20))
    assert (decision.action, decision.step) == (Action.SEND, 2)
    assert decision.passed[0].outcome is StepOutcome.SKIPPED


def test_who_is_away_is_waited_for() -> None:
    back = NOW + 7 * DAY
    assert decide(course(email(1)), place(1, held_until=back), NOW) == Decision(Action.WAIT, 1, back)


def test_after_the_last_step_it_is_over() -> None:
    assert decide(course(email(1)), place(1, mail=sent(1)), NOW).action is Action.COMPLETE


def test_the_same_question_has_the_same_answer() -> None:
    steps = course(email(1), hours=OFFICE)
    assert decide(steps, place(1), SATURDAY) == decide(steps, place(1), SATURDAY)


def test_people_are_spread() -> None:
    steps = course(email(1), hours=OFFICE)
    moments = {decide(steps, place(1, seed=bytes([number])), SATURDAY).at for number in range(50)}
    assert len(moments) == 50


kinds = st.sampled_from([StepType.EMAIL, StepType.EMAIL, StepType.WAIT, StepType.CONDITION, StepType.TASK])


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Some steps, in whatever zone and hours."""
    types = draw(st.lists(kinds, min_size=1, max_size=8))
    steps = []
    for order, type_ in enumerate(types, 1):
        later = st.none() | st.integers(order + 1, len(types)) if order < len(types) else st.none()
        branches = StepBranches(opened=draw(later), otherwise=draw(later))
        delay = draw(st.sampled_from([0, 60_000, 3_600_000, 86_400_000, 3 * 86_400_000]))
        steps.append(SequenceStep(order=order, type=type_, delay_ms=delay, branches=branches))
    hours = BusinessHours(
        start_hour=draw(st.integers(0, 23)),
        end_hour=draw(st.integers(0, 24)),
        timezone=draw(st.sampled_from(["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Antarctica/Troll"])),
        days=sorted(draw(st.sets(st.integers(1, 7), min_size=1))),
    )
    return Course(tuple(steps), hours_of(hours))


class Clockwork:
    """People in a sequence, and a clock that jumps from one to the next who is due, now and then too late."""

    def __init__(self, course: Course, people: int, cap: int, start: datetime, chance: st.DataObject) -> None:
        self.course, self.cap, self.draw = course, cap, chance.draw
        self.sent: list[tuple[int, int, datetime]] = []
        self.taken: Counter[date] = Counter()
        self.places = {
            number: Place(bytes([number]), course.steps[0].order, course.first_due(start, bytes([number])))
            for number in range(people)
        }
        self.passed: dict[int, list[int]] = {number: [] for number in range(people)}

    def run(self) -> None:
        queue = [(one.due, number) for number, one in self.places.items()]
        heapq.heapify(queue)
        now = queue[0][0]
        for _ in range(2_000):
            if not queue:
                return
            due, number = heapq.heappop(queue)
            now = max(now, due) + self.draw(st.sampled_from([timedelta(), timedelta(seconds=50), 5 * DAY / 24]))
            again = self._turn(number, now)
            if again is not None:
                self.places[number] = replace(self.places[number], due=again)
                heapq.heappush(queue, (again, number))
        raise AssertionError("it does not end")

    def _turn(self, number: int, now: datetime) -> datetime | None:
        here = self.places[number]
        decision = decide(self.course, here, now)
        self.passed[number] += [one.step.order for one in decision.passed]
        here = self.places[number] = replace(here, step=decision.step)
        match decision.action:
            case Action.SEND if self.taken[self.course.hours.day(now)] >= self.cap:
                return self.course.tomorrow(decision.step, now, here.seed)
            case Action.SEND:
                self.taken[self.course.hours.day(now)] += 1
                self.sent.append((number, decision.step, now))
                opened = self.draw(st.booleans())
                newest = Mail(decision.step, DeliveryStatus.SENT, now, opened=opened)
                self.places[number] = replace(here, mail=newest)
                return now + timedelta(minutes=2)
            case Action.ASK:
                done = Task(decision.step, StepOutcome.DONE, now + timedelta(hours=1))
                self.places[number] = replace(here, task=done)
                return now + timedelta(hours=1)
            case Action.WAIT:
                assert decision.at is not None
                assert decision.at > now
                return decision.at
        return None


@settings(max_examples=60)
@given(
    course=courses(),
    people=st.integers(1, 5),
    cap=st.integers(1, 3),
    start=st.integers(0, 300 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    data=st.data(),
)
def test_whatever_the_clock_does(course: Course, people: int, cap: int, start: datetime, data: st.DataObject) -> None:
    """Never outside hours, never over the cap, never twice, and always in order."""
    clockwork = Clockwork(course, people, cap, start, data)
    clockwork.run()
    assert all(course.hours.is_open(at) for _, _, at in clockwork.sent)
    assert all(taken <= cap for taken in clockwork.taken.values())
    assert len({(number, step) for number, step, _ in clockwork.sent}) == len(clockwork.sent)
    for orders in clockwork.passed.values():
        assert all(earlier < later for earlier, later in pairwise(orders))
    for number in range(people):
        steps = [(at, step) for who, step, at in clockwork.sent if who == number]
        assert steps == sorted(steps)
