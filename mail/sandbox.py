"""Jinja2's immutable sandbox, closed where it is open: what a template computes is bounded before it is computed.

The sandbox itself stops access to Python's insides, but not `{{ 'a' * 10**9 }}`, `{{ '%1000000000d' % 1 }}`,
`{{ 'a'.ljust(10**9) }}`, nested loops or macros that call themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, cast

from jinja2 import nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context, LoopContext, StrictUndefined, Undefined, markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from mail.filters import FILTERS
from mail.limits import Budget, LimitExceeded, check_weight

MAX_RANGE: Final = 1_000
MAX_NUMBER: Final = 10**18
MAX_EXPONENT: Final = 32

REFUSED_TAGS: Final[dict[type[nodes.Node], str]] = {
    nodes.AssignBlock: "{% set name %}...{% endset %} is not available: write {% set name = value %}",
    nodes.Block: "{% block %} is not available: a mail template stands alone",
    nodes.CallBlock: "{% call %} is not available",
    nodes.Extends: "{% extends %} is not available: a mail template stands alone",
    nodes.FilterBlock: "{% filter %} is not available: apply the filter to the value",
    nodes.FromImport: "{% import %} is not available: a mail template stands alone",
    nodes.Import: "{% import %} is not available: a mail template stands alone",
    nodes.Include: "{% include %} is not available: a mail template stands alone",
    nodes.Macro: "{% macro %} is not available: write out what it does",
    nodes.NSRef: "namespaces are not available",
}
METHODS: Final[dict[type, frozenset[str]]] = {
    str: frozenset({"capitalize", "endswith", "lower", "startswith", "strip", "title", "upper"}),
    dict: frozenset({"get", "items", "keys", "values"}),
    LoopContext: frozenset({"changed", "cycle"}),
}


class Missing(StrictUndefined):
    """A value that is not there: false in a condition, an error wherever else it is used, never a hole in a mail."""

    def __bool__(self) -> bool:  # type: ignore[override]  # the strict one refuses conditions too
        return False


class RenderContext(Context):
    """The variables of one rendering, and its budget."""

    budget: Budget


def bounded_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise LimitExceeded(f"range makes at most {MAX_RANGE:,} numbers")
    return numbers


@pass_context
def counted(context: RenderContext, items: Iterable[Any]) -> Iterator[Any]:
    """The rounds of a `{% for %}`."""
    return context.budget.counted(items)


@pass_context
def weighed(context: RenderContext, value: Any) -> Any:
    """A list, tuple or dict that is written in a template, once it is known to be of sound size."""
    context.budget.check_time()
    check_weight(value)
    return value


@pass_context
def concatenated(context: RenderContext, parts: list[Any]) -> str:
    """What `a ~ b` means."""
    return markup_join([printable(part) for part in weighed(context, parts)])


def printable(value: Any) -> Any:
    """What `{{ value }}` writes. Raises where a reader would find a hole or Python's notation in the mail."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("a value that is printed is empty (None): give it a default")
    if isinstance(value, Undefined):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset | Iterator | range) or callable(value):
        raise ValueError("a list or an object can't be printed: loop over it, join it or name one of its values")
    return value


class Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    context_class = RenderContext

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, undefined=Missing, finalize=printable, keep_trailing_newline=True)
        self.globals = {"range": bounded_range}
        self.filters = FILTERS | {"_counted": counted, "_concatenated": concatenated, "_weighed": weighed}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`order.items` is the order's items where it has some, not a method of Python's dict."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        if obj is bounded_range or isinstance(obj, Undefined):
            return True
        owner = getattr(obj, "__self__", None)
        if any(isinstance(owner, kind) and obj.__name__ in names for kind, names in METHODS.items()):
            return True
        raise SecurityError(f"{getattr(obj, '__name__', 'this value')}() is not available: use a filter")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        cast(RenderContext, context).budget.check_time()
        return OPERATORS[operator](left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _refuse_tags(tree)
        guarded: nodes.Template = _Guards().visit(tree)
        return guarded


def _refuse_tags(tree: nodes.Template) -> None:
    for tag in tree.find_all(tuple(REFUSED_TAGS)):
        raise TemplateSyntaxError(REFUSED_TAGS[type(tag)], tag.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("recursive loops are not available", loop.lineno)
    for access in tree.find_all(nodes.Getattr):
        if access.attr.startswith("__"):
            raise TemplateSyntaxError(f"{access.attr} is not available", access.lineno)


class _Guards(NodeTransformer):
    """Puts a guard around what no operator or filter passes by: loops, `~`, and lists that are written out."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_concatenated")

    def visit_List(self, node: nodes.Expr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "_weighed")

    visit_Dict = visit_List  # noqa: N815

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(node, "_weighed") if node.ctx == "load" else node


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _add(left: Any, right: Any) -> Any:
    check_weight(left, right)
    return left + right


def _multiply(left: Any, right: Any) -> Any:
    _check_numbers("*", left, right)
    if abs(left) * abs(right) > MAX_NUMBER:
        _refuse_number()
    return left * right


def _power(left: Any, right: Any) -> Any:
    _check_numbers("**", left, right)
    if abs(left) > MAX_NUMBER or abs(right) > MAX_EXPONENT or abs(left) ** abs(right) > MAX_NUMBER:
        _refuse_number()
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    _check_numbers("%", left, right)
    return left % right


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {"+": _add, "*": _multiply, "**": _power, "%": _remainder}


def _check_numbers(operator: str, *operands: Any) -> None:
    for operand in operands:
        if isinstance(operand, Undefined):
            operand._fail_with_undefined_error()
        if not isinstance(operand, int | float | Decimal):
            raise TypeError(f"{operator} takes numbers")


def _refuse_number() -> NoReturn:
    raise LimitExceeded("a number is too large")
