"""A Redis that comes and goes."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost

PATIENCE_SECONDS: Final = 20.0


class RedisServer:
    """On a port of its own, which it keeps when it is started again. Nothing is kept on disk."""

    def __init__(self, program: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL)
        async with asyncio.timeout(PATIENCE_SECONDS), Redis(port=self.port) as redis:
            while not await _answers(redis):
                await asyncio.sleep(0.02)

    async def empty(self) -> None:
        async with Redis(port=self.port) as redis:
            await redis.flushall()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@asynccontextmanager
async def coming_and_going(redis: RedisServer) -> AsyncIterator[None]:
    """Within the block it is emptied, killed and started again, over and over."""

    async def fail() -> None:
        while True:
            await asyncio.sleep(1)
            await redis.empty()
            await asyncio.sleep(1)
            redis.stop()
            await asyncio.sleep(1)
            await redis.start()

    await redis.start()
    failing = asyncio.create_task(fail())
    try:
        yield
    finally:
        failing.cancel()
        redis.stop()


async def _answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except ConnectionLost:
        return False
