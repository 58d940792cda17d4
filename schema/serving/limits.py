"""What a document may ask for, checked on its syntax alone, before the dearer validation.

Selections count as often as they are spread, but each fragment is read once: the check is linear in the document.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

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
    SelectionSetNode,
)

from schema.serving.failures import Refused, refusal

LIMIT_EXCEEDED: Final = "LIMIT_EXCEEDED"


@dataclass(frozen=True, slots=True)
class Limits:
    """`body` is in bytes, `characters` and `tokens` of the document, `values` of its variables, `depth` in fields.

    `repeats` bounds how many selections may share one response path: validation compares them all with each other
    (without this bound 2,000 tokens kept it busy for a second). `cost` is explained in `schema/serving/cost.py`.
    """

    body: int = 1_000_000
    characters: int = 100_000
    tokens: int = 2_000
    depth: int = 10
    aliases: int = 15
    directives: int = 20
    selections: int = 1_000
    repeats: int = 20
    values: int = 10_000
    cost: int = 5_000


def check_values(variables: Mapping[str, object], limit: int) -> None:
    """Raises `Refused` when there are more values in the variables, at any depth, than the limit."""
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
            raise refusal(f"The variables hold more than {limit} values", LIMIT_EXCEEDED)


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Raises `Refused` naming the first limit that the operations of the document exceed."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    reader = _ShapeReader(fragments)
    shapes = [reader.node(operation) for operation in operations]
    unused = min(fragments.keys() - reader.used, default=None)
    if unused is not None:
        # Validation would say so too, but only after it has read what the fragment holds.
        raise Refused([GraphQLError(f"The fragment {unused} is defined but never spread", fragments[unused])])
    for operation, shape in zip(operations, shapes, strict=True):
        _check("operation", shape.depth, limits.depth, "levels of fields", operation)
        _check("operation", shape.aliases, limits.aliases, "aliases", operation)
        _check("operation", shape.directives, limits.directives, "directives", operation)
    _check("document", sum(shape.selections for shape in shapes), limits.selections, "selections", None)
    for operation in operations:
        _check_repeats([operation.selection_set], fragments, limits.repeats)


def _check(subject: str, actual: int, limit: int, what: str, node: Node | None) -> None:
    if actual > limit:
        raise _exceeded(f"The {subject} has {actual} {what}; at most {limit} are allowed", node)


def _exceeded(message: str, node: Node | None) -> Refused:
    return Refused([GraphQLError(message, node)], code=LIMIT_EXCEEDED)


def _check_repeats(
    selection_sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode], limit: int
) -> None:
    """For the selection sets of one response path, and all paths below it."""
    for key, nodes in _grouped(selection_sets, fragments).items():
        if len(nodes) > limit:
            raise _exceeded(f"{key} is selected {len(nodes)} times in one place; at most {limit} are allowed", nodes[0])
        _check_repeats([node.selection_set for node in nodes if node.selection_set], fragments, limit)


def _grouped(
    selection_sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> dict[str, list[FieldNode]]:
    """The fields by their response keys, those of fragments among them."""
    fields: dict[str, list[FieldNode]] = {}
    pending = [node for selection_set in selection_sets for node in selection_set.selections]
    while pending:
        node = pending.pop()
        if isinstance(node, FieldNode):
            fields.setdefault((node.alias or node.name).value, []).append(node)
        elif isinstance(node, InlineFragmentNode):
            pending.extend(node.selection_set.selections)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            pending.extend(fragments[node.name.value].selection_set.selections)
    return fields


@dataclass(frozen=True, slots=True)
class Shape:
    """`depth` counts nested fields, without introspection, whose depth graphql-core bounds by a rule of its own."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    selections: int = 0

    def beside(self, other: "Shape") -> "Shape":
        return Shape(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.selections + other.selections,
        )


class _ShapeReader:
    """Reads the shapes of one document, each fragment's once. `used` are the fragments that it came across."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.used: set[str] = set()
        self._fragments = fragments
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
        return Shape(depth, int(node.alias is not None)).beside(replace(inner, depth=0))

    def _selections(self, selections: Collection[SelectionNode]) -> Shape:
        shape = Shape(selections=len(selections))
        for node in selections:
            shape = shape.beside(self.node(node))
        return shape

    def _fragment(self, spread: FragmentSpreadNode) -> Shape:
        name = spread.name.value
        if name in self._open:
            raise _exceeded(f"The fragment {name} contains itself", spread)
        if name not in self._shapes:
            self.used.add(name)
            definition = self._fragments.get(name)
            self._open.add(name)
            # Validation says that a fragment is unknown.
            self._shapes[name] = self.node(definition) if definition else Shape()
            self._open.discard(name)
        return self._shapes[name]
