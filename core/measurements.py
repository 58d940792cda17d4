"""What a process counts about itself, for Prometheus (https://prometheus.io/docs/practices/naming/).

Every label has its values from a set that this code bounds: a route's template and never a path, a field of the schema
and never a name that a client chose. So no client can make series, each of which costs memory for as long as the
process lives.
"""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Buckets in seconds, of what somebody waits for."""
SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
"""Buckets in seconds, of what is done in the background or elsewhere."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"
UNMATCHED: Final = "unmatched"
"""The route of what no route matches."""

_requests: Final = Counter(
    "allover_http_requests", "Requests, by route template", ["method", "route", "status"], registry=REGISTRY
)
_request_seconds: Final = Histogram(
    "allover_http_request_seconds", "Until the answer began", ["route"], buckets=QUICK, registry=REGISTRY
)
_operations: Final = Counter(
    "allover_graphql_operations",
    "GraphQL operations, by the field at their root",
    ["kind", "field", "outcome"],
    registry=REGISTRY,
)
_operation_seconds: Final = Histogram(
    "allover_graphql_operation_seconds", "Execution", ["kind", "field"], buckets=QUICK, registry=REGISTRY
)
_failures: Final = Counter(
    "allover_operation_failures",
    "Operations that failed, by their error's code",
    ["operation", "code"],
    registry=REGISTRY,
)
_jobs: Final = Counter("allover_jobs", "Attempts at jobs that ended", ["type", "outcome"], registry=REGISTRY)
_job_seconds: Final = Histogram("allover_job_seconds", "One attempt", ["type"], buckets=SLOW, registry=REGISTRY)
_deliveries: Final = Counter(
    "allover_deliveries", "Where deliveries stood after an attempt", ["kind", "status"], registry=REGISTRY
)
_provider_seconds: Final = Histogram(
    "allover_mail_provider_seconds",
    "Handing one message over",
    ["provider", "outcome"],
    buckets=SLOW,
    registry=REGISTRY,
)
_webhooks: Final = Counter("allover_webhooks", "Received webhooks", ["provider", "outcome"], registry=REGISTRY)
_command_seconds: Final = Histogram(
    "allover_database_command_seconds",
    "Commands to the database",
    ["command", "outcome"],
    buckets=QUICK,
    registry=REGISTRY,
)
_worker_looked: Final = Gauge(
    "allover_worker_heartbeat_timestamp_seconds", "When this process last looked for jobs", registry=REGISTRY
)
_scheduler_ticked: Final = Gauge(
    "allover_scheduler_heartbeat_timestamp_seconds",
    "When this process last started work by the clock",
    registry=REGISTRY,
)
LAG_SECONDS: Final = Histogram(
    "allover_event_loop_lag_seconds", "How late the event loop was", buckets=QUICK, registry=REGISTRY
)
SUBSCRIPTIONS: Final = Gauge(
    "allover_subscriptions_open", "GraphQL subscriptions under way", ["field"], registry=REGISTRY
)
DATABASE_UP: Final = Gauge(
    "allover_database_up", "Whether the database answered when this was asked for", registry=REGISTRY
)
OPEN_JOBS: Final = Gauge("allover_open_jobs", "Jobs to be done", ["type", "status"], registry=REGISTRY)
DEAD_JOBS: Final = Gauge("allover_dead_jobs", "Jobs that wait for a person's decision", registry=REGISTRY)
OLDEST_DUE_JOB: Final = Gauge(
    "allover_oldest_due_job_seconds", "How long the job has been due that waits longest", registry=REGISTRY
)

_of_request: Final[dict[tuple[str, str, int], tuple[Counter, Histogram]]] = {}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Looking a series up by its labels costs as much as counting: those that exist are kept."""
    key = method, route, status
    known = _of_request.get(key)
    if known is None:
        known_method = method if method in METHODS else OTHER
        known = _requests.labels(known_method, route, status), _request_seconds.labels(route)
        if known_method is not OTHER:
            _of_request[key] = known
    counter, histogram = known
    counter.inc()
    histogram.observe(seconds)


def count_operation(kind: str, field: str, outcome: str, seconds: float | None = None) -> None:
    """`field` is a field of the schema's root; `seconds` is None where nothing was executed."""
    _operations.labels(kind, field, outcome).inc()
    if seconds is not None:
        _operation_seconds.labels(kind, field).observe(seconds)


def count_failure(operation: str, code: str) -> None:
    _failures.labels(operation, code).inc()


def count_job(type: str, outcome: str, seconds: float) -> None:
    _jobs.labels(type, outcome).inc()
    _job_seconds.labels(type).observe(seconds)


def count_delivery(kind: str, status: str) -> None:
    _deliveries.labels(kind, status).inc()


def count_handover(provider: str, outcome: str, seconds: float) -> None:
    _provider_seconds.labels(provider, outcome).observe(seconds)


def count_webhook(provider: str, outcome: str) -> None:
    _webhooks.labels(provider, outcome).inc()


def count_command(command: str, outcome: str, seconds: float) -> None:
    _command_seconds.labels(command, outcome).observe(seconds)


def worker_looked() -> None:
    _worker_looked.set_to_current_time()


def scheduler_ticked() -> None:
    _scheduler_ticked.set_to_current_time()
