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
