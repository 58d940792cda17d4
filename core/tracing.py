"""Spans for OpenTelemetry, where TRACING asks for them: requests, operations, jobs, commands to the database.

The packages are an extra (`pip install .[otel]`) and are not imported otherwise. Where spans go to, and how many, is
said by OpenTelemetry's own variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
Names and attributes follow its semantic conventions, and hold no values of anybody's.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

from core.errors import SettingsError
from core.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

SERVICE: Final = "allover"
NOTHING: Final[AbstractContextManager[None]] = nullcontext()
CARRIER: Final = "traceparent"
"""W3C Trace Context: the header, and what a job carries."""

_tracer: "Tracer | None" = None


def begin_tracing(settings: Settings) -> None:
    """Once, before anything is traced. Raises `SettingsError` where it is asked for and not installed."""
    if not settings.tracing:
        return
    os.environ.setdefault("OTEL_SERVICE_NAME", SERVICE)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise SettingsError("TRACING: OpenTelemetry is not installed: pip install '.[otel]'") from None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider.get_tracer(SERVICE))


def use(tracer: "Tracer | None") -> None:
    """None ends tracing."""
    global _tracer  # noqa: PLW0603 - one tracer per process
    _tracer = tracer


def is_tracing() -> bool:
    return _tracer is not None


def span(
    name: str,
    *,
    parent: str | None = None,
    serves: bool = False,
    attributes: Mapping[str, str] | None = None,
) -> "AbstractContextManager[Span | None]":
    """The block as a span, of which an exception is told. `parent` is what another process carried here; `serves` says
    that somebody outside asked for it."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    kind = SpanKind.SERVER if serves else SpanKind.INTERNAL
    return _tracer.start_as_current_span(name, _context(parent), kind, attributes)


def command_span(name: str, attributes: Mapping[str, str]) -> "Span | None":
    """Of what was sent to a database, below the current span; to be ended by the caller."""
    if _tracer is None:
        return None
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    return _tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)


def carried() -> str | None:
    """The current span, for another process."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(CARRIER)


def _context(parent: str | None) -> "Context | None":
    """None is the current one."""
    if parent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({CARRIER: parent})
