"""Conditions as people write them, and everything that is wrong with one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from conditions.reading import MOST_NODES, read
from conditions.tree import All, Comparison, EventCount, HasBeen, Not
from conditions.tree import Any as AnyOf
from tests.conditions.written import CATALOGUE, CONDITIONS, node_of, problems_of

PLAN = {"field": "plan", "op": "eq", "value": "pro"}


def nested(levels: int) -> dict[str, Any]:
    return PLAN if levels == 1 else {"not": nested(levels - 1)}


def test_every_form_is_read() -> None:
    node = node_of(
        {
            "all": [
                PLAN,
                {"any": [{"not": PLAN}]},
                {"event_count": {"name": "banner-published", "op": "gte", "value": 3, "within": "7d"}},
                {"has_been": {"field": "plan", "value": "free", "for": "14d"}},
            ]
        }
    )
    assert isinstance(node, All)
    comparison, either, count, has_been = node.inner
    assert isinstance(comparison, Comparison)
    assert isinstance(either, AnyOf)
    assert isinstance(either.inner[0], Not)
    assert isinstance(count, EventCount)
    assert isinstance(has_been, HasBeen)
    assert [one.path for one in node.inner] == ["all.0", "all.1", "all.2", "all.3"]


def test_all_errors_come_at_once_each_with_its_path() -> None:
    assert problems_of(
        {
            "all": [
                {"field": "plam", "op": "eq", "value": "pro"},
                {"field": "seats", "op": "contains", "value": "x"},
                {"not": {"field": "seats", "op": "gt"}},
                {"any": []},
                {"event_count": {"name": "", "op": "contains", "value": -1, "within": "7 days"}},
                {"has_been": {"field": "seats", "value": 1, "for": "1d"}},
                {"has_been": {"field": "plan", "value": "prp", "for": "never"}},
                7,
                {"nor": [PLAN]},
                {**PLAN, "value": {"$ne": None}, "$where": "1"},
                {"field": "name", "op": "in", "value": ["x", 3, None]},
            ]
        }
    ) == {
        "all.0.field": "there is no field plam: did you mean plan?",
        "all.1.op": "contains is not for seats, a number: it can be eq, neq, in, nin, gt, gte, lt, lte or exists",
        "all.2.not.value": "is required",
        "all.3.any": "must be a list of at least one condition",
        "all.4.event_count.name": "must be the name of an event",
        "all.4.event_count.op": "must be eq, neq, gt, gte, lt or lte",
        "all.4.event_count.value": "must be a whole number from 0 to 1,000,000",
        "all.4.event_count.within": "must be a length of time such as 45m, 12h, 3d or 2w",
        "all.5.has_been.field": "it is not known since when seats is what it is: it can be plan",
        "all.6.has_been.for": "must be a length of time such as 45m, 12h, 3d or 2w",
        "all.7": "must be an object with all, any, not, event_count, has_been, or field, op and value",
        "all.8": "must be an object with all, any, not, event_count, has_been, or field, op and value; it has nor",
        "all.9.$where": "is not known here: there are field, op or value",
        "all.9.value": "must be a text or null",
        "all.10.value.1": "must be a text or null",
        "all.10.value.2": "must not be null: ask for null by eq",
    }


@pytest.mark.parametrize(
    ("field", "op", "value", "said"),
    [
        ("plan", "eq", "prp", "must be one of Pro+, free, pro"),
        ("seats", "gt", "3", "must be a number"),
        ("seats", "eq", True, "must be a number or null"),
        ("seats", "lt", 1e300, "must be a number"),
        ("vip", "eq", 1, "must be true or false or null"),
        ("vip", "exists", "yes", "must be true or false"),
        ("seen", "eq", "2026-01-01T00:00:00Z", "must be null: moments are compared by before"),
        ("seen", "before", "soon", "must be a moment such as"),
        ("seen", "within_last", "9999d", "must be at most 730 days"),
        ("name", "contains", "", "must be a text of 1 to 200 characters"),
        ("name", "eq", "a\0b", "without control characters"),
        ("name", "in", [], "must be a list of 1 to 100 values"),
        ("name", "matches", "(", "must be a regular expression (RE2)"),
        ("name", "matches", r"(?=look)ahead", "must be a regular expression (RE2)"),
        ("name", "matches", r"(a)\1", "must be a regular expression (RE2)"),
        ("name", "matches", "((a{1000}){1000}){1000}", "must be a regular expression (RE2)"),
        ("event.rating", "eq", {"$gt": 1}, "must be a text, a number, true or false or null"),
    ],
)
def test_values_have_to_fit(field: str, op: str, value: Any, said: str) -> None:
    (message,) = problems_of({"field": field, "op": op, "value": value}).values()
    assert said in message


@pytest.mark.parametrize("name", ["event.", "event.a.b", "event.$where", "event." + "a" * 65, "events.a"])
def test_members_of_a_family_have_plain_names(name: str) -> None:
    assert "there is no field" in problems_of({"field": name, "op": "exists", "value": True})["field"]


def test_conditions_are_bounded() -> None:
    assert not problems_of(nested(8))
    assert problems_of(nested(9)) == {"not." * 7 + "not": "must be at most 8 levels deep"}
    assert not problems_of({"any": [PLAN] * (MOST_NODES - 1)})
    assert problems_of({"any": [PLAN] * MOST_NODES}) == {"": "must have at most 100 nodes, and has more"}


@given(CONDITIONS)
@settings(max_examples=40)
def test_what_can_be_written_is_read(condition: Any) -> None:
    assert read(condition, CATALOGUE).node is not None


KEYS = ["all", "any", "not", "field", "op", "value", "event_count", "has_been"]
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(KEYS), inner),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=150)
def test_whatever_comes_is_read_or_explained(json: Any) -> None:
    found = read(json, CATALOGUE)
    assert (found.node is None) is bool(found.problems)
