"""Erasing people who are in very many documents."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers import gdpr

PRIVACY: Final = Actor.system("privacy")


async def erase_contact(job: EmailJob) -> Mapping[str, JsonValue]:
    """The result has the counts per collection. What was cut off half-way is found again, and erased."""
    erasure = await gdpr.finish_erasure(PRIVACY, job.payload["contactId"])
    return {"erased": dict(erasure.counts)}
