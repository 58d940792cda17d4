"""A condition asked of the database finds the documents for whose facts it holds."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from conditions.evaluation import evaluate
from conditions.filters import exact_filter, narrowing_filter
from core.runtime import Runtime
from tests.conditions.written import CATALOGUE, CONDITIONS, NOW, documents, facts_of, node_of

UNASKABLE = ({"field": "name", "op": "matches", "value": "a"}, {"field": "event.rating", "op": "eq", "value": 1})
PLAN = {"field": "plan", "op": "eq", "value": "pro"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(some.lists(CONDITIONS, min_size=3, max_size=6), some.lists(documents(), min_size=4, max_size=12))
async def test_filters_and_facts_agree(platform: Runtime, conditions: list[Any], stored: list[dict[str, Any]]) -> None:
    collection = platform.mongo.database["conditions_of_tests"]
    await collection.delete_many({})
    await collection.insert_many([{**document, "_id": number} for number, document in enumerate(stored)])
    for condition in conditions:
        node = node_of(condition)
        found = await collection.find(exact_filter(node, NOW) or {}).to_list()
        expected = [number for number, one in enumerate(stored) if evaluate(node, facts_of(one)).holds]
        assert sorted(document["_id"] for document in found) == expected, condition


@pytest.mark.parametrize("unaskable", UNASKABLE)
def test_what_can_not_be_asked_is_not(unaskable: dict[str, Any]) -> None:
    assert exact_filter(node_of({"all": [PLAN, unaskable]}), NOW) is None
    assert narrowing_filter(node_of(unaskable), NOW) == {}
    assert narrowing_filter(node_of({"not": {"all": [PLAN, unaskable]}}), NOW) == {}
    assert narrowing_filter(node_of({"any": [PLAN, unaskable]}), NOW) == {}


def test_what_can_be_asked_narrows_the_rest_down() -> None:
    asked = exact_filter(node_of(PLAN), NOW)
    assert asked == {"subscription.plan": {"$eq": "pro", "$exists": True}}
    assert narrowing_filter(node_of({"all": [PLAN, UNASKABLE[0]]}), NOW) == {"$and": [asked]}
    assert narrowing_filter(node_of({"any": [PLAN, {"all": [PLAN, UNASKABLE[1]]}]}), NOW) == {
        "$or": [asked, {"$and": [asked]}]
    }
    assert CATALOGUE.find("plan") is not None
