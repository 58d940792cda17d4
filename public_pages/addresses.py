"""Addresses as pages show them: links get forwarded, so whoever opens one may be somebody else."""

from typing import Final

MASK: Final = "•••"


def masked(address: str) -> str:
    """Such as `a•••@example.com`: enough for the person to recognise it, whatever its length."""
    local, _, domain = address.rpartition("@")
    return f"{local[0] if len(local) > 1 else ''}{MASK}@{domain}" if local else MASK
