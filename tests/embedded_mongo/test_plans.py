"""Which queries are answered by an index, as `explain` tells, and that an index never changes the answer."""

# ruff: noqa: DTZ001  without an option the driver gives dates without a zone

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.collection import Collection

Things = Collection[dict[str, Any]]
START = datetime(2026, 1, 1)


def stages(plan: dict[str, Any]) -> list[str]:
    """The names of a plan's stages, from the outermost inwards; an index scan with its index."""
    name = f"IXSCAN {plan['indexName']} {plan['direction']}" if plan["stage"] == "IXSCAN" else plan["stage"]
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [name, *(stage for child in inner for stage in stages(child))]


def plan_of(things: Things, query: dict[str, Any], sort: list[tuple[str, int]], limit: int = 0) -> list[str]:
    cursor = things.find(query).limit(limit)
    explained = (cursor.sort(sort) if sort else cursor).explain()
    return stages(explained["queryPlanner"]["winningPlan"])


@pytest.fixture
def tickets(things: Things) -> Things:
    things.create_index([("appId", 1), ("createdAt", 1), ("_id", 1)], name="page")
    things.create_index([("appId", 1), ("status", 1)], name="status")
    things.create_index([("open", 1), ("priority", -1), ("visibleAt", 1)], name="claim")
    things.create_index("email", name="email", sparse=True)
    things.create_index("key", name="key", partialFilterExpression={"live": True})
    things.create_index("tags", name="tags")
    things.insert_many(
        {
            "_id": number,
            "appId": number % 3,
            "createdAt": START + timedelta(minutes=number // 2),
            "status": "ab"[number % 2],
            "open": number % 2 == 0,
            "priority": number % 5,
            "visibleAt": START + timedelta(minutes=number),
            "email": f"user{number}@example.com",
            "key": number,
            "live": number % 2 == 0,
            "tags": [number % 4, number % 7],
            "plain": number,
        }
        for number in range(300)
    )
    return things


MOMENT = START + timedelta(minutes=75)
PLANS: list[tuple[dict[str, Any], list[tuple[str, int]], int, list[str]]] = [
    ({"_id": 5}, [], 0, ["IDHACK"]),
    ({"_id": {"$gt": 250}}, [("_id", 1)], 0, ["FETCH", "IXSCAN _id_ forward"]),
    ({}, [("_id", -1)], 10, ["LIMIT", "FETCH", "IXSCAN _id_ backward"]),
    ({"appId": 1}, [("createdAt", -1), ("_id", -1)], 20, ["LIMIT", "FETCH", "IXSCAN page backward"]),
    ({"appId": 1, "createdAt": {"$gte": MOMENT}}, [("createdAt", 1)], 0, ["FETCH", "IXSCAN page forward"]),
    (
        {"appId": 1, "createdAt": {"$lte": MOMENT}, "$or": [{"createdAt": {"$lt": MOMENT}}, {"_id": {"$lt": 150}}]},
        [("createdAt", -1), ("_id", -1)],
        21,
        ["LIMIT", "FETCH", "IXSCAN page backward"],
    ),
    ({"appId": {"$in": [0, 2]}}, [("createdAt", -1)], 20, ["LIMIT", "FETCH", "IXSCAN page backward"]),
    (
        {"open": True, "visibleAt": {"$lte": MOMENT}},
        [("priority", -1), ("visibleAt", 1)],
        1,
        ["LIMIT", "FETCH", "IXSCAN claim forward"],
    ),
    ({"appId": 1, "status": "a"}, [], 0, ["FETCH", "IXSCAN status forward"]),
    ({"appId": 1, "status": "a"}, [("plain", 1)], 0, ["SORT", "FETCH", "IXSCAN status forward"]),
    ({"email": "user7@example.com"}, [], 0, ["FETCH", "IXSCAN email forward"]),
    ({"email": {"$regex": "^user12"}}, [], 0, ["FETCH", "IXSCAN email forward"]),
    ({"email": {"$exists": False}}, [], 0, ["COLLSCAN"]),
    ({"email": None}, [], 0, ["COLLSCAN"]),
    ({"key": 4, "live": True}, [], 0, ["FETCH", "IXSCAN key forward"]),
    ({"key": 4}, [], 0, ["COLLSCAN"]),
    ({"key": 4, "live": 1}, [], 0, ["COLLSCAN"]),
    ({"tags": 3}, [], 0, ["FETCH", "IXSCAN tags forward"]),
    ({"email": "user7@example.com", "plain": {"$gt": 5}}, [], 0, ["FETCH", "IXSCAN email forward"]),
    (
        {"$or": [{"email": "user7@example.com"}, {"_id": 5}]},
        [],
        0,
        ["FETCH", "OR", "IXSCAN email forward", "IXSCAN _id_ forward"],
    ),
    ({"$or": [{"email": "user7@example.com"}, {"plain": 5}]}, [], 0, ["COLLSCAN"]),
    ({"plain": 5}, [], 0, ["COLLSCAN"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "sort", "limit", "expected"), PLANS, ids=str)
def test_a_query_is_answered_by(
    tickets: Things, query: dict[str, Any], sort: list[tuple[str, int]], limit: int, expected: list[str]
) -> None:
    assert plan_of(tickets, query, sort, limit) == expected


@pytest.mark.parametrize(("query", "sort", "limit", "_"), PLANS, ids=str)
def test_the_answer_is_that_of_a_scan(
    tickets: Things, query: dict[str, Any], sort: list[tuple[str, int]], limit: int, _: list[str]
) -> None:
    plain = tickets.database["plain"]
    plain.insert_many(tickets.find())
    unique_sort = [*sort, ("_id", sort[-1][1] if sort else 1)] if ("_id", -1) not in sort else sort
    assert list(tickets.find(query).sort(unique_sort).limit(limit)) == list(
        plain.find(query).sort(unique_sort).limit(limit)
    )


def test_an_empty_collection_gets_the_same_plans(tickets: Things) -> None:
    tickets.delete_many({})
    by_app, newest_first = {"appId": 1}, [("createdAt", -1), ("_id", -1)]
    assert plan_of(tickets, by_app, newest_first, 20) == ["LIMIT", "FETCH", "IXSCAN page backward"]
    assert plan_of(tickets, {"appId": 1, "status": "a"}, []) == ["FETCH", "IXSCAN status forward"]
    assert plan_of(tickets, {"plain": 1}, []) == ["COLLSCAN"]


def test_commands_other_than_find_are_explained_too(tickets: Things) -> None:
    database, name = tickets.database, tickets.name
    by_email = {"email": "user7@example.com"}
    commands: list[dict[str, Any]] = [
        {"count": name, "query": by_email},
        {"aggregate": name, "pipeline": [{"$match": by_email}, {"$group": {"_id": 1}}], "cursor": {}},
        {"update": name, "updates": [{"q": by_email, "u": {"$set": {"a": 1}}}]},
        {"delete": name, "deletes": [{"q": by_email, "limit": 0}]},
        {"findAndModify": name, "query": by_email, "update": {"$set": {"a": 1}}},
    ]
    for command in commands:
        plan = database.command("explain", command)["queryPlanner"]["winningPlan"]
        assert "IXSCAN email forward" in stages(plan)
    assert tickets.count_documents({"a": 1}) == 0


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([None, True, False, 1.0, 0.5, float("nan"), "", "a", "ab", "b", START, [], {"b": 1}, {}]),
    st.lists(st.sampled_from([1, 2, "a", None, {"b": 1}, {"b": 2}, [1]]), max_size=3),
    st.fixed_dictionaries({"b": st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2))}),
)
SCALARS = st.sampled_from([None, True, -1, 0, 1, 1.0, 2, 0.5, "", "a", "ab", START])
DOCUMENTS = st.lists(
    st.fixed_dictionaries({}, optional={"a": VALUES, "c": st.one_of(st.integers(0, 2), st.sampled_from(["x", None]))}),
    max_size=12,
)
CONDITIONS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {},
        optional={
            "$gt": SCALARS,
            "$gte": SCALARS,
            "$lt": SCALARS,
            "$lte": SCALARS,
            "$ne": SCALARS,
            "$in": st.lists(VALUES, max_size=3),
            "$nin": st.lists(SCALARS, max_size=2),
            "$exists": st.booleans(),
        },
    ).filter(bool),
)
SIMPLE_QUERIES = st.fixed_dictionaries({}, optional={"a": CONDITIONS, "c": CONDITIONS, "a.b": CONDITIONS})
QUERIES = st.one_of(
    SIMPLE_QUERIES,
    st.builds(
        lambda query, branches: {**query, "$or": branches},
        SIMPLE_QUERIES,
        st.lists(SIMPLE_QUERIES, min_size=1, max_size=3),
    ),
)
KEYS = [
    [("a", 1)],
    [("a", -1)],
    [("a.b", 1)],
    [("c", 1), ("a", -1)],
    [("a", 1), ("c", -1), ("_id", 1)],
    [("c", -1), ("a.b", 1), ("_id", 1)],
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"sparse": True},
    {"partialFilterExpression": {"c": {"$gte": 1}}},
    {"partialFilterExpression": {"a": {"$exists": True}}},
]
SORTS = st.lists(
    st.tuples(st.sampled_from(["a", "c", "a.b"]), st.sampled_from([1, -1])),
    max_size=2,
    unique_by=lambda field: field[0],
).flatmap(lambda fields: st.sampled_from([1, -1]).map(lambda direction: [*fields, ("_id", direction)]))


def is_sortable(documents: list[dict[str, Any]], sort: list[tuple[str, int]]) -> bool:
    """MongoDB does not sort by two paths that lead through different arrays."""
    return len(sort) < 3 or not any(isinstance(item.get("a"), (list, dict)) for item in documents)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=DOCUMENTS,
    query=QUERIES,
    sort=SORTS,
    keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique_by=str),
    options=st.sampled_from(OPTIONS),
    limit=st.integers(0, 4),
)
def test_with_and_without_indexes_a_query_finds_the_same_documents_in_the_same_order(
    things: Things,
    documents: list[dict[str, Any]],
    query: dict[str, Any],
    sort: list[tuple[str, int]],
    keys: list[list[tuple[str, int]]],
    options: dict[str, Any],
    limit: int,
) -> None:
    if not is_sortable(documents, sort):
        sort = sort[-1:]
    plain, indexed = things.database["plain"], things
    plain.drop()
    indexed.drop()
    for fields in keys:
        indexed.create_index(fields, **options)
    if documents:
        plain.insert_many([{"_id": number, **item} for number, item in enumerate(documents)])
        indexed.insert_many([{"_id": number, **item} for number, item in enumerate(documents)])
    expected = [item["_id"] for item in plain.find(query).sort(sort).limit(limit)]
    assert [item["_id"] for item in indexed.find(query).sort(sort).limit(limit)] == expected
    assert indexed.count_documents(query) == plain.count_documents(query)
