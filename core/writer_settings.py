"""Who writes the e-mail agent's drafts: the part of the configuration that `Settings` inherits."""

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class WriterSettings(BaseSettings):
    """Without `writer_url` the built-in writer writes, which needs nobody."""

    writer_url: str | None = Field(None, pattern=r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*)?$", max_length=500)
    """The base of an interface that is compatible with OpenAI's, such as `https://models.example.com/v1`. Whoever sets
    it vouches for it: it may be a private address."""
    writer_key: SecretStr | None = None
    """Sent as a bearer token; a model inside may need none."""
    writer_model: str | None = Field(None, pattern=r"^[!-~]+$", max_length=200)
    writer_seconds: float = Field(30, ge=1, le=120)
    """How long a person waits for a draft, at most."""
    writer_tokens: int = Field(2000, ge=200, le=32_000)
    """What an answer may have at most: models that think first need more."""
    writer_input_price: Decimal = Field(Decimal(0), ge=0, max_digits=12, decimal_places=6)
    writer_output_price: Decimal = Field(Decimal(0), ge=0, max_digits=12, decimal_places=6)
    """Of a million tokens, in US dollars: what an action cost is said by these."""

    def writer_problems(self, *, production: bool) -> Iterator[str]:
        """Each a sentence that names the variable."""
        if (self.writer_url is None) != (self.writer_model is None):
            yield "WRITER_URL and WRITER_MODEL are set together, or not at all"
        if self.writer_key is not None and self.writer_url is None:
            yield "WRITER_KEY is set, and WRITER_URL is not"
        in_the_clear = self.writer_url is not None and not self.writer_url.startswith("https://")
        if production and self.writer_key is not None and in_the_clear:
            yield "WRITER_KEY would be sent in the clear: WRITER_URL must begin with https://"
