"""A real Redis that keeps nothing."""

import asyncio
import subprocess

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost

from tests.requirements import require_command

PATIENCE_SECONDS = 20.0


def started_redis(port: int) -> subprocess.Popen[bytes]:
    program = require_command("redis-server", package="redis-server")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)


async def until_it_answers(url: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), Redis.from_url(url) as redis:
        while True:
            try:
                await redis.ping()
                return
            except ConnectionLost:
                await asyncio.sleep(0.02)
