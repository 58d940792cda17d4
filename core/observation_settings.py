"""Who watches the processes: the part of the configuration that `Settings` inherits."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

SHORTEST_TOKEN: Final = 16


class ObservationSettings(BaseSettings):
    """Measurements are never served where the platform itself is: they have a port of their own, or none."""

    metrics_port: int | None = Field(None, ge=1, le=65535)
    """Serves `/metrics` (Prometheus) and `/health/live`, `/health/ready` of this process, worker and scheduler too;
    without it nothing listens."""
    metrics_host: str = "127.0.0.1"
    metrics_token: SecretStr | None = None
    """What `/metrics` asks for as a bearer token; needed where others than this machine reach the port."""

    tracing: bool = False
    """Sends spans to where OpenTelemetry's own variables say (with the extra `otel`)."""

    def observation_problems(self, *, production: bool) -> Iterator[str]:
        """Each a sentence that names the variable."""
        if self.metrics_token is not None and len(self.metrics_token.get_secret_value()) < SHORTEST_TOKEN:
            yield f"METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters"
        if production and self.metrics_port and self.metrics_token is None and not _is_own(self.metrics_host):
            yield "METRICS_TOKEN is not set (METRICS_HOST lets others than this machine in)"


def _is_own(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
