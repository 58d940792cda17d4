"""Selection sets made ready to be read: what is read at once, what is loaded, and what is left to graphql-core."""

import dataclasses
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLOutputType
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet

from schema.serving.completion import Attributes, Complete, Read, in_type, object_by
from schema.serving.plain_fields import Load, PlainField

ReadObject = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A field that a loader is asked for, or below which one is: then `complete` is the selection of its objects."""

    key: str
    read: Read | None
    load: Load | None
    type: GraphQLOutputType
    complete: "Complete | Selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """`read` answers the fields that need no waiting, with a null in the place of each of the rest. `plain` are all
    fields but the `others`."""

    read: ReadObject
    awaited: Sequence[Awaited]
    plain: GroupedFieldSet
    others: GroupedFieldSet


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was worked out of a document: what is selected below its nodes, and the selections of those sets. A set is
    kept with its selection, so that its id is not used again."""

    # By the type of the object and the ids of the nodes that select of it.
    subfields: dict[tuple[object, ...], CollectedFields] = dataclasses.field(default_factory=dict)
    selections: dict[int, tuple[GroupedFieldSet, Selection | None]] = dataclasses.field(default_factory=dict)


class SelectionBuilder:
    """Takes the fields of one selection set, in their order."""

    def __init__(self) -> None:
        self._template: dict[str, Any] = {}
        self._attributes: list[tuple[str, str, GraphQLOutputType, Complete]] = []
        self._methods: list[tuple[str, Read, Complete]] = []
        self._awaited: list[Awaited] = []
        self._plain: GroupedFieldSet = {}
        self._others: GroupedFieldSet = {}

    def add_constant(self, key: str, details: FieldDetailsList, value: Any) -> None:
        self._template[key] = value
        self._plain[key] = details

    def add_other(self, key: str, details: FieldDetailsList) -> None:
        self._template[key] = None
        self._others[key] = details

    def add_leaf(self, key: str, details: FieldDetailsList, field: PlainField, complete: Complete) -> None:
        if field.attribute and not field.load:
            self._attributes.append((key, field.attribute, field.type, complete))
            self.add_constant(key, details, None)
        else:
            self._add(key, details, field, complete)

    def add_object(self, key: str, details: FieldDetailsList, field: PlainField, selection: Selection | None) -> None:
        """`selection` is what is selected of it; None if nothing of that is plain."""
        if selection is None or selection.others:
            self.add_other(key, details)
        elif selection.awaited:
            self._add(key, details, field, selection)
        else:
            self._add(key, details, field, in_type(field.type, object_by(selection.read)))

    def _add(self, key: str, details: FieldDetailsList, field: PlainField, complete: Complete | Selection) -> None:
        self.add_constant(key, details, None)
        if field.read and not isinstance(complete, Selection):
            self._methods.append((key, field.read, complete))
        else:
            self._awaited.append(Awaited(key, field.read, field.load, field.type, complete))

    def built(self) -> Selection | None:
        """None where no field is plain."""
        if not self._plain:
            return None
        return Selection(self._reader(), self._awaited, self._plain, self._others)

    def _reader(self) -> ReadObject:
        template, methods = self._template, self._methods
        attributes_into = Attributes(self._attributes).into if self._attributes else None

        def read(source: Any) -> dict[str, Any]:
            results = template.copy()
            if attributes_into:
                attributes_into(results, source)
            for key, read_one, complete in methods:
                results[key] = complete(read_one(source))
            return results

        return read


class Filling:
    """Completes what is awaited below one object, level by level."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._waiting: list[tuple[Awaited, Sequence[dict[str, Any]], list[Any]]] = []

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def begin(self, awaited: Sequence[Awaited], sources: Sequence[Any], results: Sequence[dict[str, Any]]) -> None:
        """Asks the loaders for all fields of all sources, and of what is below them where that is there already."""
        for field in awaited:
            if load := field.load:
                self._waiting.append((field, results, [load(self._context, source) for source in sources]))
            elif read := field.read:
                self._complete(field, results, [read(source) for source in sources])

    async def finish(self) -> None:
        while self._waiting:
            level, self._waiting = self._waiting, []
            for field, results, loads in level:
                values = [await load if isinstance(load, Future) else load for load in loads]
                self._complete(field, results, values)

    def _complete(self, field: Awaited, results: Sequence[dict[str, Any]], values: Sequence[Any]) -> None:
        if isinstance(field.complete, Selection):
            self._go_on(field.key, field.type, field.complete, results, values)
        else:
            _put(field.key, field.complete, results, values)

    def _go_on(
        self,
        key: str,
        type_: GraphQLOutputType,
        selection: Selection,
        results: Sequence[dict[str, Any]],
        values: Sequence[Any],
    ) -> None:
        """Completes objects below which something is awaited."""
        sources: list[Any] = []
        read: list[dict[str, Any]] = []

        def collect(source: Any) -> dict[str, Any]:
            result = selection.read(source)
            sources.append(source)
            read.append(result)
            return result

        _put(key, in_type(type_, object_by(collect)), results, values)
        self.begin(selection.awaited, sources, read)


def _put(key: str, complete: Complete, results: Sequence[dict[str, Any]], values: Sequence[Any]) -> None:
    for result, value in zip(results, values, strict=True):
        result[key] = complete(value)
