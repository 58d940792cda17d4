"""An executor that reads and loads what is plain by itself, and leaves everything else to graphql-core.

A field is plain when resolving it is reading an attribute, calling a method that takes `self` alone and does not wait,
or asking a loader for a key of the object; and when its type is a leaf, or an object all of whose selected fields are
plain, or a list of them. Of each selection set the plain fields are read together, and what they load is awaited level
by level, for all objects of the level at once and without a task for each; the others are executed as ever.
Whatever is unusual about a value (a null where none may be, an exception, something to await, a scalar that does not
serialise) sends the whole object back to graphql-core, which then says what it always says: so results, errors and
paths are its own. What is read this way must have no side effects, because it may be read twice.
"""

from collections.abc import Awaitable
from typing import Any

from graphql import GraphQLError, GraphQLNamedType, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from graphql.pyutils.gather_with_cancel import gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.serving.plain_fields import plain_field
from schema.serving.selections import Compiled, Filling, Selection, SelectionBuilder


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """To be given to a Strawberry schema as its `execution_context_class`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.compiled = Compiled()
        """May be shared by all that execute the same document, if no directive of it decides what is selected."""
        self._compiles = self.abort_signal is None and not self.middleware_manager

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        key = (return_type, *(id(details.node) for details in field_details_list))
        known = self.compiled.subfields.get(key)
        if known is None:
            known = self.compiled.subfields[key] = super().collect_subfields(return_type, field_details_list)
        return known

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        execute = super().execute_fields
        if not self._compiles or path is None or position_context is not None:
            return execute(parent_type, source_value, path, grouped_field_set, position_context)
        selection = self._selection(parent_type, grouped_field_set)
        if selection is None:
            return execute(parent_type, source_value, path, grouped_field_set, None)
        try:
            results = selection.read(source_value)
            filling = Filling(self.context_value)
            filling.begin(selection.awaited, [source_value], [results])
        except Exception:
            return execute(parent_type, source_value, path, grouped_field_set, None)
        others = execute(parent_type, source_value, path, selection.others, None) if selection.others else {}
        if isinstance(others, dict):
            results.update(others)
        if not filling.waits:
            return results if isinstance(others, dict) else _updated(results, others)

        async def filled() -> dict[str, Any]:
            """Of the plain fields."""
            try:
                await filling.finish()
            except Exception:
                again = execute(parent_type, source_value, path, selection.plain, None)
                results.update(again if isinstance(again, dict) else await again)
            return results

        return filled() if isinstance(others, dict) else _updated(results, filled(), others)

    def _selection(self, parent_type: GraphQLObjectType, grouped_field_set: GroupedFieldSet) -> Selection | None:
        """None where no field is plain."""
        known = self.compiled.selections.get(id(grouped_field_set))
        if known is None:
            compiled = self._compile(parent_type, grouped_field_set)
            known = self.compiled.selections[id(grouped_field_set)] = grouped_field_set, compiled
        return known[1]

    def _compile(self, parent_type: GraphQLObjectType, grouped_field_set: GroupedFieldSet) -> Selection | None:
        builder = SelectionBuilder()
        for key, details in grouped_field_set.items():
            self._add(builder, parent_type, key, details)
        return builder.built()

    def _add(
        self, builder: SelectionBuilder, parent_type: GraphQLObjectType, key: str, details: FieldDetailsList
    ) -> None:
        name = details[0].node.name.value
        field = plain_field(self.schema, parent_type.name, name)
        if name == "__typename":
            builder.add_constant(key, details, parent_type.name)
        elif field is None:
            builder.add_other(key, details)
        elif field.complete:
            builder.add_leaf(key, details, field, field.complete)
        else:
            selection = self._selection_of_object(get_named_type(field.type), details)
            builder.add_object(key, details, field, selection)

    def _selection_of_object(self, object_type: GraphQLNamedType, details: FieldDetailsList) -> Selection | None:
        if not isinstance(object_type, GraphQLObjectType):
            return None
        try:
            collected = self.collect_subfields(object_type, details)
        except GraphQLError:
            # A null for `@include(if:)`: an error if the object is there, none if it is null.
            return None
        return self._selection(object_type, collected.grouped_field_set)


async def _updated(results: dict[str, Any], *parts: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    for part in [await parts[0]] if len(parts) == 1 else await gather_with_cancel(*parts):
        results.update(part)
    return results
