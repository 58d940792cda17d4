"""What a list of 20 shops costs over REST and GraphQL (8 fields), as a ratio to bare Starlette sending the same JSON.

`python -m benchmarks.interfaces`. The ratio is of requests per second, each server alone with the load generator; the
processor time per request is printed beside it, because that is what a busy machine does not change.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.load import Outcome, load, request
from benchmarks.served import QUERY, REST_PATH

SECONDS: Final = 5.0
WARM_UP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """`processor` is in microseconds per request."""

    outcome: Outcome
    processor: float


def main() -> None:
    measured = {kind: _measure(kind) for kind in ("bare", "memory", "database")}
    sys.stdout.write(f"{'':24}{'requests/s':>11}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}{'of bare':>9}{'by CPU':>8}\n")
    for interface in ("REST", "GraphQL"):
        floor = measured["bare"][interface]
        for kind, title in (("bare", "bare Starlette"), ("memory", "without database"), ("database", "with database")):
            row = measured[kind][interface]
            outcome = row.outcome
            sys.stdout.write(
                f"{interface + ', ' + title:24}{outcome.per_second:11.0f}{outcome.p50:8.2f}{outcome.p99:8.2f}"
                f"{row.processor:8.0f}{outcome.per_second / floor.outcome.per_second:9.2f}"
                f"{floor.processor / row.processor:8.2f}\n"
            )


def _measure(kind: str) -> dict[str, Measured]:
    with _server(kind) as (process, port, token):
        headers = {"Authorization": f"Bearer {token}"}
        messages = {"REST": request(REST_PATH, headers), "GraphQL": request("/graphql", headers, QUERY)}
        return {interface: _load(process, port, message) for interface, message in messages.items()}


def _load(process: psutil.Process, port: int, message: bytes) -> Measured:
    asyncio.run(load(port, message, seconds=WARM_UP_SECONDS))
    before = process.cpu_times()
    outcome = asyncio.run(load(port, message, seconds=SECONDS))
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return Measured(outcome, used / (outcome.per_second * SECONDS) * 1e6)


@contextmanager
def _server(kind: str) -> Iterator[tuple[psutil.Process, int, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.served", kind, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        token = process.stdout.readline().strip()
        _wait(port)
        try:
            yield psutil.Process(process.pid), port, token
        finally:
            process.terminate()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}")


if __name__ == "__main__":
    main()
