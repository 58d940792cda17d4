"""Health, in GraphQL."""

from httpx import AsyncClient

from tests.schema.asking import ask


async def test_anybody_can_ask(client: AsyncClient) -> None:
    query = "{ health { status } liveness { uptime } readiness { stage database broker } }"
    data = await ask(client, {}, query)
    assert data["health"] == {"status": "ok"}
    assert data["liveness"]["uptime"] > 0
    assert data["readiness"] == {"stage": "READY", "database": True, "broker": None}
