"""Health, over REST."""

import pytest
from httpx import AsyncClient

from core.runtime import runtime


async def test_is_200_and_shows_sizes_in_whole_mebibytes(client: AsyncClient) -> None:
    response = await client.get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert response.json()["memory"]["rss"].endswith("MB")
    assert response.json()["databases"] == {"connected": 1, "total": 1, "failed": 0}


async def test_is_503_when_degraded(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(timeout_seconds: float) -> bool:
        return False

    monkeypatch.setattr(type(runtime().mongo), "answers", lambda self, timeout_seconds: silent(timeout_seconds))
    response = await client.get("/health/")
    assert (response.status_code, response.json()["status"]) == (503, "degraded")


@pytest.mark.parametrize("path", ["/health/live", "/health/live/"])
async def test_live_is_200(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json().keys()) == (200, {"status", "uptime"})


async def test_ready_is_200(client: AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": True, "broker": None})


async def test_ready_is_503_when_the_database_does_not_answer_and_live_is_not(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(self: object, timeout_seconds: float) -> bool:
        return False

    monkeypatch.setattr(type(runtime().mongo), "answers", silent)
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert (await client.get("/health/live")).status_code == 200


async def test_measurements_are_not_served_where_the_platform_is(client: AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404
