"""The compiled executor answers exactly what graphql-core answers: data, order of keys, errors, paths."""

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from inspect import isawaitable
from types import SimpleNamespace
from typing import Annotated, Any, cast

import pytest
import strawberry
from graphql import ExecutionResult, parse, validate
from graphql.execution import Executor, execute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.dataloader import DataLoader
from strawberry.scalars import JSON
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.serving.execution import CompiledExecutor
from schema.serving.plain_fields import LOAD
from schema.serving.selections import Compiled


@strawberry.enum
class Kind(Enum):
    SMALL = "small"
    LARGE = "large"


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Cat(Named):
    lives: int


@strawberry.type
class Dog(Named):
    owner: "Item | None"


class Kept:
    """Something that a loader is asked for: itself."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Loading:
    """The context: a loader that gives the values of what is kept, and counts how often it was asked."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self._kept: dict[int, Kept] = {}
        self._loader = DataLoader(self._values)

    def load(self, value: Any) -> Any:
        return self._loader.load(self._kept.setdefault(id(value), Kept(value)))

    async def _values(self, kept: list[Kept]) -> list[Any]:
        self.batches.append(len(kept))
        return [one.value for one in kept]


def loaded(attribute: str) -> Any:
    def load(context: Loading, source: Any) -> Any:
        value = getattr(source, attribute)
        return None if value is None else context.load(value)

    def resolve(self: Any, info: strawberry.Info[Loading, None]) -> Any:
        return load(info.context, self)

    return strawberry.field(resolver=resolve, metadata={LOAD: load})


@strawberry.type
class Item:
    id: strawberry.ID
    text: str | None
    count: int
    ratio: float | None
    flag: bool
    kind: Kind
    created_at: datetime
    price: Decimal | None
    payload: JSON | None
    tags: list[str]
    grid: list[list[int] | None] | None
    child: "Item | None"
    strict: "Item"
    children: list["Item"]
    sparse: list["Item | None"] | None
    pet: Annotated[Cat | Dog, strawberry.union("Pet")] | None
    named: Named | None
    loaded_count: int | None = loaded("count")
    loaded_text: str = loaded("text")
    loaded_child: "Item | None" = loaded("child")
    loaded_strict: "Item" = loaded("strict")
    loaded_children: list["Item"] = loaded("children")

    @strawberry.field
    def shout(self) -> str:
        return self.text.upper()  # type: ignore[union-attr]

    @strawberry.field
    async def later(self) -> str | None:
        return self.text

    @strawberry.field
    async def later_child(self) -> "Item":
        return self.child  # type: ignore[return-value]

    @strawberry.field
    def times(self, n: int) -> int:
        return self.count * n

    @strawberry.field
    def about(self, info: strawberry.Info) -> str:
        return info.field_name


@strawberry.type
class Query:
    item: Item | None
    items: list[Item]


SCHEMA = strawberry.Schema(Query, types=[Cat, Dog])._schema

VARIABLES = {"yes": True, "no": False}
LEAVES = ["id", "text", "count", "ratio", "flag", "kind", "createdAt", "price", "payload", "tags", "grid"]
LEAVES += ["loadedCount", "loadedText"]
METHODS = ["shout", "later", "about", "times(n: 2)", "__typename"]
OBJECTS = ["child", "strict", "children", "sparse", "laterChild"]
OBJECTS += ["loadedChild", "loadedStrict", "loadedChildren"]
FRAGMENTS = """
fragment Basics on Item { id text again: count @skip(if: $yes) child { text } }
fragment Nested on Item { children { ...Basics kind } }
"""
DIRECTIVES = ["", "", "", "@skip(if: $yes)", "@include(if: $yes)", "@skip(if: $no)", "@include(if: $no)"]


def odd(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly a value of the right kind; sometimes what a field may not hold."""
    strange = st.sampled_from([None, 5, "text", 2.5, 2**40, object, ValueError("stored"), [1], True, float("nan")])
    return st.integers(0, 30).flatmap(lambda roll: strange if roll == 0 else usual)


def item_with(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    texts = st.one_of(st.none(), st.just("ab"), st.just("ab"))
    pets = st.one_of(
        st.builds(Cat, name=odd(st.just("Tom")), lives=odd(st.just(9))),
        st.builds(Dog, name=odd(st.just("Rex")), owner=children),
    )
    return st.builds(
        SimpleNamespace,
        id=odd(st.just("1")),
        text=texts,
        count=odd(st.integers(-3, 3)),
        ratio=odd(st.just(0.5)),
        flag=odd(st.booleans()),
        kind=odd(st.sampled_from(Kind)),
        created_at=odd(st.just(datetime(2026, 1, 2, tzinfo=UTC))),
        price=odd(st.just(Decimal("1.50"))),
        payload=odd(st.just({"a": [1]})),
        tags=odd(st.sampled_from([[], ["a", "b"], ("a",), ["a", None]])),
        grid=odd(st.sampled_from([None, [], [[1], None], [[1, 2], ["x"]]])),
        child=children,
        strict=children,
        children=odd(st.lists(children, max_size=2)),
        sparse=odd(st.lists(children, max_size=2)),
        pet=odd(pets),
        named=odd(pets),
    )


ITEMS = st.recursive(item_with(st.none()), item_with, max_leaves=4)


@st.composite
def selections(draw: st.DrawFn, depth: int = 3) -> str:
    parts = draw(st.lists(selection(depth), min_size=1, max_size=5))
    return " ".join(parts)


@st.composite
def selection(draw: st.DrawFn, depth: int) -> str:
    directive = draw(st.sampled_from(DIRECTIVES))
    choices = ["leaf", "leaf", "leaf", "method", "fragment"] + ["object", "object", "abstract", "inline"] * (depth > 0)
    match draw(st.sampled_from(choices)):
        case "leaf":
            name = draw(st.sampled_from(LEAVES))
            return f"{draw(alias(name))}{name} {directive}"
        case "method":
            name = draw(st.sampled_from(METHODS))
            return f"{draw(alias(name.split('(')[0]))}{name} {directive}"
        case "object":
            name = draw(st.sampled_from(OBJECTS))
            return f"{draw(alias(name))}{name} {directive} {{ {draw(selections(depth - 1))} }}"
        case "abstract":
            field = draw(st.sampled_from(["pet", "named"]))
            dog = f"... on Dog {{ name owner {{ {draw(selections(depth - 1))} }} }}"
            return f"{field} {directive} {{ __typename ... on Cat {{ name lives }} {dog} }}"
        case "inline":
            return f"... {draw(st.sampled_from(['', 'on Item']))} {directive} {{ {draw(selections(depth - 1))} }}"
        case _:
            return f"...{draw(st.sampled_from(['Basics', 'Nested']))} {directive}"


def alias(name: str) -> st.SearchStrategy[str]:
    """The same alias always means the same field, so that selections can be merged."""
    return st.sampled_from(["", "", f"other_{name.strip('_')}: "])


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def answer(loop: asyncio.Runner, executor: type[Executor[Any]], query: str, root: Any) -> ExecutionResult:
    async def run() -> ExecutionResult:
        result = execute(SCHEMA, parse(query), root, Loading(), variable_values=VARIABLES, executor_class=executor)
        return await result if isawaitable(result) else result

    return loop.run(run())


def ordered(data: Any) -> Any:
    """The data in a form in which the order of keys, and the types of values, count."""
    if isinstance(data, dict):
        return [(key, ordered(value)) for key, value in data.items()]
    return [ordered(item) for item in data] if isinstance(data, list) else (type(data), repr(data))


def errors_of(result: ExecutionResult) -> dict[str, Any]:
    """By their paths."""
    return {str(error.path): (error.formatted, repr(error.original_error)) for error in result.errors or []}


def nulls_explained(result: ExecutionResult) -> set[tuple[Any, ...]]:
    """Where there is a null because of an error."""
    return {_null_on(result.data, error.path or []) for error in result.errors or []}


def _null_on(data: Any, path: list[Any]) -> tuple[Any, ...]:
    for depth, key in enumerate(path):
        if data is None:
            return tuple(path[:depth])
        data = data[key]
    return tuple(path)


def assert_same(loop: asyncio.Runner, query: str, root: Any) -> None:
    """Of several errors that would make the same null, the one that comes first may be the only one that is told: which
    one that is depends on what is awaited together."""
    assert not validate(SCHEMA, parse(query))
    ours = answer(loop, CompiledExecutor, query, root)
    theirs = answer(loop, StrawberryGraphQLCoreExecutionContext, query, root)
    assert ordered(ours.data) == ordered(theirs.data)
    assert nulls_explained(ours) == nulls_explained(theirs)
    our_errors, their_errors = errors_of(ours), errors_of(theirs)
    for path in our_errors.keys() & their_errors.keys():
        assert our_errors[path] == their_errors[path]
    if "loaded" not in query:
        assert our_errors == their_errors


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(selection_set=selections(), items=st.lists(ITEMS, min_size=1, max_size=3))
def test_it_answers_what_graphql_core_answers(loop: asyncio.Runner, selection_set: str, items: list[Any]) -> None:
    query = f"""query($yes: Boolean!, $no: Boolean!) {{
        item {{ {selection_set} }} items {{ {selection_set} }}
        used: item {{ ...Basics ...Nested id @skip(if: $no) }}
    }} {FRAGMENTS}"""
    assert_same(loop, query, SimpleNamespace(item=items[0], items=items))


def item(**values: Any) -> SimpleNamespace:
    usual = {"id": "1", "text": "ab", "count": 1, "tags": ["a"], "child": None, "children": [], "flag": True}
    return SimpleNamespace(**usual | values)


@pytest.mark.parametrize(
    ("selection_set", "values"),
    [
        ("id text count tags", {}),
        ("id count", {"count": None}),
        ("id count", {"count": 2**31}),
        ("id count", {"count": "7"}),
        ("id tags", {"tags": {"a"}}),
        ("id tags", {"tags": ["a", None]}),
        ("id tags", {"tags": "ab"}),
        ("text flag", {"text": RuntimeError("stored"), "flag": "yes"}),
        ("text missing: price", {}),
        ("child { id child { count } }", {"child": item(child=item(count=None))}),
        ("children { id count } text", {"children": [item(), item(count=None), item()]}),
        ("children { id } children { text }", {"children": [item(), None]}),
        ("id later count shout", {}),
        ("id later child { later }", {"child": item(text=None)}),
        ("id loadedCount later", {"count": None}),
        ("id loadedCount shout", {"count": ValueError("stored")}),
        ("id loadedText later", {"text": None}),
        ("loadedChild { id count }", {"child": item(count=None)}),
        ("loadedChild { loadedChild { loadedText } } id", {"child": item(child=item(text=None))}),
        ("loadedChildren { id loadedCount later }", {"children": [item(), None]}),
        ("children { id loadedStrict { id } }", {"children": [item(strict=item()), item(strict=None)]}),
    ],
)
def test_it_fails_as_graphql_core_fails(loop: asyncio.Runner, selection_set: str, values: dict[str, Any]) -> None:
    query = f"{{ item {{ {selection_set} }} items {{ {selection_set} }} }}"
    assert_same(loop, query, SimpleNamespace(item=item(**values), items=[item(), item(**values)]))


def test_a_value_to_await_is_awaited(loop: asyncio.Runner) -> None:
    class Awaited:
        def __await__(self) -> Iterator[Any]:
            return iter(())

    assert_same(loop, "{ item { id text child { id } } }", SimpleNamespace(item=item(text=Awaited(), child=Awaited())))


def test_a_null_condition_fails_only_where_the_object_is_there(loop: asyncio.Runner) -> None:
    query = "query($if: Boolean = true) { item { id child { id @include(if: $if) } } }"
    for child in (None, item()):
        root = SimpleNamespace(item=item(child=child))
        results = [
            execute(SCHEMA, parse(query), root, variable_values={"if": None}, executor_class=executor)
            for executor in (CompiledExecutor, StrawberryGraphQLCoreExecutionContext)
        ]
        assert results[0] == results[1]


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fields that graphql-core executes."""
    names: list[str] = []
    original = CompiledExecutor.execute_field

    def execute_field(self: Any, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        names.append(f"{parent_type.name}.{details[0].node.name.value}")
        return original(self, parent_type, source, details, *rest)

    monkeypatch.setattr(CompiledExecutor, "execute_field", execute_field)
    return names


def test_plain_fields_are_read_without_graphql_core(executed: list[str]) -> None:
    root = SimpleNamespace(items=[item(child=item()), item()])
    query = parse("{ items { id tags child { id __typename } times(n: 2) } }")
    execute(SCHEMA, query, root, executor_class=CompiledExecutor)
    assert executed == ["Query.items", "Item.times", "Item.times"]


def test_what_is_loaded_is_loaded_level_by_level_without_graphql_core(
    loop: asyncio.Runner, executed: list[str]
) -> None:
    children = [item(child=item(child=item())), item(child=item(child=item(text="cd")))]
    selected = "children { id loadedChild { child { loadedText } loadedChild { id } } children { loadedText } }"
    context = Loading()

    async def run() -> ExecutionResult:
        root = SimpleNamespace(item=item(children=children))
        answered = execute(
            SCHEMA, parse(f"{{ item {{ {selected} }} }}"), root, context, executor_class=CompiledExecutor
        )
        return await cast("Awaitable[ExecutionResult]", answered)

    result = loop.run(run())
    below = [{"child": {"loadedText": text}, "loadedChild": {"id": "1"}} for text in ("ab", "cd")]
    assert result == ({"item": {"children": [{"id": "1", "loadedChild": one, "children": []} for one in below]}}, None)
    assert executed == ["Query.item"]
    assert context.batches == [2, 4]


def test_what_was_compiled_of_a_document_is_used_again(loop: asyncio.Runner) -> None:
    tree, compiled, sizes = parse("{ item { id child { text child { count } } later } }"), Compiled(), []
    for text in ("ab", "cd"):
        executor = CompiledExecutor.build(SCHEMA, tree, SimpleNamespace(item=item(child=item(text=text))), Loading())
        assert isinstance(executor, CompiledExecutor)
        executor.compiled = compiled

        async def run(executor: CompiledExecutor = executor) -> ExecutionResult:
            return await cast("Awaitable[ExecutionResult]", executor.execute_operation())

        assert loop.run(run()).data == {"item": {"id": "1", "child": {"text": text, "child": None}, "later": "ab"}}
        sizes.append((len(compiled.subfields), len(compiled.selections)))
    assert sizes[0] == sizes[1] == (3, 3)
