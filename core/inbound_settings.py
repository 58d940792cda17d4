"""How mail servers hand mail over, and how long it is kept: the part of the configuration that `Settings` inherits."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class InboundSettings(BaseSettings):
    """Of `allover inbound`."""

    inbound_host: str = "127.0.0.1"
    inbound_smtp_port: int | None = Field(2525, ge=0, le=65535)
    inbound_lmtp_port: int | None = Field(None, ge=0, le=65535)
    """With 0 the system chooses one."""
    inbound_certificate_file: Path | None = None
    inbound_key_file: Path | None = None
    """PEM. With both, SMTP offers STARTTLS (RFC 3207)."""
    inbound_raw_days: int = Field(90, ge=1, le=365)
    """How long received mail is kept as it came. What was new in it is kept longer."""

    def inbound_problems(self) -> Iterator[str]:
        """Each a sentence that names the variables."""
        if (self.inbound_certificate_file is None) != (self.inbound_key_file is None):
            yield "INBOUND_CERTIFICATE_FILE and INBOUND_KEY_FILE are set together, or not at all"
