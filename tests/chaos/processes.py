"""Workers that the stories of chaos start, and kill."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


@asynccontextmanager
async def worker(module: str, environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m MODULE`, from when it printed `ready`. It is told to stop at the end of the block, where it was not
    killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        while (line := await process.stdout.readline()) != b"ready\n":
            assert line, "the worker did not start"
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
