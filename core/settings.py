"""All configuration: one frozen object, read from the environment once at start."""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from core.assistant_settings import AssistantSettings
from core.errors import SettingsError
from core.inbound_settings import InboundSettings
from core.inputs import problems_of
from core.mail_settings import MailSettings
from core.observation_settings import ObservationSettings
from core.outgoing_settings import OutgoingSettings
from core.webhook_settings import WebhookSettings
from core.writer_settings import WriterSettings

DEVELOPMENT_SECRET: Final = "development-only-secret-never-for-production"  # noqa: S105
SHORTEST_SECRET: Final = 32
URL_SCHEMES: Final = {
    "mongodb_url": ("mongodb://", "mongodb+srv://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
}


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


Commas = Annotated[tuple[str, ...], NoDecode]


class Settings(
    AssistantSettings,
    InboundSettings,
    MailSettings,
    ObservationSettings,
    OutgoingSettings,
    WebhookSettings,
    WriterSettings,
):
    """Every field is an environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the server; links in mail begin with it."""
    data_folder: Path = Path(".data")
    """What the embedded database, a developer's generated secret and mail (`MAIL_PROVIDER=file`) are kept in."""

    mongodb_url: SecretStr | None = None
    """A MongoDB replica set; without it the embedded database is started (development alone)."""
    mongodb_database: str = "allover"
    redis_url: SecretStr | None = None
    """Wakes workers, shares rate limits and subscription events; without it all of that stays inside one process."""

    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    """The root of all signing and encryption keys: at least 32 characters."""
    previous_secret_keys: tuple[SecretStr, ...] = ()
    """Keys that still verify, for changing `secret_key` without signing everybody out (JSON list)."""
    token_minutes: int = Field(60, ge=5, le=24 * 60)
    session_hours: int = Field(7 * 24, ge=1)
    """How long a token can be refreshed after the login it came from."""
    end_user_hours: int = Field(7 * 24, ge=1, le=90 * 24)
    """How long the token of an app's end user lasts, unless it is ended: it is not refreshed."""

    allowed_origins: Commas = ()
    """Origins of browser clients, separated by commas; `*` in development alone."""
    trusted_proxies: Commas = ("127.0.0.1",)
    """Addresses whose `X-Forwarded-For` is believed, separated by commas."""
    requests_per_minute: int = Field(6000, ge=1)
    """Per API key, user or (unauthenticated) address."""

    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field("auto", pattern="^(auto|json|console)$")

    @field_validator("allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("mongodb_url", "redis_url")
    @classmethod
    def _is_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Says so without repeating it: a URL may hold a password."""
        schemes = URL_SCHEMES[info.field_name or ""]
        if value is not None and not value.get_secret_value().startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        production = self.is_production
        problems = [
            *self._unsafe_in_production(),
            *self.inbound_problems(),
            *self.mail_problems(production=production),
            *self.outgoing_problems(production=production),
            *self.writer_problems(production=production),
            *self.observation_problems(production=production),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unsafe_in_production(self) -> Iterator[str]:
        if not self.is_production:
            return
        if self.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
            yield "SECRET_KEY is not set"
        if len(self.secret_key.get_secret_value()) < SHORTEST_SECRET:
            yield f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters"
        if self.mongodb_url is None:
            yield "MONGODB_URL is not set (the embedded database is for development)"
        if "*" in self.allowed_origins:
            yield "ALLOWED_ORIGINS must list origins, not *"
        if not self.public_url.startswith("https://"):
            yield "PUBLIC_URL must begin with https://"

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, so that no two uses share a key (keyed BLAKE2b, RFC 7693)."""
        return derived_key(self.secret_key, purpose)

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """The current key first, then the previous ones."""
        return tuple(derived_key(secret, purpose) for secret in (self.secret_key, *self.previous_secret_keys))


@lru_cache
def derived_key(secret: SecretStr, purpose: str) -> bytes:
    root = hashlib.sha512(secret.get_secret_value().encode()).digest()
    return hashlib.blake2b(purpose.encode(), key=root, digest_size=32).digest()


def load() -> Settings:
    """Raises `SettingsError` with one line per variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        problems = problems_of(error.errors())
        raise SettingsError(
            "\n".join(": ".join(filter(None, [problem.field.upper(), problem.message])) for problem in problems)
        ) from None
