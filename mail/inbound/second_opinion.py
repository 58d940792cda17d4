"""What flufl.bounce, which GNU Mailman uses, finds in a notice that says of nobody we could find."""

import logging
from email import message_from_bytes, policy
from typing import Final

from flufl.bounce import all_failures

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

LARGEST: Final = 200_000
"""Bytes of a notice that are given to it. It reads line by line, with patterns that are not made for more."""


def addresses_found_by_flufl(raw: bytes) -> list[str]:
    """Addresses for which delivery failed, or is delayed. It raises on what it does not expect: then none."""
    try:
        temporary, permanent = all_failures(message_from_bytes(raw[:LARGEST], policy=policy.compat32))
        found = [
            address.decode("ascii", "replace") for address in (*permanent, *temporary) if isinstance(address, bytes)
        ]
    except Exception:  # noqa: BLE001
        return []
    return sorted(address for address in found if "@" in address and " " not in address)
