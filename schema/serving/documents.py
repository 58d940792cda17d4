"""Documents as clients send them, parsed and validated once: a cache of what is valid, bounded by count and by size."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.serving.cost import Cost, cost_of
from schema.serving.failures import Refused, refusal
from schema.serving.limits import LIMIT_EXCEEDED, Limits, check_document
from schema.serving.selections import Compiled

RULES: Final[tuple[type[ASTValidationRule], ...]] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
DIRECTIVE: Final = "@"
LARGEST_KEPT: Final = 20_000
"""Longer documents, in characters, are not kept: nobody sends them often."""


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document. `costs` and what was compiled are filled in as its operations are used; nothing that was
    compiled is kept where directives may select something else each time."""

    tree: DocumentNode
    compiled: Compiled | None
    costs: dict[str | None, Cost] = field(default_factory=dict)


class Documents:
    """Reads documents for one schema. `trusted` clients may introspect, and get suggestions with their errors."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, kept: int = 500) -> None:
        self._schema = schema
        self._limits = limits
        self._kept = kept
        self._valid: OrderedDict[tuple[str, bool], Document] = OrderedDict()

    def read(self, query: str, *, trusted: bool) -> Document:
        """Raises `Refused` with what is wrong with the document."""
        key = (query, trusted)
        document = self._valid.get(key)
        if document is not None:
            self._valid.move_to_end(key)
            return document
        document = Document(self._validated(query, trusted), None if DIRECTIVE in query else Compiled())
        if len(query) <= LARGEST_KEPT:
            self._valid[key] = document
            if len(self._valid) > self._kept:
                self._valid.popitem(last=False)
        return document

    def cost(self, document: Document, operation: OperationDefinitionNode) -> Cost:
        name = operation.name.value if operation.name else None
        if name not in document.costs:
            fragments = {
                definition.name.value: definition
                for definition in document.tree.definitions
                if isinstance(definition, FragmentDefinitionNode)
            }
            document.costs[name] = cost_of(self._schema, operation, fragments)
        return document.costs[name]

    def _validated(self, query: str, trusted: bool) -> DocumentNode:
        if len(query) > self._limits.characters:
            raise refusal(f"The document is longer than {self._limits.characters} characters", LIMIT_EXCEEDED)
        try:
            tree = parse(query, max_tokens=self._limits.tokens)
            check_document(tree, self._limits)
        except GraphQLError as error:
            raise Refused([error]) from None
        except RecursionError:
            raise refusal("The document is nested too deeply", LIMIT_EXCEEDED) from None
        rules = RULES if trusted else (*RULES, NoSchemaIntrospectionCustomRule)
        errors = validate(self._schema, tree, rules, max_errors=20, hide_suggestions=not trusted)
        if errors:
            raise Refused(errors)
        return tree


def operation_of(document: Document, name: str | None) -> OperationDefinitionNode:
    """The operation that the request names, or the only one. Raises `Refused` if it is not clear which."""
    operations = [node for node in document.tree.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
        if not operations:
            raise refusal(f"The document has no operation named {name!r}")
    if len(operations) != 1:
        raise refusal("The document has several operations: say which by operationName")
    return operations[0]
