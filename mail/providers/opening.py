"""The provider, and the signature, that the configuration asks for."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from core.errors import InvalidInput, SettingsError
from core.mail_settings import MailProvider
from core.settings import Settings
from mail.dkim import Signer
from mail.providers import Provider, Unavailable
from mail.providers.file import FileProvider
from mail.providers.memory import MemoryProvider
from mail.providers.resend import ResendProvider
from mail.providers.smtp import SmtpProvider
from mail.providers.smtp_opening import SmtpServer


def open_provider(settings: Settings) -> Provider:
    """Connects to nothing yet. Raises `SettingsError`."""
    match settings.mail_provider:
        case MailProvider.FILE:
            try:
                return FileProvider(settings.data_folder / "mail")
            except Unavailable as problem:
                raise SettingsError(f"DATA_FOLDER: {problem}") from None
        case MailProvider.MEMORY:
            return MemoryProvider()
        case MailProvider.SMTP:
            return SmtpProvider(_server(settings), connections=settings.smtp_connections)
        case MailProvider.RESEND:
            if settings.resend_api_key is None:
                raise SettingsError("RESEND_API_KEY is not set")
            return ResendProvider(settings.resend_api_key.get_secret_value(), settings.resend_url)


def open_signer(settings: Settings) -> Signer | None:
    """None where mail is not signed here. Raises `SettingsError` for a key that can't be read."""
    if settings.dkim_domain is None:
        return None
    try:
        return Signer(settings.dkim_domain, settings.dkim_selector or "", _private_key(settings))
    except InvalidInput as error:
        raise SettingsError(f"DKIM: {error.message}") from None


def _private_key(settings: Settings) -> bytes:
    if settings.dkim_private_key is not None:
        return settings.dkim_private_key.get_secret_value().replace("\\n", "\n").encode()
    if settings.dkim_private_key_file is None:
        raise SettingsError("DKIM_PRIVATE_KEY is not set")
    try:
        return settings.dkim_private_key_file.read_bytes()
    except OSError as error:
        raise SettingsError(f"DKIM_PRIVATE_KEY_FILE: {error.strerror}") from None


def _server(settings: Settings) -> SmtpServer:
    if settings.smtp_host is None:
        raise SettingsError("SMTP_HOST is not set")
    return SmtpServer(
        settings.smtp_host,
        tls=settings.smtp_tls,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        own_name=_own_name(settings.public_url),
    )


def _own_name(public_url: str) -> str:
    """What EHLO says (RFC 5321, 4.1.3): a name, or an address in brackets."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
