"""What DNS says of our mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from commands.doctor.findings import Finding, bad, doubtful, good, unused
from core.mail_settings import MailProvider
from core.settings import Settings
from mail.dkim import Signer

PATIENCE_SECONDS: Final = 3.0
RESEND_SELECTOR: Final = "resend"

Lookup = Callable[[str], Awaitable[list[str]]]
"""The texts (TXT) of a name; none where it has none. Raises `OSError` where nobody can be asked."""


async def resolved(name: str) -> list[str]:
    try:
        answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=PATIENCE_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise OSError(type(error).__name__) from None
    return [b"".join(row.strings).decode(errors="replace") for row in answer]


async def names(settings: Settings, signer: Signer | None, look_up: Lookup) -> AsyncIterator[Finding]:
    domain = settings.mail_from.rpartition("@")[2]
    try:
        yield _spf(domain, await look_up(domain))
        for name, expected in _keys(settings, signer, domain):
            yield _key(name, expected, await look_up(name))
        yield await _dmarc(domain, look_up)
    except OSError as error:
        yield unused("DNS of mail", f"not looked at: no name server answers ({error}); look again where one does")


def _spf(domain: str, texts: list[str]) -> Finding:
    found = [text for text in texts if text.split(" ")[0].lower() == "v=spf1"]
    if not found:
        return doubtful("SPF", f"{domain} has no TXT record v=spf1: name there who sends its mail")
    if len(found) > 1:
        return bad("SPF", f"{domain} has {len(found)} records v=spf1, so receivers see none: leave one")
    if found[0].rstrip().endswith("+all"):
        return bad("SPF", f"{domain} lets everybody send its mail: {found[0]}")
    return good("SPF", f"{domain}: {found[0]}")


def _keys(settings: Settings, signer: Signer | None, domain: str) -> list[tuple[str, str | None]]:
    """Names of keys, and what their records have to hold, where we know it."""
    if signer is not None:
        return [(f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}", signer.dns_record)]
    if settings.mail_provider is MailProvider.RESEND:
        return [(f"{RESEND_SELECTOR}._domainkey.{domain}", None)]
    return []


def _key(name: str, expected: str | None, texts: list[str]) -> Finding:
    key = next((_tag(text, "p") for text in texts if _tag(text, "p") is not None), None)
    if not key:
        return bad("DKIM in DNS", f"{name} has no key: receivers can't check our signatures")
    if expected is not None and key != _tag(expected, "p"):
        return bad("DKIM in DNS", f"{name} has another key than the one that we sign with")
    return good("DKIM in DNS", f"{name} has {'our' if expected else 'a'} key")


async def _dmarc(domain: str, look_up: Lookup) -> Finding:
    """Of the domain, or of the nearest above it that has one."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        name = "_dmarc." + ".".join(labels[start:])
        for text in await look_up(name):
            if text.lower().replace(" ", "").startswith("v=dmarc1"):
                return _policy(name, text)
    return doubtful(
        "DMARC", f"_dmarc.{domain} has no record: large receivers refuse newsletters without (v=DMARC1; p=none)"
    )


def _policy(name: str, text: str) -> Finding:
    policy = (_tag(text, "p") or "").lower()
    if policy not in ("none", "quarantine", "reject"):
        return bad("DMARC", f"{name} has no policy that is one: {text}")
    hint = "; it only watches: move on to quarantine when reports are good" if policy == "none" else ""
    return good("DMARC", f"{name}: p={policy}{hint}")


def _tag(text: str, name: str) -> str | None:
    """Of `k=rsa; p=MII…`."""
    for part in text.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return "".join(value.split())
    return None
