"""Whether conditions hold, and why."""

import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from conditions.evaluation import Facts, evaluate
from tests.conditions.written import CONDITIONS, NOW, documents, facts_of, node_of

FACTS = Facts(
    NOW,
    {
        "plan": "pro",
        "name": "Tea & Cakes",
        "seats": 3,
        "vip": True,
        "seen": NOW - timedelta(days=3),
        "tags": ["new"],
        "email": None,
        "event.rating": 2,
        "event.until": "2026-03-02T12:00:00Z",
    },
    {"plan": NOW - timedelta(days=10)},
    {("banner-published", timedelta(days=7)): 4},
)


def holds(condition: Any, facts: Facts = FACTS) -> bool:
    return evaluate(node_of(condition), facts).holds


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("plan", "eq", "pro", True),
        ("plan", "eq", "free", False),
        ("plan", "neq", "free", True),
        ("plan", "in", ["free", "pro"], True),
        ("plan", "nin", ["free", "pro"], False),
        ("seats", "gte", 3, True),
        ("seats", "gt", 3, False),
        ("seats", "lt", 3.5, True),
        ("seats", "lte", 2, False),
        ("vip", "eq", True, True),
        ("event.rating", "eq", True, False),
        ("event.rating", "lte", 2, True),
        ("event.rating", "contains", "2", False),
        ("event.until", "after", "now", True),
        ("event.until", "before", "now+1d", False),
        ("name", "contains", "Cakes", True),
        ("name", "contains", "cakes", False),
        ("name", "matches", "(?i)cakes$", True),
        ("name", "matches", "^Cakes", False),
        ("tags", "contains", "new", True),
        ("tags", "contains", "ne", False),
        ("seen", "before", "now", True),
        ("seen", "after", "now-2d", False),
        ("seen", "within_last", "3d", True),
        ("seen", "within_last", "2d", False),
        ("seen", "exists", True, True),
    ],
)
def test_operators(field: str, op: str, value: Any, expected: bool) -> None:
    assert holds({"field": field, "op": op, "value": value}) is expected


class TestMissingAndNull:
    @pytest.mark.parametrize(
        ("op", "value", "of_null", "of_missing"),
        [
            ("eq", None, True, False),
            ("neq", None, False, False),
            ("eq", "a", False, False),
            ("neq", "a", True, False),
            ("in", ["a"], False, False),
            ("nin", ["a"], True, False),
            ("exists", True, True, False),
            ("exists", False, False, True),
            ("contains", "a", False, False),
            ("matches", "a", False, False),
        ],
    )
    def test_are_not_the_same(self, op: str, value: Any, of_null: bool, of_missing: bool) -> None:
        asked = {"field": "email", "op": op, "value": value}
        assert holds(asked) is (of_null if op != "exists" else value)
        assert holds(asked, Facts(NOW)) is of_missing

    def test_not_holds_for_what_is_missing(self) -> None:
        assert holds({"not": {"field": "plan", "op": "eq", "value": "pro"}}, Facts(NOW))


class TestTime:
    @pytest.mark.parametrize(
        ("value", "duration", "expected"), [("pro", "10d", True), ("pro", "11d", False), ("free", "1d", False)]
    )
    def test_has_been(self, value: str, duration: str, expected: bool) -> None:
        assert holds({"has_been": {"field": "plan", "value": value, "for": duration}}) is expected

    @pytest.mark.parametrize(
        ("op", "value", "expected"), [("gte", 4, True), ("gt", 4, False), ("eq", 4, True), ("neq", 4, False)]
    )
    def test_event_count(self, op: str, value: int, expected: bool) -> None:
        counted = {"event_count": {"name": "banner-published", "op": op, "value": value, "within": "7d"}}
        assert holds(counted) is expected

    def test_events_that_never_happened_happened_zero_times(self) -> None:
        assert holds({"event_count": {"name": "other", "op": "eq", "value": 0, "within": "7d"}})


class TestReasons:
    def test_are_given_for_every_leaf_also_when_the_first_decides(self) -> None:
        condition = {
            "any": [
                {"field": "plan", "op": "eq", "value": "pro"},
                {"field": "seats", "op": "gt", "value": 5},
                {"not": {"field": "event.unknown", "op": "exists", "value": True}},
                {"has_been": {"field": "plan", "value": "pro", "for": "2w"}},
                {"event_count": {"name": "banner-published", "op": "lt", "value": 1, "within": "7d"}},
            ]
        }
        found = evaluate(node_of(condition), FACTS)
        assert [(one.path, one.holds, one.sentence) for one in found.reasons] == [
            ("any.0", True, "plan eq pro: it is pro"),
            ("any.1", False, "seats gt 5: it is 3"),
            ("any.2.not", False, "event.unknown exists true: nothing is known of it"),
            ("any.3", False, "plan has been pro for 2 weeks: it has been so since 2026-02-19T12:00Z"),
            ("any.4", False, "banner-published lt 1 within 1 week: it happened 4 times"),
        ]

    def test_do_not_repeat_what_is_personal(self) -> None:
        facts = Facts(NOW, {"email": "ada@example.com"})
        (reason,) = evaluate(node_of({"field": "email", "op": "contains", "value": "@"}), facts).reasons
        assert reason.sentence == "email contains @: it is set"


def test_no_pattern_takes_long() -> None:
    condition = node_of({"field": "name", "op": "matches", "value": "^(a+)+$"})
    began = time.perf_counter()
    assert not evaluate(condition, Facts(NOW, {"name": "a" * 5000 + "b"})).holds
    assert time.perf_counter() - began < 1


@given(CONDITIONS, documents())
@settings(max_examples=80)
def test_not_turns_everything_round(condition: Any, document: dict[str, Any]) -> None:
    facts = facts_of(document)
    assert holds({"not": condition}, facts) is not holds(condition, facts)
    assert holds({"all": [condition]}, facts) is holds({"any": [condition]}, facts) is holds(condition, facts)
