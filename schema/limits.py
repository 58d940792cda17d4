"""What a document may ask for, checked on its syntax alone, before the dearer validation.

Selections count as often as they are spread, but each fragment is read once: the check is linear in the document.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
)

LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


@dataclass(frozen=True, slots=True)
class Limits:
    """`body` is in bytes, `characters` and `tokens` of the document, `values` of its variables, `depth` in fields.

    `repeats` bounds how often one selection set may name the same response key: comparing them is quadratic
    (480 times `a { b }` took 0.5 s to validate). `cost` is explained in `schema/cost.py`.
    """

    body: int = 1_000_000
    characters: int = 100_000
    tokens: int = 2_000
    depth: int = 10
    aliases: int = 15
    directives: int = 20
    fragments: int = 50
    repeats: int = 10
    values: int = 10_000
    cost: int = 5_000


def exceeded(message: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": LIMIT_EXCEEDED})


def check_values(variables: Mapping[str, object], limit: int) -> None:
    """Raises `GraphQLError` when there are more values in the variables, at any depth, than the limit."""
    total = 0
    pending: list[object] = [variables]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            total += len(value)
            pending.extend(value.values())
        elif isinstance(value, list):
            total += len(value)
            pending.extend(value)
        if total > limit:
            raise exceeded(f"The variables hold more than {limit} values")


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Raises `GraphQLError` naming the first limit that an operation of the document exceeds."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    if len(fragments) > limits.fragments:
        raise exceeded(f"The document defines {len(fragments)} fragments; at most {limits.fragments} are allowed")
    reader = _ShapeReader(fragments, limits.repeats)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _check_shape(reader.node(definition), definition, limits)


def _check_shape(shape: "Shape", operation: OperationDefinitionNode, limits: Limits) -> None:
    for actual, limit, what in (
        (shape.depth, limits.depth, "levels of fields"),
        (shape.aliases, limits.aliases, "aliases"),
        (shape.directives, limits.directives, "directives"),
    ):
        if actual > limit:
            raise exceeded(f"The operation has {actual} {what}; at most {limit} are allowed", operation)


@dataclass(frozen=True, slots=True)
class Shape:
    """`depth` counts nested fields, without introspection, whose depth graphql-core bounds by a rule of its own."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: "Shape") -> "Shape":
        return Shape(max(self.depth, other.depth), self.aliases + other.aliases, self.directives + other.directives)


class _ShapeReader:
    """Reads the shapes of one document, each fragment's once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], repeats: int) -> None:
        self._fragments = fragments
        self._repeats = repeats
        self._shapes: dict[str, Shape] = {}
        self._open: set[str] = set()

    def node(self, node: OperationDefinitionNode | FragmentDefinitionNode | SelectionNode) -> Shape:
        shape = Shape(directives=len(node.directives or ()))
        if isinstance(node, FragmentSpreadNode):
            return shape.beside(self._fragment(node))
        if isinstance(node, FieldNode):
            return shape.beside(self._field(node))
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode | InlineFragmentNode):
            return shape.beside(self._selections(node.selection_set.selections))
        return shape

    def _field(self, node: FieldNode) -> Shape:
        inner = self._selections(node.selection_set.selections) if node.selection_set else Shape()
        depth = 0 if node.name.value.startswith("__") else inner.depth + 1
        return Shape(depth, inner.aliases + (node.alias is not None), inner.directives)

    def _selections(self, selections: Iterable[SelectionNode]) -> Shape:
        keys = Counter((node.alias or node.name).value for node in selections if isinstance(node, FieldNode))
        if keys:
            key, count = keys.most_common(1)[0]
            if count > self._repeats:
                raise exceeded(f"{key} is selected {count} times in one place; at most {self._repeats} are allowed")
        shape = Shape()
        for node in selections:
            shape = shape.beside(self.node(node))
        return shape

    def _fragment(self, spread: FragmentSpreadNode) -> Shape:
        name = spread.name.value
        if name in self._open:
            raise exceeded(f"The fragment {name} contains itself", spread)
        if name not in self._shapes:
            definition = self._fragments.get(name)
            self._open.add(name)
            # Validation says that a fragment is unknown.
            self._shapes[name] = self.node(definition) if definition else Shape()
            self._open.discard(name)
        return self._shapes[name]
