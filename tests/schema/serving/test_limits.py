"""What an operation may ask for: each attack is refused before anything is executed, and ordinary work is not."""

from typing import Any

import pytest
import strawberry
from graphql import get_introspection_query
from strawberry.extensions import MaskErrors

from core.actor import Actor, Role
from schema.serving.cost import COST_LIMIT
from schema.serving.engine import Engine, Request
from schema.serving.failures import INVALID_QUERY, Refused
from schema.serving.limits import LIMIT_EXCEEDED, Limits
from tests.schema.serving.small_company import Context, Desk, Query, schema

STAFF = Context(Actor.staff("1", Role.ADMIN, "staff@example.com"), Desk())


def engine(**limits: int) -> Engine:
    return Engine(schema, Limits(**limits), production=True)


def cost(query: str, **variables: Any) -> int:
    return engine(cost=10**9).prepare(Request(query, None, variables), STAFF).cost


def refusal(query: str, on: Engine | None = None, /, **variables: Any) -> dict[str, Any]:
    """The one error that the operation is refused with."""
    with pytest.raises(Refused) as refused:
        (on or engine()).prepare(Request(query, None, variables), STAFF)
    (error,) = refused.value.errors
    return {"message": error.message, "code": refused.value.code}


def test_the_introspection_of_graphiql_is_within_the_limits() -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert engine().prepare(Request(query, "IntrospectionQuery", {}), STAFF).cost == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ greeting whoami }", 0),
        ("{ shop { name } }", 1),
        ("{ shop { parent { name } } }", 2),
        ("{ shop { tickets { totalCount } } }", 2),
        ("{ shop { tickets { nodes { id } } } }", 2 + 20),
        ("{ shop { tickets(first: 5) { nodes { id } } } }", 2 + 5),
        ("{ shop { tickets(last: 5) { nodes { id } } } }", 2 + 5),
        ("{ shop { tickets(first: 5) { nodes { id shop { name } } totalCount } } }", 2 + 5 * 2),
        ("{ shop { tickets(first: 5) { nodes { shop { tickets(first: 3) { nodes { id } } } } } } }", 2 + 5 * (3 + 3)),
        ("{ shop { tickets(first: 100000) { nodes { id } } } }", 2 + 250),
        ("{ shop { tickets(first: -5) { nodes { id } } } }", 2),
        ("{ shop { siblings { name } } }", 1 + 20),
        ("{ a: shop { name } b: shop { name } }", 2),
        ("{ ...F } fragment F on Query { shop { ...S } } fragment S on Shop { parent { name } }", 2),
        ("{ shop { ... { parent { name } } ... on Shop { siblings { name } } } }", 2 + 20),
        ("{ shop { tickets(first: 5) { ...T } } } fragment T on TicketConnection { nodes { id } }", 2 + 5),
        ('mutation { note(text: "x") }', 10),
        ('mutation { note(text: "x") ...M } fragment M on Mutation { note(text: "x") __typename }', 20),
        ("subscription { shops { name } }", 1),
    ],
)
def test_the_cost_is_read_from_the_document(query: str, expected: int) -> None:
    assert cost(query) == expected


@pytest.mark.parametrize(
    ("variables", "size"),
    [({"n": 7}, 7), ({}, 30), ({"n": None}, 30), ({"n": 100_000}, 250), ({"n": 7.0}, 7), ({"n": 0}, 0)],
)
def test_the_cost_follows_the_variables(variables: dict[str, Any], size: int) -> None:
    tickets = "tickets(first: $n) { nodes { shop { %s } } }"
    query = f"query($n: Int = 30) {{ shop {{ {tickets % (tickets % 'name')} }} }}"
    assert cost(query, **variables) == 2 + size * (3 + size * 2)


@pytest.mark.parametrize(
    ("arguments", "variables", "size"),
    [
        ("first: $a, last: $b", {"a": 5}, 5),
        ("first: $a, last: $b", {"b": 7}, 7),
        ("first: $a, last: $b", {"a": None, "b": 7}, 7),
        ("first: $a, last: $b", {}, 20),
        ("last: 100, first: $a", {"a": None}, 250),
        ("first: null, last: 9", {}, 9),
    ],
)
def test_neither_first_nor_last_hides_the_other(arguments: str, variables: dict[str, Any], size: int) -> None:
    names = [name for name in ("$a", "$b") if name in arguments]
    declared = f"query({', '.join(f'{name}: Int' for name in names)})" if names else ""
    query = f"{declared} {{ shop {{ tickets({arguments}) {{ nodes {{ id }} }} }} }}"
    assert cost(query, **variables) == 2 + size


def test_each_operation_of_a_document_has_its_own_cost() -> None:
    document = 'query A { shop { name } } query B { shop { siblings { name } } } mutation C { note(text: "x") }'
    on = engine()
    assert [on.prepare(Request(document, name, {}), STAFF).cost for name in "ABCA"] == [1, 21, 10, 1]


def test_over_the_budget_an_operation_is_refused_with_its_cost() -> None:
    query = "{ shop { tickets(first: 250) { nodes { shop { tickets(first: 250) { nodes { id } } } } } } }"
    with pytest.raises(Refused) as refused:
        engine().prepare(Request(query, None, {}), STAFF)
    (error,) = refused.value.errors
    assert error.message == "The operation costs 63252; at most 5000 is allowed"
    assert refused.value.code == COST_LIMIT
    assert engine().refused(refused.value)["extensions"] == {"cost": {"requested": 63252, "limit": 5000}}


def test_the_budget_is_a_matter_of_configuration() -> None:
    assert refusal("{ shop { parent { name } } }", engine(cost=1))["code"] == COST_LIMIT


def test_a_fragment_that_is_not_spread_is_not_read() -> None:
    error = refusal("{ greeting } fragment A on Query { " + "shop { name } " * 300 + "}")
    assert error == {"message": "The fragment A is defined but never spread", "code": INVALID_QUERY}


PARENTS = "{ parent " * 10 + "{ name }" + "}" * 10
BEYOND = {
    "depth": (f"{{ shop {PARENTS} }}", "The operation has 12 levels of fields; at most 10"),
    "depth in fragments": (
        f"{{ shop {{ ...A }} }} fragment A on Shop {{ ...B }} fragment B on Shop {PARENTS}",
        "The operation has 12 levels of fields; at most 10",
    ),
    "aliases": ("{" + " ".join(f"a{n}: greeting" for n in range(16)) + "}", "The operation has 16 aliases; at most 15"),
    "aliases in fragments": (
        "{ ...A ...A ...A ...A } fragment A on Query { a: greeting b: greeting c: greeting d: greeting }",
        "The operation has 16 aliases; at most 15",
    ),
    "directives": ("{ greeting " + "@skip(if: true) " * 21 + "}", "The operation has 21 directives; at most 20"),
    "cycle": (
        "{ shop { ...A } } fragment A on Shop { ...B } fragment B on Shop { ...A }",
        "The fragment A contains itself",
    ),
    "own cycle": ("{ ...A } fragment A on Query { ...A }", "The fragment A contains itself"),
    "repetition": ("{" + "greeting " * 21 + "}", "greeting is selected 21 times in one place; at most 20"),
    "repetition by fragments": (
        "{ " + "...A ... { greeting } " * 11 + "} fragment A on Query { greeting }",
        "greeting is selected 22 times in one place; at most 20",
    ),
    "repetition in what is merged": (
        "{ " + "shop { name ... { name } } " * 11 + "}",
        "name is selected 22 times in one place; at most 20",
    ),
    "selections": (
        "{ shop { " + "...A " * 20 + "} } fragment A on Shop { " + "...B " * 50 + "} fragment B on Shop { name }",
        "The document has 2021 selections; at most 1000",
    ),
    "length": ("{ greeting }" + "#" * 100_000, "The document is longer than 100000 characters"),
}


@pytest.mark.parametrize(("query", "message"), BEYOND.values(), ids=BEYOND.keys())
def test_a_document_beyond_a_limit_is_refused(query: str, message: str) -> None:
    error = refusal(query)
    assert error["message"].startswith(message)
    assert error["code"] == LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "query",
    [
        "{" + "greeting " * 2000 + "}",
        "{ total(numbers: [" + "1 " * 2000 + "]) }",
        "{" + "shop { parent " * 900 + "}",
        "{" + "... { " * 500 + "greeting" + " }" * 501,
        "{ total(numbers: " + "[" * 900 + "]" * 900 + ") }",
        "query(" + " ".join(f"$v{n}: Int" for n in range(1000)) + ") { greeting }",
    ],
    ids=["fields", "arguments", "depth", "inline fragments", "nested lists", "variables"],
)
def test_a_document_that_the_parser_gives_up_is_refused(query: str) -> None:
    assert refusal(query)["message"].startswith("Syntax Error")


def test_deep_inline_fragments_in_many_fragments_are_refused() -> None:
    nested = "... { " * 30
    chain = "".join(f" fragment F{n} on Query {{ {nested} ...F{n + 1} {'}' * 30} }}" for n in range(15))
    query = "{ ...F0 }" + chain + " fragment F15 on Query { greeting }"
    assert refusal(query)["code"] == LIMIT_EXCEEDED


def test_fragments_that_multiply_are_counted_without_being_expanded() -> None:
    chain = "".join(f" fragment F{n} on Shop {{ ...F{n + 1} ...F{n + 1} }}" for n in range(48))
    query = "{ shop { ...F0 } }" + chain + " fragment F48 on Shop { parent { name } }"
    assert f"{2**50} selections" in refusal(query)["message"]


def test_the_selections_of_all_operations_count() -> None:
    query = "".join(f"query Q{n} {{ ...A }} " for n in range(40)) + "fragment A on Query { " + "whoami " * 20 + "}"
    on = engine(selections=800)
    with pytest.raises(Refused, match="The document has 840 selections"):
        on.prepare(Request(query, "Q0", {}), STAFF)


def test_more_values_than_the_limit_are_refused() -> None:
    query = "query($n: [Int!]!) { total(numbers: $n) }"
    assert refusal(query, n=[1] * 10_001)["code"] == LIMIT_EXCEEDED
    assert refusal(query, n=[[1] * 5_001, [1] * 5_001])["code"] == LIMIT_EXCEEDED
    assert refusal("{ greeting }", None, **{f"v{n}": n for n in range(10_001)})["code"] == LIMIT_EXCEEDED
    assert engine().prepare(Request(query, None, {"n": [1] * 9_000}), STAFF).cost == 0


def test_schema_extensions_are_refused_because_they_would_not_run() -> None:
    with pytest.raises(ValueError, match="field extensions"):
        Engine(strawberry.Schema(Query, extensions=[MaskErrors]), Limits(), production=True)
