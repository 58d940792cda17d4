"""Health, over REST: documented without the usual envelope."""

from typing import Annotated, Final, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import PlainSerializer

from core.actor import Actor
from resolvers import health
from resolvers.health import Liveness, Readiness, Stage
from rest_compat.edge import CurrentActor, Moment, Wire

MEBIBYTE = 1024 * 1024
ANYBODY: Final = Actor.anonymous()

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


class LivenessWire(Wire):
    status: Literal["live"] = "live"
    uptime: float


class ReadinessWire(Wire):
    """`broker` is null where Redis is not used."""

    status: Stage
    database: bool
    broker: bool | None


async def get_liveness(_: Request) -> Response:
    """Whether the process answers"""
    return liveness_answer(await health.get_liveness(ANYBODY))


async def get_readiness(_: Request) -> Response:
    """Whether the process is to be sent requests: 200, or 503 while it is starting, stopping, or what it needs does
    not answer."""
    return readiness_answer(await health.get_readiness(ANYBODY))


def liveness_answer(found: Liveness) -> Response:
    return Response(LivenessWire(uptime=found.uptime).model_dump_json(), media_type="application/json")


def readiness_answer(found: Readiness) -> Response:
    wire = ReadinessWire(status=found.stage, database=found.database, broker=found.broker)
    status = 200 if found.stage is Stage.READY else 503
    return Response(wire.model_dump_json(), status, media_type="application/json")


async def get_health(actor: CurrentActor) -> HealthWire | Response:
    """Whether the server and its data stores answer: 200 when all do, else 503."""
    found = HealthWire.of(await health.get_health(actor))
    if found.status == "ok":
        return found
    return Response(found.model_dump_json(), 503, media_type="application/json")
