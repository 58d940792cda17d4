"""Addresses at which nobody reads what a stranger writes, or must not be written to by one."""

import re
from typing import Final

UNATTENDED: Final = re.compile(
    r"(?:no|not|do|donot|do-not|ne|never)[-_.]?(?:reply|replies|respond|answer|repondre|responder|antworten|pas)\w*"
    r"|noreply.*|no-reply.*|.*[-_.+]no-?reply|(?:keine|nao|não)[-_.]?(?:antwort|responda)\w*"
    r"|bounces?(?:[-_.+].*)?|mailer-daemon|auto(?:mated|matic)?[-_.]?(?:mail|reply|response)?|notifications?|nobody|null"
    r"|devnull",
    re.IGNORECASE,
)
ROLES: Final = frozenset(
    {
        # RFC 2142: they are there for abuse, networks and mail itself.
        *("abuse", "hostmaster", "noc", "postmaster", "security", "trouble", "usenet", "uucp", "webmaster"),
        # Lists, and what reads mail by program.
        *("all", "everyone", "list", "listserv", "majordomo", "root", "staff", "subscribe", "team-all", "unsubscribe"),
        # Whoever is responsible for these things takes such mail for something else.
        *("compliance", "dmarc", "dpo", "fbl", "gdpr", "legal", "privacy", "spam"),
    }
)


def nobody_reads(email: str) -> bool:
    """Whether mail there reaches no person."""
    return UNATTENDED.fullmatch(_local_part(email)) is not None


def is_role(email: str) -> bool:
    """Whether it is an address of a role that is not for offers. `info@` or `sales@` is: that is what it is for."""
    local = _local_part(email)
    return local in ROLES or local.endswith(("-request", "-owner", "-admin"))


def _local_part(email: str) -> str:
    return email.rpartition("@")[0].partition("+")[0].casefold()
