"""Lists and nested queries over GraphQL, as a ratio to Apollo Server: `python -m benchmarks.apollo`.

Both answer the same queries, byte for byte but for what we add of their cost, from the same embedded database, and from
what each remembers of it; with the same load, one after the other. Apollo Server (`benchmarks/peer/`) uses the official
driver and batches as its documentation advises. It knows who calls by a header that it believes; we verify a token, and
apply roles, limits and costs besides.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
import psutil

from benchmarks.load import Measured, measured, request
from benchmarks.processes import free_port, server, wait_for
from benchmarks.served import NESTED, QUERY, SETTINGS

PEER: Final = Path(__file__).parent / "peer"
QUERIES: Final = {"list": QUERY, "nested": NESTED}
SECONDS: Final = 4.0
WARM_UP_SECONDS: Final = 2.0


def main() -> None:
    _install()
    sys.stdout.write(
        f"{'':20}{'requests/s':>11}{'p99 ms':>8}{'CPU us':>8}{'Apollo':>11}{'p99 ms':>8}{'CPU us':>8}{'ratio':>8}\n"
    )
    for kind in ("memory", "database"):
        with server("benchmarks.served", kind) as (process, port, said):
            token, user, url = said.split()
            ours = {"Authorization": f"Bearer {token}"}
            with _apollo(url, kind) as (peer, peer_port):
                theirs = {"X-User": user}
                for name, query in QUERIES.items():
                    _assert_same(_data(port, ours, query), _data(peer_port, theirs, query))
                    _row(
                        f"{name}, {kind}",
                        _measure(process, port, ours, query),
                        _measure(peer, peer_port, theirs, query),
                    )


def _row(title: str, ours: Measured, theirs: Measured) -> None:
    ratio = ours.outcome.per_second / theirs.outcome.per_second
    sys.stdout.write(f"{title:20}{_told(ours)}{_told(theirs)}{ratio:8.2f}\n")


def _told(one: Measured) -> str:
    return f"{one.outcome.per_second:11.0f}{one.outcome.p99:8.1f}{one.processor:8.0f}"


def _install() -> None:
    if shutil.which("npm") is None:
        raise SystemExit(
            "Apollo Server needs Node, which is not installed (https://nodejs.org, version 20.19 or newer)"
        )
    lock, installed = PEER / "package-lock.json", PEER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=PEER, check=True)


@contextmanager
def _apollo(url: str, kind: str) -> Iterator[tuple[psutil.Process, int]]:
    port = free_port()
    command = ["node", "server.mjs", str(port), url, SETTINGS.mongodb_database, kind]
    environment = {"NODE_ENV": "production", "PATH": str(Path(shutil.which("node") or "node").parent)}
    with subprocess.Popen(command, cwd=PEER, env=environment) as process:
        wait_for(port)
        try:
            yield psutil.Process(process.pid), port
        finally:
            process.terminate()


def _data(port: int, headers: dict[str, str], query: bytes) -> Any:
    known = {**headers, "Content-Type": "application/json"}
    return httpx.post(f"http://127.0.0.1:{port}/graphql", content=query, headers=known).json()["data"]


def _assert_same(ours: Any, theirs: Any) -> None:
    assert orjson.dumps(ours) == orjson.dumps(theirs), f"{ours}\nis not\n{theirs}"[:2_000]


def _measure(process: psutil.Process, port: int, headers: dict[str, str], query: bytes) -> Measured:
    message = request("/graphql", headers, query)
    return measured(process, port, message, warm_up=WARM_UP_SECONDS, seconds=SECONDS)


if __name__ == "__main__":
    main()
