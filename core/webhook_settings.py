"""What webhooks are signed with: the part of the configuration that `Settings` inherits."""

import base64
from typing import Annotated

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

Secrets = Annotated[tuple[SecretStr, ...], NoDecode]


class WebhookSettings(BaseSettings):
    """Several secrets, separated by commas, while one is replaced by another. Without one, webhooks are refused."""

    resend_webhook_secrets: Secrets = ()
    """As Resend shows them: `whsec_…`."""
    cold_provider_secrets: Secrets = ()

    @field_validator("resend_webhook_secrets", "cold_provider_secrets", mode="before")
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("resend_webhook_secrets")
    @classmethod
    def _are_base64(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in value:
            text = secret.get_secret_value().removeprefix("whsec_")
            try:
                key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
            except ValueError:
                key = b""
            if not key:
                raise ValueError("must be secrets such as whsec_ and base64, as Resend shows them")
        return value
