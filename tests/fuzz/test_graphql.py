"""Every field of the roots, with arguments that fit their types and mean nothing: never an internal error."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from bson import ObjectId
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_union_type,
)
from httpx import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.pages import Cursor
from schema.root import SCHEMA
from tests.contract.requests.calling import APP, SHOP
from tests.fuzz.world import a_world

Values = st.SearchStrategy[Any]

PATIENCE_SECONDS: Final = 20
PUBLISHED: Final = build_schema(SCHEMA.as_str())
FIELDS: Final = [
    (kind, name, field)
    for kind, root in (("query", PUBLISHED.query_type), ("mutation", PUBLISHED.mutation_type))
    if root
    for name, field in root.fields.items()
]
EXAMPLES: Final = max(5, 400 // len(FIELDS))
UNFIT: Final = {"INTERNAL", "INVALID_QUERY"}
"""A failure of the server, or one of this test: what it asks is always well-formed."""

CURSORS: Final = [
    *(Cursor(value, ObjectId()).encode() for value in ("a", 1, 2**40, 1.5, Decimal("9.90"), None, datetime.now(UTC))),
    Cursor("a", "b").encode(),
    *("AAAA", "e30", "é", "a" * 1000),
]
"""Of one list or another, and what only looks like one."""
TEXTS: Final = st.one_of(
    st.sampled_from(["", " ", "\0", "$ne", '{"$ne": null}', "0" * 24, "f" * 24, "x" * 5001, "%00", ".*", "\u2028"]),
    st.sampled_from(["ada@example.com", SHOP, "USD", "GB", "en", "pro", "https://a.example", "Europe/Berlin", APP]),
    st.sampled_from(CURSORS),
    st.text(max_size=40).filter(lambda text: text.encode(errors="replace") == text.encode(errors="ignore")),
)
DATES: Final = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "2026-02-30", "now", ""]
JSON_VALUES: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
MOST_WORDS: Final = 1_800
"""Of a selection: a document has at most 2,000 tokens."""
LEAVES: Final[Mapping[str, Values]] = {
    "String": TEXTS,
    "ID": TEXTS,
    "Int": st.sampled_from([-1, 0, 1, 2, 250, 251, 2**31 - 1, -(2**31)]),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
    "Decimal": st.sampled_from(["1", "-1", "-0", "NaN", "Infinity", "1E+11", "1e99999", "0.001", 9.99, ""]),
    "DateTime": st.one_of(st.sampled_from(DATES), st.datetimes().map(lambda moment: moment.isoformat() + "Z")),
    "JSON": JSON_VALUES,
}


def values_of(kind: GraphQLInputType) -> Values:
    """Values that the type allows, and now and then null where it does."""
    if is_non_null_type(kind):
        return present(kind.of_type)
    return st.one_of(present(kind), st.none())


def present(kind: GraphQLInputType) -> Values:
    match kind:
        case GraphQLNonNull():
            return present(kind.of_type)
        case GraphQLList():
            return st.lists(values_of(kind.of_type), max_size=3)
        case GraphQLEnumType():
            return st.sampled_from(list(kind.values))
        case GraphQLInputObjectType():
            return some_of(kind.fields)
        case _:
            return LEAVES[kind.name]


def some_of(fields: Mapping[str, GraphQLInputField] | Mapping[str, GraphQLArgument], **known: Values) -> Values:
    """All that is required, and some of the rest."""
    required = {name: values_of(one.type) for name, one in fields.items() if is_non_null_type(one.type)}
    optional = {name: values_of(one.type) for name, one in fields.items() if name not in required}
    required |= {name: values for name, values in known.items() if name in required}
    return st.fixed_dictionaries(required, optional=optional)


def document(kind: str, name: str, field: GraphQLField, given_names: list[str]) -> str:
    declared = ", ".join(f"${one}: {field.args[one].type}" for one in given_names)
    passed = ", ".join(f"{one}: ${one}" for one in given_names)
    called = f"{name}({passed})" if passed else name
    selections = (selection(field.type, depth) for depth in (3, 2, 1))
    selected = next(one for one in selections if len(one.split()) < MOST_WORDS)
    return f"{kind}{f'({declared})' if declared else ''} {{ {called} {selected} }}"


def selection(kind: Any, depth: int) -> str:
    """All leaves of a type, and those of what belongs to it."""
    named = get_named_type(kind)
    if is_union_type(named):
        return "{ __typename }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    shown = [
        f"{name} {selection(field.type, depth - 1)}"
        for name, field in named.fields.items()
        if not field.args and (is_leaf_type(get_named_type(field.type)) or depth > 0)
    ]
    return "{ __typename " + " ".join(shown) + " }"


@pytest.mark.parametrize(("kind", "name", "field"), FIELDS, ids=[name for _, name, _ in FIELDS])
async def test_no_argument_makes_a_field_fail_inside(
    kind: str, name: str, field: GraphQLField, client: AsyncClient
) -> None:
    world = await a_world(client)
    loop = asyncio.get_running_loop()

    def answer(arguments: Mapping[str, Any]) -> Any:
        asked = {"query": document(kind, name, field, list(arguments)), "variables": arguments}
        call = client.post("/graphql", json=asked, headers=world.owner)
        return asyncio.run_coroutine_threadsafe(call, loop).result(PATIENCE_SECONDS).json()

    known = {
        "appId": st.sampled_from([APP, APP, APP, "", "nowhere"]),
        "id": st.one_of(st.sampled_from(list(world.parameters.values())), TEXTS),
    }
    await asyncio.to_thread(explore, some_of(field.args, **known), answer)


def explore(arguments: Values, answer: Callable[[Mapping[str, Any]], Any]) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments)
    def is_an_answer(given_arguments: Mapping[str, Any]) -> None:
        errors = answer(given_arguments).get("errors", [])
        assert [error for error in errors if error["extensions"]["code"] in UNFIT] == []

    is_an_answer()
