"""GraphQL operations against the platform, as a client sends them."""

from collections.abc import Mapping
from typing import Any

from httpx import AsyncClient

Headers = Mapping[str, str]


async def ask(client: AsyncClient, headers: Headers, query: str, **variables: Any) -> Any:
    """The data of an operation that succeeds."""
    answer = await _answer(client, headers, query, variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def error_of(client: AsyncClient, headers: Headers, query: str, **variables: Any) -> str:
    """The code of the one error of an operation that fails."""
    (error,) = (await _answer(client, headers, query, variables))["errors"]
    return str(error["extensions"]["code"])


async def _answer(client: AsyncClient, headers: Headers, query: str, variables: Mapping[str, Any]) -> Any:
    response = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return response.json()
