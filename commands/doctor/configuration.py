"""What the settings say, before anything is asked."""

import platform
import shutil
from collections.abc import Iterator
from typing import Final

import pymongo

from commands.doctor.findings import Finding, bad, doubtful, good, unused
from commands.secret import FILE
from core.mail_settings import MailProvider
from core.product import VERSION
from core.settings import DEVELOPMENT_SECRET, SHORTEST_SECRET, Settings
from pages.routes import BUILT

LEAST_FREE: Final = 1024**3
"""Bytes on the disk of the data folder."""


def examine_configuration(settings: Settings) -> Iterator[Finding]:
    versions = f"allover {VERSION}, Python {platform.python_version()}, PyMongo {pymongo.version}"
    yield good("Versions", versions)
    yield good("Environment", settings.environment.value)
    yield _public_url(settings)
    yield _secret(settings)
    yield _pages()
    yield _disk(settings)
    yield from _of_production(settings)


def _public_url(settings: Settings) -> Finding:
    if settings.public_url.startswith("https://") or not settings.is_production:
        return good("Public URL", settings.public_url)
    return bad("Public URL", f"{settings.public_url}: links in mail must begin with https://")


def _secret(settings: Settings) -> Finding:
    length = len(settings.secret_key.get_secret_value())
    if settings.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
        return good("Secret", f"generated, in {settings.data_folder / FILE}")
    if length < SHORTEST_SECRET:
        return bad("Secret", f"SECRET_KEY has {length} characters: use at least {SHORTEST_SECRET} random ones")
    previous = len(settings.previous_secret_keys)
    return good(
        "Secret", f"SECRET_KEY, {length} characters" + (f"; {previous} before it still verify" * bool(previous))
    )


def _pages() -> Finding:
    if (BUILT / "graphiql.html").exists():
        return good("Pages", "built")
    return unused("Pages", "not built: `make assets` (needs Node); the API runs without")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_folder.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:,.1f} GiB free at {folder}"
    return good("Disk", told) if free >= LEAST_FREE else doubtful("Disk", f"{told}: make room")


def _of_production(settings: Settings) -> Iterator[Finding]:
    """What may be meant so, and mostly is not."""
    if not settings.is_production:
        return
    if settings.redis_url is None:
        yield doubtful(
            "Processes", "REDIS_URL is not set: there can be one process, which does the background work too"
        )
    if settings.metrics_port is None:
        yield doubtful("Metrics", "METRICS_PORT is not set: nobody is told when work stands still")
    if settings.log_level == "DEBUG":
        yield doubtful("Logs", "LOG_LEVEL is DEBUG: that is a lot, and slow")
    if settings.mail_provider is MailProvider.RESEND and not settings.resend_webhook_secrets:
        yield doubtful("Bounces", "RESEND_WEBHOOK_SECRETS is not set: nobody is told of bounces and complaints")
