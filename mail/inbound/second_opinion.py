"""What flufl.bounce, which GNU Mailman uses, finds in a notice that says of nobody we could find."""

import logging
from email import message_from_bytes, policy
from typing import Final

from flufl.bounce import all_failures

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

LARGEST: Final = 50_000
MOST_LINES: Final = 500
"""Bytes and lines of a notice that are given to it: it tries some hundred patterns on each line."""


def addresses_found_by_flufl(raw: bytes) -> list[str]:
    """Addresses for which delivery failed, or is delayed. It raises on what it does not expect: then none."""
    notice = b"\n".join(raw[:LARGEST].split(b"\n", MOST_LINES)[:MOST_LINES])
    try:
        temporary, permanent = all_failures(message_from_bytes(notice, policy=policy.compat32))
        found = [
            address.decode("ascii", "replace") for address in (*permanent, *temporary) if isinstance(address, bytes)
        ]
    except Exception:
        return []
    return sorted(address for address in found if "@" in address and " " not in address)
