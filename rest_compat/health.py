"""Health, over REST: documented without the usual envelope."""

from typing import Annotated, Literal

from fastapi.responses import Response
from pydantic import PlainSerializer

from resolvers import health
from rest_compat.edge import CurrentActor, Moment, Wire

MEBIBYTE = 1024 * 1024

Size = Annotated[int, PlainSerializer(lambda size: f"{size // MEBIBYTE}MB", return_type=str)]
"""Bytes, shown in whole mebibytes: `128MB`."""


class MemoryWire(Wire):
    rss: Size
    heap_used: Size
    heap_total: Size
    external: Size
    array_buffers: Size


class DatabasesWire(Wire):
    connected: int
    total: int
    failed: int


class HealthWire(Wire):
    status: Literal["ok", "degraded"]
    timestamp: Moment
    uptime: float
    memory: MemoryWire
    databases: DatabasesWire


async def get_health(actor: CurrentActor) -> HealthWire | Response:
    """Whether the server and its data stores answer: 200 when all do, else 503."""
    found = HealthWire.of(await health.get_health(actor))
    if found.status == "ok":
        return found
    return Response(found.model_dump_json(), 503, media_type="application/json")
