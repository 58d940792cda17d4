"""Calls of the small company's endpoint, without a network."""

from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from tests.schema.serving.small_company import Desk, application

RESPONSE_JSON = "application/graphql-response+json"


def client(desk: Desk, **knobs: Any) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(application(desk, **knobs)), base_url="http://test")


async def post(api: AsyncClient, query: str, *, variables: Any = None, **headers: str) -> Response:
    return await api.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
