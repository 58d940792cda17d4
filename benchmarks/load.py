"""A small HTTP/1.1 load generator: prebuilt requests over kept connections, so that it costs little itself."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.processes import processor_seconds

CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """Latencies are in milliseconds."""

    per_second: float
    p50: float
    p99: float


def request(path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    method = "GET" if body is None else "POST"
    lines = [f"{method} {path} HTTP/1.1", "Host: benchmark", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


async def load(port: int, message: bytes, *, seconds: float, expected: bytes = b"200") -> Outcome:
    """Sends the request over and over for that long. Raises where an answer has another status."""
    latencies: list[float] = []
    deadline = time.perf_counter() + seconds
    await asyncio.gather(
        *(_connection(port, itertools.repeat(message), expected, deadline, latencies) for _ in range(CONNECTIONS))
    )
    cuts = statistics.quantiles(latencies, n=100)
    return Outcome(len(latencies) / seconds, statistics.median(latencies), cuts[98])


@dataclass(frozen=True, slots=True)
class Measured:
    """`processor` is of the server, in microseconds per request."""

    outcome: Outcome
    processor: float


def measured(process: psutil.Process, port: int, message: bytes, *, warm_up: float, seconds: float) -> Measured:
    """The load, after one that does not count."""
    asyncio.run(load(port, message, seconds=warm_up))
    before = processor_seconds(process)
    outcome = asyncio.run(load(port, message, seconds=seconds))
    used = processor_seconds(process) - before
    return Measured(outcome, used / (outcome.per_second * seconds) * 1e6)


@dataclass(frozen=True, slots=True)
class Answers:
    outcome: Outcome
    answered: int


async def load_any(
    port: int, messages: Sequence[bytes], *, seconds: float, connections: int, expected: bytes = b"200"
) -> Answers:
    """As `load`, of many requests in turn: each connection begins at another."""
    latencies: list[float] = []
    deadline = time.perf_counter() + seconds
    step = max(1, len(messages) // connections)
    turns = (itertools.chain(messages[step * number :], itertools.cycle(messages)) for number in range(connections))
    await asyncio.gather(*(_connection(port, turn, expected, deadline, latencies) for turn in turns))
    cuts = statistics.quantiles(latencies, n=100)
    return Answers(Outcome(len(latencies) / seconds, statistics.median(latencies), cuts[98]), len(latencies))


async def _connection(
    port: int, messages: Iterator[bytes], expected: bytes, deadline: float, latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < deadline:
        started = time.perf_counter()
        writer.write(next(messages))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        latencies.append((time.perf_counter() - started) * 1000)
        if head[9:12] != expected or b'"errors"' in body:
            raise RuntimeError(f"unexpected answer: {head.decode()}{body[:500].decode()}")
    writer.close()
