"""GraphQL as assistants use it: the same schema, the same limits, and the answer as a tool gives it."""

import re
from collections.abc import Mapping
from typing import Any, Final

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    OperationType,
    is_required_argument,
    is_required_input_field,
)
from starlette.requests import HTTPConnection

from assistants.arguments import Json, check_text
from assistants.effects import Effect, effect_of
from assistants.exclusions import EXCLUDED
from assistants.results import Failed
from assistants.selections import USER_ERRORS, document_of
from assistants.tools import Tool, description_of
from core.access import PUBLIC, access_of
from core.actor import Actor
from core.errors import Forbidden, InvalidInput
from schema.edge import Context
from schema.fields import RootField, root_fields
from schema.serving.engine import Engine, Request
from schema.serving.failures import Refused
from schema.serving.limits import Limits

SCALARS: Final[Mapping[str, Json]] = {
    "Int": {"type": "integer"},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "JSON": {},
}
"""All others are strings."""


class GraphQL:
    """The schema, for whoever calls."""

    def __init__(self, schema: strawberry.Schema, *, production: bool) -> None:
        self._engine = Engine(schema, Limits(), production=production)
        self._closed = {
            root.name: EXCLUDED[root.calls] for root in root_fields(schema) if root.calls and root.calls in EXCLUDED
        }

    async def ask(self, actor: Actor, document: str, variables: Mapping[str, Any], *, writes: bool = False) -> Json:
        """The data of an answer. Raises `Failed` with the first error of one that has errors, or for a document that
        writes where it may not."""
        connection = HTTPConnection({"type": "http", "headers": [], "client": None})
        try:
            prepared = self._engine.prepare(Request(document, None, dict(variables)), Context(actor, connection))
            if prepared.kind is not OperationType.QUERY and not writes:
                raise InvalidInput("Only queries are answered here: tools write", "query")
            answer = await self._engine.execute(prepared)
        except Refused as refused:
            answer = self._engine.refused(refused)
        if answer.get("errors"):
            error = answer["errors"][0]
            raise Failed(error["message"], error.get("extensions", {}))
        data: Json = answer["data"]
        return data

    def tool_of_field(self, root: RootField, name: str) -> Tool:
        """Of a query or a mutation that says what it calls."""
        assert root.calls is not None  # noqa: S101  whoever asks has looked
        document, schema = document_of(root), _schema_of(root)
        reads = root.kind == "query"

        async def run(actor: Actor, given: Mapping[str, Any]) -> Json:
            check_text(given)
            if unknown := next((one for one in given if one not in root.field.args), None):
                raise InvalidInput(f"{unknown}: is not a known field", unknown)
            data = await self.ask(actor, document, given, writes=not reads)
            return {"success": True, "data": _without_user_errors(data[root.name])}

        return Tool(
            name=name,
            title=name.replace("_", " ").capitalize(),
            description=description_of(root.calls),
            access=access_of(root.calls),
            effect=effect_of(root.calls.__name__, reads=reads, schema=schema),
            is_idempotent=reads,
            input_schema=schema,
            run=run,
            calls=root.calls,
        )

    def tool_of_queries(self) -> Tool:
        """For what takes several calls otherwise: everything that belongs together, in one."""

        async def run(actor: Actor, given: Mapping[str, Any]) -> Json:
            check_text(given)
            query, variables = given.get("query"), given.get("variables") or {}
            if not isinstance(query, str) or not isinstance(variables, dict) or given.keys() - {"query", "variables"}:
                raise InvalidInput("Send query, a text, and variables, an object", "query")
            # Names can't be written otherwise: what is nowhere in the text is not asked for.
            for name in set(re.findall(r"\w+", query)) & self._closed.keys():
                raise Forbidden(f"{name} is not for assistants: {self._closed[name]}")
            return {"success": True, "data": await self.ask(actor, query, variables)}

        properties = {"query": {"type": "string", "maxLength": 100_000}, "variables": {"type": "object"}}
        return Tool(
            name="query_graphql",
            title="Ask over GraphQL",
            description=(
                "Answers one GraphQL query, such as a merchant with their shops, plans and tickets. The schema is the "
                "resource allover://schema. Nothing is written."
            ),
            access=PUBLIC,
            effect=Effect.READ,
            is_idempotent=True,
            input_schema={
                "type": "object",
                "properties": properties,
                "required": ["query"],
                "additionalProperties": False,
            },
            run=run,
        )


def _without_user_errors(answer: Any) -> Any:
    """Raises `Failed` for a mutation that did nothing."""
    if not isinstance(answer, dict) or USER_ERRORS not in answer:
        return answer
    if errors := answer[USER_ERRORS]:
        first = ".".join(errors[0]["field"])
        sentences = [": ".join([*filter(None, [".".join(error["field"])]), error["message"]]) for error in errors]
        raise Failed("; ".join(sentences), {"code": errors[0]["code"]} | ({"field": first} if first else {}))
    return {name: value for name, value in answer.items() if name != USER_ERRORS}


def _schema_of(root: RootField) -> Json:
    """JSON Schema of a field's arguments."""
    definitions: Json = {}
    properties = {
        name: _described(_schema(one.type, definitions), one.description) for name, one in root.field.args.items()
    }
    required = [name for name, one in root.field.args.items() if is_required_argument(one)]
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {}) | ({"$defs": definitions} if definitions else {})


def _schema(kind: GraphQLInputType, definitions: Json) -> Json:
    match kind:
        case GraphQLNonNull():
            return _schema(kind.of_type, definitions)
        case GraphQLList():
            return {"type": "array", "items": _schema(kind.of_type, definitions)}
        case GraphQLEnumType():
            return {"type": "string", "enum": list(kind.values)}
        case GraphQLInputObjectType():
            _define(kind, definitions)
            return {"$ref": f"#/$defs/{kind.name}"}
        case _:
            return dict(SCALARS.get(kind.name, {"type": "string"}))


def _define(kind: GraphQLInputObjectType, definitions: Json) -> None:
    if kind.name in definitions:
        return
    definitions[kind.name] = {}
    properties = {
        name: _described(_schema(one.type, definitions), one.description) for name, one in kind.fields.items()
    }
    required = [name for name, one in kind.fields.items() if is_required_input_field(one)]
    definitions[kind.name] = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _described(schema: Json, description: str | None) -> Json:
    return schema | ({"description": description} if description else {})
