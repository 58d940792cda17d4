"""What webhooks are signed with: the part of the configuration that `Settings` inherits."""

import base64
from typing import Annotated

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

Secrets = Annotated[tuple[SecretStr, ...], NoDecode]


class WebhookSettings(BaseSettings):
    """Several secrets, separated by commas, while one is replaced by another. Without one, webhooks are refused."""

    resend_webhook_secrets: Secrets = ()
    """As Resend shows them: `whsec_…`."""
    cold_provider_secrets: Secrets = ()
    inbound_postmark_passwords: Secrets = ()
    """Of the user in the webhook's URL, `https://inbound:<password>@…`: Postmark signs nothing."""
    inbound_mailgun_keys: Secrets = ()
    """What Mailgun calls the HTTP webhook signing key."""
    inbound_sendgrid_keys: Secrets = ()
    """The public keys of security policies of Inbound Parse, in base64 as SendGrid shows them (P-256)."""
    inbound_raw_secrets: Secrets = ()
    """Of those who post mail as it is, such as a mail server of one's own."""

    @field_validator(
        "resend_webhook_secrets",
        "cold_provider_secrets",
        "inbound_postmark_passwords",
        "inbound_mailgun_keys",
        "inbound_sendgrid_keys",
        "inbound_raw_secrets",
        mode="before",
    )
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

    @field_validator("inbound_sendgrid_keys")
    @classmethod
    def _are_public_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            public_key_of(key.get_secret_value())
        return value


def public_key_of(text: str) -> EllipticCurvePublicKey:
    """Raises `ValueError` for what is no public key of an elliptic curve (RFC 5480) in base64."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("must be public keys in base64, as SendGrid shows them")
    return key
