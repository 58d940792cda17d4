"""How mail leaves, and whether those who receive it can see that it is ours."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from commands.doctor import mail_names
from commands.doctor.findings import Finding, bad, good, unused
from core.errors import SettingsError
from core.mail_settings import MailProvider
from core.settings import Settings
from mail.dkim import Signer
from mail.providers import Unavailable
from mail.providers.opening import open_provider, open_signer

PATIENCE_SECONDS: Final = 5.0


async def examine_mail(settings: Settings) -> list[Finding]:
    return [finding async for finding in _mail(settings)]


async def _mail(settings: Settings) -> AsyncIterator[Finding]:
    yield await _provider(settings)
    try:
        signer = open_signer(settings)
    except SettingsError as error:
        yield bad("DKIM", str(error))
        signer = None
    else:
        yield _signature(settings, signer)
    if settings.mail_provider in (MailProvider.FILE, MailProvider.MEMORY):
        yield unused("DNS of mail", "not looked at: mail does not leave this machine")
        return
    async for finding in mail_names.names(settings, signer, mail_names.resolved):
        yield finding


async def _provider(settings: Settings) -> Finding:
    started = time.perf_counter()
    try:
        provider = open_provider(settings)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answered = await provider.check()
        finally:
            await provider.close()
    except (SettingsError, Unavailable, TimeoutError) as error:
        return bad("Mail", f"{settings.mail_provider}: {error or 'no reply in time'}")
    milliseconds = (time.perf_counter() - started) * 1000
    return good("Mail", f"{settings.mail_provider}: {answered}, answers in {milliseconds:.1f} ms")


def _signature(settings: Settings, signer: Signer | None) -> Finding:
    if signer is None:
        return unused("DKIM", "not used: mail is signed by the server that it goes through, or by nobody")
    name = f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}"
    return good("DKIM", f"signs; DNS needs the TXT record {name}: {signer.dns_record}")
