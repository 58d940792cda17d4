"""Health, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry

from resolvers import health
from schema.edge import Info, query


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


@strawberry.type
class HealthQueries:
    @query(health.get_health)
    async def health(self, info: Info) -> Health:
        return cast(Health, await health.get_health(info.context.actor))
