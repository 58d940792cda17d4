"""Prepares and executes operations for every transport: HTTP, graphql-transport-ws and server-sent events alike."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from time import perf_counter
from typing import Any, Final, Protocol, Self, cast

import strawberry
from graphql import ExecutionResult, FieldNode, OperationType
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute_subscription_event,
    map_source_to_response_event,
)
from strawberry.execution import optimized_is_awaitable

from core.actor import Actor
from core.errors import Code
from core.measurements import SUBSCRIPTIONS, count_operation
from core.tracing import span
from schema.serving.cost import COST_LIMIT
from schema.serving.documents import Document, Documents, operation_of
from schema.serving.execution import CompiledExecutor
from schema.serving.failures import Refused, refusal, refusal_of, shown
from schema.serving.limits import Limits, check_values

SEVERAL: Final = "several"
REFUSED: Final = "refused"

Answer = dict[str, Any]
"""A GraphQL response: `data`, `errors`, `extensions`."""


class Context(Protocol):
    """What resolvers get as `info.context`."""

    @property
    def actor(self) -> Actor: ...

    @property
    def still_valid(self) -> Callable[[], Awaitable[bool]]:
        """Says whether the credential of a running subscription is neither expired nor revoked."""
        ...

    def renewed(self) -> Self:
        """The same caller with empty data loaders, for the next event of a subscription."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    query: str
    operation_name: str | None
    variables: dict[str, Any]

    @classmethod
    def of(cls, parameters: object) -> Self:
        """Raises `Refused` (400) naming the parameter that is not what GraphQL over HTTP says."""
        if not isinstance(parameters, dict):
            batch = "Batches are not supported. " if isinstance(parameters, list) else ""
            raise refusal(f"{batch}Send a JSON object with query, variables and operationName", status=400)
        query, name = parameters.get("query"), parameters.get("operationName")
        if not isinstance(query, str) or not query.strip():
            raise refusal("query must be a non-empty string", status=400)
        if not isinstance(name, str | None):
            raise refusal("operationName must be a string", status=400)
        for key in ("variables", "extensions"):
            if not isinstance(parameters.get(key), dict | None):
                raise refusal(f"{key} must be an object", status=400)
        return cls(query, name or None, parameters.get("variables") or {})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid operation within the limits, with its variables coerced."""

    executor: Executor[Any]
    cost: int

    @property
    def kind(self) -> OperationType:
        return self.executor.operation.operation

    @property
    def is_single(self) -> bool:
        """One field at the root, so that no other can have had an effect when it fails."""
        return self.field != SEVERAL

    @property
    def field(self) -> str:
        """By which operations are told apart: the schema's field at the root. The names of operations are the clients'
        own, and so as many as they like."""
        (first, *others) = self.executor.operation.selection_set.selections
        return first.name.value if isinstance(first, FieldNode) and not others else SEVERAL


class Engine:
    """Executes the operations of one schema.

    The extensions of a Strawberry schema would not run, so a schema that has some is refused; field extensions do run.
    In production introspection and suggestions are for staff.
    """

    def __init__(self, schema: strawberry.Schema, limits: Limits, *, production: bool) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("Schema extensions and operation directives are not supported: use field extensions")
        self.limits = limits
        self._schema = schema._schema
        self._executor: type[Executor[Any]] = schema.execution_context_class
        self._production = production
        self._documents = Documents(self._schema, limits)

    def prepare(self, request: Request, context: Context) -> Prepared:
        """Raises `Refused` where GraphQL speaks of a request error: nothing has been executed then."""
        try:
            return self._prepare(request, context)
        except Refused:
            count_operation(REFUSED, REFUSED, REFUSED)
            raise

    def _prepare(self, request: Request, context: Context) -> Prepared:
        trusted = context.actor.is_staff or not self._production
        document = self._documents.read(request.query, trusted=trusted)
        cost = self._affordable(document, request)
        executor = self._executor.build(
            self._schema,
            document.tree,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
            # It takes no `TypeGuard`, but is what Strawberry itself passes here.
            is_awaitable=cast(Any, optimized_is_awaitable),
            hide_suggestions=not trusted,
        )
        if isinstance(executor, list):
            raise Refused(executor, code=Code.INVALID_INPUT.value, cost=cost)
        if document.compiled and isinstance(executor, CompiledExecutor):
            executor.compiled = document.compiled
        return Prepared(executor, cost)

    def _affordable(self, document: Document, request: Request) -> int:
        """The cost of the operation. Raises `Refused` if that is over the budget, or if there are too many values."""
        operation = operation_of(document, request.operation_name)
        check_values(request.variables, self.limits.values)
        cost = self._documents.cost(document, operation).of(request.variables)
        if cost > self.limits.cost:
            message = f"The operation costs {cost}; at most {self.limits.cost} is allowed"
            raise refusal(message, COST_LIMIT, cost=cost)
        return cost

    async def execute(self, prepared: Prepared) -> Answer:
        """The answer of a query or a mutation."""
        started = perf_counter()
        with span(f"{prepared.kind.value} {prepared.field}"):
            result = prepared.executor.execute_operation()
            if isawaitable(result):
                result = await result
        answer = self._answer(cast("ExecutionResult", result), prepared.cost)
        count_operation(prepared.kind.value, prepared.field, _outcome(answer), perf_counter() - started)
        return answer

    async def subscribe(self, prepared: Prepared) -> AsyncGenerator[Answer, None]:
        """Opens the subscription: an answer for each event; closing the generator closes the resolver's.

        Raises `Refused` when the subscription can't be opened.
        """
        source = create_source_event_stream(prepared.executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            count_operation(prepared.kind.value, prepared.field, "failed")
            raise Refused(source.errors or [], code=Code.INVALID_INPUT.value, cost=prepared.cost)
        count_operation(prepared.kind.value, prepared.field, "succeeded")
        return self._answers(prepared, map_source_to_response_event(prepared.executor, source, _execute_event))

    async def _answers(
        self, prepared: Prepared, events: AsyncGenerator[ExecutionResult, None]
    ) -> AsyncGenerator[Answer, None]:
        try:
            with SUBSCRIPTIONS.labels(prepared.field).track_inprogress():
                async with aclosing(events):
                    async for result in events:
                        yield self._answer(result, prepared.cost)
        except Exception as error:
            # The resolver's generator failed: the stream ends with its error.
            yield self.refused(refusal_of(error))

    def refused(self, refused: Refused) -> Answer:
        answer: Answer = {"errors": shown(refused.errors, refused.code)}
        if refused.cost is not None:
            answer["extensions"] = self._extensions(refused.cost)
        return answer

    def _answer(self, result: ExecutionResult, cost: int) -> Answer:
        answer: Answer = {"data": result.data, "extensions": self._extensions(cost)}
        if result.errors:
            answer["errors"] = shown(result.errors, Code.INVALID_INPUT.value)
        return answer

    def _extensions(self, cost: int) -> dict[str, Any]:
        return {"cost": {"requested": cost, "limit": self.limits.cost}}


def _outcome(answer: Answer) -> str:
    """`user_errors` is what a form is told of its input."""
    if "errors" in answer:
        return "failed"
    payloads = (answer["data"] or {}).values()
    refused = any(isinstance(payload, dict) and payload.get("userErrors") for payload in payloads)
    return "user_errors" if refused else "succeeded"


def _execute_event(executor: Executor[Any]) -> Awaitable[ExecutionResult] | ExecutionResult:
    executor.context_value = executor.context_value.renewed()
    return execute_subscription_event(executor)
