"""What a list of 20 shops costs over REST and GraphQL (8 fields), as a ratio to bare Starlette sending the same JSON.

`python -m benchmarks.interfaces`. The ratio is of requests per second, each server alone with the load generator; the
processor time per request is printed beside it, because that is what a busy machine does not change.
"""

import sys
from typing import Final

from benchmarks.load import Measured, measured, request
from benchmarks.processes import server
from benchmarks.served import QUERY, REST_PATH

SECONDS: Final = 5.0
WARM_UP_SECONDS: Final = 1.0


def main() -> None:
    rows = {kind: _measure(kind) for kind in ("bare", "memory", "database")}
    sys.stdout.write(f"{'':24}{'requests/s':>11}{'p50 ms':>8}{'p99 ms':>8}{'CPU us':>8}{'of bare':>9}{'by CPU':>8}\n")
    for interface in ("REST", "GraphQL"):
        floor = rows["bare"][interface]
        for kind, title in (("bare", "bare Starlette"), ("memory", "without database"), ("database", "with database")):
            row = rows[kind][interface]
            outcome = row.outcome
            sys.stdout.write(
                f"{interface + ', ' + title:24}{outcome.per_second:11.0f}{outcome.p50:8.2f}{outcome.p99:8.2f}"
                f"{row.processor:8.0f}{outcome.per_second / floor.outcome.per_second:9.2f}"
                f"{floor.processor / row.processor:8.2f}\n"
            )


def _measure(kind: str) -> dict[str, Measured]:
    with server("benchmarks.served", kind) as (process, port, said):
        headers = {"Authorization": f"Bearer {said.split()[0]}"}
        messages = {"REST": request(REST_PATH, headers), "GraphQL": request("/graphql", headers, QUERY)}
        return {
            interface: measured(process, port, message, warm_up=WARM_UP_SECONDS, seconds=SECONDS)
            for interface, message in messages.items()
        }


if __name__ == "__main__":
    main()
