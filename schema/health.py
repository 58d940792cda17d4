"""Health, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry

from resolvers import health
from resolvers.health import Stage
from schema.edge import Info, query

strawberry.enum(Stage, name="ProcessStage")


@strawberry.type(description="In bytes.")
class MemoryUse:
    rss: float
    heap_used: float
    heap_total: float
    external: float


@strawberry.type(description="The data stores that are configured, and how many of them answer.")
class DatabaseHealth:
    connected: int
    total: int
    failed: int


@strawberry.type(description="Whether the server is able to work. The uptime is in seconds.")
class Health:
    status: str
    timestamp: datetime
    uptime: float
    memory: MemoryUse
    databases: DatabaseHealth


@strawberry.type(description="The uptime is in seconds.")
class Liveness:
    uptime: float


@strawberry.type(description="Whether what the process needs answers; `broker` is null where Redis is not used.")
class Readiness:
    stage: Stage
    database: bool
    broker: bool | None


@strawberry.type
class HealthQueries:
    @query(health.get_liveness)
    async def liveness(self, info: Info) -> Liveness:
        return cast(Liveness, await health.get_liveness(info.context.actor))

    @query(health.get_readiness)
    async def readiness(self, info: Info) -> Readiness:
        return cast(Readiness, await health.get_readiness(info.context.actor))

    @query(health.get_health)
    async def health(self, info: Info) -> Health:
        return cast(Health, await health.get_health(info.context.actor))
