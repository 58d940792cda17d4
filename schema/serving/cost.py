"""What an operation costs at most, from its document and variables alone, so that it can be refused before it runs.

An object costs 1 and a scalar nothing; a root field of a mutation costs 10 more. A list costs its window times what is
selected of an item: `first` or `last` of the field, or of the connection that the list belongs to; or else what the
field declares in its metadata as `ITEMS`, as a rule for lists whose length follows from something else; or else 20.
The document is read once into a `Cost`, a small formula over those variables that give windows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from core.pages import CONNECTION_LIMIT, DEFAULT_LIMIT

COST_LIMIT: Final = "COST_LIMIT"
WINDOW: Final = ("first", "last")
ITEMS: Final = "items"


@dataclass(frozen=True, slots=True)
class Size:
    """A window given by variables (of `first`, of `last`); `default` where the client leaves them all out."""

    variables: tuple[str, ...]
    default: int

    def of(self, values: Mapping[str, Any]) -> int:
        given = [value for name in self.variables if isinstance(value := values.get(name), int | float)]
        # A value that is no number is refused when the variables are coerced.
        return _bounded(max(given, default=self.default))


@dataclass(frozen=True, slots=True)
class Cost:
    """`fixed` plus, for each scaled part, its size times its cost."""

    fixed: int = 0
    scaled: "tuple[tuple[Size, Cost], ...]" = ()

    def of(self, variables: Mapping[str, Any]) -> int:
        return self.fixed + sum(size.of(variables) * cost.of(variables) for size, cost in self.scaled)

    def plus(self, other: "Cost") -> "Cost":
        return Cost(self.fixed + other.fixed, self.scaled + other.scaled)

    def times(self, size: int | Size) -> "Cost":
        if isinstance(size, Size):
            return Cost(0, ((size, self),))
        return Cost(self.fixed * size, tuple((inner, cost.times(size)) for inner, cost in self.scaled))


OBJECT: Final = Cost(1)
MUTATION: Final = Cost(10)
FREE: Final = Cost()


def cost_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Cost:
    """The cost of a valid operation within the limits of `limits.py`, which bound the size of the formula."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return FREE
    return _CostReader(schema, operation, fragments).selections(root, operation.selection_set, None)


class _CostReader:
    """Reads the cost of one valid operation, each fragment's once per window that it is spread into."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._costs: dict[tuple[str, int | Size | None], Cost] = {}
        self._defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in operation.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }

    def selections(self, parent: GraphQLNamedType, selection_set: SelectionSetNode, window: int | Size | None) -> Cost:
        """`window` is that of the connection `parent`, for the lists in it."""
        cost = FREE
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                cost = cost.plus(self._field(parent, node, window))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                of = self._schema.type_map[condition.name.value] if condition else parent
                cost = cost.plus(self.selections(of, node.selection_set, window))
            elif isinstance(node, FragmentSpreadNode):
                cost = cost.plus(self._fragment(node.name.value, window))
        return cost

    def _fragment(self, name: str, window: int | Size | None) -> Cost:
        key = (name, window)
        if key not in self._costs:
            definition = self._fragments[name]
            of = self._schema.type_map[definition.type_condition.name.value]
            self._costs[key] = self.selections(of, definition.selection_set, window)
        return self._costs[key]

    def _field(self, parent: GraphQLNamedType, node: FieldNode, window: int | Size | None) -> Cost:
        name = node.name.value
        if name.startswith("__"):
            return OBJECT if node.selection_set else FREE
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return FREE
        cost = self._value(parent.fields[name], node, window)
        return cost.plus(MUTATION) if parent is self._schema.mutation_type else cost

    def _value(self, field: GraphQLField, node: FieldNode, window: int | Size | None) -> Cost:
        named = get_named_type(field.type)
        if is_leaf_type(named) or not node.selection_set:
            return FREE
        own = self._window(field, node)
        if _is_list(field.type):
            size = next((size for size in (own, window, _declared(field)) if size is not None), DEFAULT_LIMIT)
            return OBJECT.plus(self.selections(named, node.selection_set, None)).times(size)
        return OBJECT.plus(self.selections(named, node.selection_set, own))

    def _window(self, field: GraphQLField, node: FieldNode) -> int | Size | None:
        """What `first` or `last` of the field says; None where it has neither argument."""
        arguments = [field.args[name] for name in WINDOW if name in field.args]
        if not arguments:
            return None
        values = [argument.value for argument in node.arguments or () if argument.name.value in WINDOW]
        variables = tuple(value.name.value for value in values if isinstance(value, VariableNode))
        literals = [int(value.value) for value in values if isinstance(value, IntValueNode)]
        if variables and literals:
            # Which one counts depends on whether the variable is null.
            return CONNECTION_LIMIT
        if literals:
            return _bounded(max(literals))
        declared = [self._defaults[name] for name in variables if name in self._defaults]
        usual = [argument.default_value for argument in arguments if isinstance(argument.default_value, int)]
        default = _bounded(max(declared or usual or [DEFAULT_LIMIT]))
        return Size(variables, default) if variables else default


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(type_))


def _declared(field: GraphQLField) -> int | None:
    definition = field.extensions.get("strawberry-definition")
    return None if definition is None else definition.metadata.get(ITEMS)


def _bounded(size: float) -> int:
    """Windows out of bounds are refused by the resolver; none costs more than the longest."""
    return int(max(0, min(size, CONNECTION_LIMIT)))
