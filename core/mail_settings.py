"""How mail leaves: the part of the configuration that `Settings` inherits."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

NOBODY: Final = "noreply@localhost"
MAILBOX: Final = r"^[!-~]+@[A-Za-z0-9.-]+$"


class MailProvider(StrEnum):
    """`file` writes a Maildir, `memory` keeps it until the process ends: both for development."""

    FILE = "file"
    MEMORY = "memory"
    SMTP = "smtp"
    RESEND = "resend"


class SmtpTls(StrEnum):
    """`starttls` begins in the clear and refuses to go on so, `tls` is encrypted from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


SMTP_PORTS: Final = {SmtpTls.NONE: 25, SmtpTls.STARTTLS: 587, SmtpTls.TLS: 465}


class MailSettings(BaseSettings):
    """Checked together, by `mail_problems`."""

    mail_provider: MailProvider = MailProvider.FILE
    mail_from: str = Field(NOBODY, pattern=MAILBOX, max_length=254)
    """The sender of an app that has none of its own."""
    mail_from_name: str = Field("All Over Apps", max_length=100)

    inbound_domain: str | None = Field(None, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=190)
    """Where mail to `reply+…@` is received; without it answers go to the address that the app names."""

    smtp_host: str | None = None
    smtp_port: int | None = Field(None, ge=1, le=65535)
    """By default what is usual for `smtp_tls`: 587, 465 or 25."""
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: SmtpTls = SmtpTls.STARTTLS
    smtp_connections: int = Field(8, ge=1, le=100)
    """Of one process, at most."""

    resend_api_key: SecretStr | None = None
    resend_url: str = Field("https://api.resend.com", pattern="^https?://")

    dkim_domain: str | None = None
    dkim_selector: str | None = None
    dkim_private_key: SecretStr | None = None
    """PEM, its line ends also as the two characters `\\n`."""
    dkim_private_key_file: Path | None = None

    def mail_problems(self, *, production: bool) -> Iterator[str]:
        """What does not fit together, each a sentence that names the variable."""
        really = self.mail_provider in (MailProvider.SMTP, MailProvider.RESEND)
        if production and not really:
            yield "MAIL_PROVIDER must be smtp or resend (file and memory are for development)"
        if (production or really) and self.mail_from == NOBODY:
            yield "MAIL_FROM is not set"
        if self.mail_provider is MailProvider.RESEND and self.resend_api_key is None:
            yield "RESEND_API_KEY is not set (MAIL_PROVIDER is resend)"
        if self.mail_provider is MailProvider.SMTP:
            yield from self._smtp_problems(production=production)
        yield from self._dkim_problems()

    def _smtp_problems(self, *, production: bool) -> Iterator[str]:
        if self.smtp_host is None:
            yield "SMTP_HOST is not set (MAIL_PROVIDER is smtp)"
        if (self.smtp_username is None) != (self.smtp_password is None):
            yield "SMTP_USERNAME and SMTP_PASSWORD are set together, or not at all"
        elif production and self.smtp_username is not None and self.smtp_tls is SmtpTls.NONE:
            yield "SMTP_PASSWORD would be sent in the clear: SMTP_TLS must be starttls or tls"

    def _dkim_problems(self) -> Iterator[str]:
        keys = [key for key in (self.dkim_private_key, self.dkim_private_key_file) if key is not None]
        if len(keys) > 1:
            yield "DKIM_PRIVATE_KEY and DKIM_PRIVATE_KEY_FILE are two keys: set one of them"
        given = [self.dkim_domain is not None, self.dkim_selector is not None, bool(keys)]
        if any(given) and not all(given):
            yield "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_PRIVATE_KEY (or DKIM_PRIVATE_KEY_FILE) are set together"
