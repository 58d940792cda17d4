"""Schemathesis asks every documented operation what its description allows, and holds the answers against it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
import schemathesis
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import create_app
from core.settings import Settings
from tests.fuzz.world import Headers, a_world

Operation = APIOperation[Any, Any, Any, Any]

PATIENCE_SECONDS: Final = 20
DOCUMENTED: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

SCHEMA: Final = schemathesis.openapi.from_dict(create_app(Settings(), "mongodb://unused").openapi())
OPERATIONS: Final[list[Operation]] = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]
EXAMPLES: Final = max(5, 300 // len(OPERATIONS))
"""For each operation and credential: the whole takes much the same time however many there are."""


def label_of(operation: Operation) -> str:
    return str(operation.label)


def takes_a_key(operation: Operation) -> bool:
    """What takes none is a 403 whatever is sent."""
    return {"apiKey": []} in operation.definition.raw["security"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=label_of)
async def test_an_owner_gets_what_is_documented(operation: Operation, client: AsyncClient) -> None:
    world = await a_world(client)
    await asyncio.to_thread(explore, operation, world.parameters, sender(client, world.owner))


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if takes_a_key(one)], ids=label_of)
async def test_an_api_key_gets_what_is_documented(operation: Operation, client: AsyncClient) -> None:
    world = await a_world(client)
    await asyncio.to_thread(explore, operation, world.parameters, sender(client, world.backend))


def sender(client: AsyncClient, credentials: Headers) -> Callable[[Case[Any]], Response]:
    """Sends from the thread that Hypothesis works in, over the loop that the platform lives in."""
    loop = asyncio.get_running_loop()

    def send(case: Case[Any]) -> Response:
        request = case.as_transport_kwargs(base_url="http://test")
        if isinstance(request.get("data"), bytes):
            request["content"] = request.pop("data")
        if parts := request.get("files"):
            request["files"] = [(name, (file, _text(value), *rest)) for name, (file, value, *rest) in parts]
        del request["cookies"]  # None are documented, and httpx takes them per client.
        request["headers"] = {**request["headers"], **credentials}
        response = asyncio.run_coroutine_threadsafe(client.request(**request), loop).result(PATIENCE_SECONDS)
        response.request.read()  # A form is made while it is sent; Schemathesis looks at it afterwards.
        return response

    return send


def _text(value: Any) -> str | bytes:
    """Numbers that are very large come as they are."""
    return value if isinstance(value, str | bytes) else str(value)


def explore(operation: Operation, existing: Mapping[str, str], send: Callable[[Case[Any]], Response]) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), exists=st.sampled_from([True, True, False]))
    def answers_as_documented(case: Case[Any], exists: bool) -> None:
        if exists:
            case.path_parameters.update({name: existing[name] for name in case.path_parameters if name in existing})
        case.validate_response(send(case), checks=DOCUMENTED)

    answers_as_documented()
