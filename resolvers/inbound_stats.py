"""How much mail is received, of which kind, and what became of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import Field

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input
from models.inbound_messages import InboundClassification, InboundMessage, InboundStatus
from resolvers.apps import visible_app

E = TypeVar("E", bound=StrEnum)


class InboundStatsFilter(Input):
    app_id: str | None = Field(None, max_length=64)


@dataclass(frozen=True, slots=True)
class InboundStats:
    """Every status and classification is there, also those without mail."""

    total: int
    by_status: Mapping[InboundStatus, int]
    by_classification: Mapping[InboundClassification, int]


@allow(STAFF)
async def inbound_stats(actor: Actor, filters: InboundStatsFilter) -> InboundStats:
    """How much mail was received, of one app or of all, by what became of it and what it is."""
    of_app: dict[str, Any] = {}
    if filters.app_id is not None:
        of_app["appId"] = (await visible_app(actor, filters.app_id)).id
    by_status = await _counts(of_app, "status", InboundStatus)
    by_classification = await _counts(of_app, "classification", InboundClassification)
    return InboundStats(sum(by_status.values()), by_status, by_classification)


async def _counts(of_app: Mapping[str, Any], field: str, values: type[E]) -> Mapping[E, int]:
    """One indexed count per value."""
    counts = await asyncio.gather(*(InboundMessage.find({**of_app, field: value.value}).count() for value in values))
    return dict(zip(values, counts, strict=True))
