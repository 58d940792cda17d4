"""A worker is told to end while a job is under way, in a process of its own."""

import asyncio
import os
import time
from typing import Final

import pytest

from core import clock
from core.runtime import Runtime
from models.email_jobs import EmailJobStatus
from tests.chaos.processes import worker
from tests.databases import URL_VARIABLE
from tests.factories.email_jobs import a_job, kept

PATIENCE_SECONDS: Final = 20.0
BOUND_SECONDS: Final = 6.0


async def test_the_job_is_due_again_at_once_and_the_attempt_does_not_count(platform: Runtime) -> None:
    if URL_VARIABLE not in os.environ:
        pytest.skip("needs a database that several processes reach: not --mongo memory")
    environment = {"MONGODB_URL": os.environ[URL_VARIABLE], "MONGODB_DATABASE": platform.mongo.database.name}
    async with asyncio.timeout(PATIENCE_SECONDS), worker("tests.chaos.worker", environment) as process:
        job = await a_job("endless", max_attempts=1)
        while (await kept(job)).status is not EmailJobStatus.PROCESSING:
            await asyncio.sleep(0.02)
        told = time.monotonic()
        process.terminate()
        assert await process.wait() == 0
    back = await kept(job)
    assert (back.status, back.attempts, back.lease_token) == (EmailJobStatus.PENDING, 0, None)
    assert back.visible_at <= clock.now()
    assert time.monotonic() - told < BOUND_SECONDS
