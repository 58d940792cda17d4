"""Passwords: bcrypt, cost 12, never cut."""

import asyncio
from functools import cache
from typing import Annotated, Final

import bcrypt
from pydantic import AfterValidator, StringConstraints

COST = 12
LONGEST: Final = 72
"""Bytes: bcrypt ignores what comes after them, so a longer password is refused."""


def _fits(password: str) -> str:
    if len(password.encode()) > LONGEST:
        raise ValueError(f"Password must be at most {LONGEST} bytes long")
    return password


Password = Annotated[
    str, StringConstraints(strip_whitespace=False, min_length=10, max_length=LONGEST), AfterValidator(_fits)
]
"""A password that somebody chooses. Its spaces count."""

GivenPassword = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1000)]
"""A password to be compared with the stored one."""


async def hash_password(password: str) -> str:
    """In a thread: it takes a fifth of a second, on purpose."""
    return (await asyncio.to_thread(bcrypt.hashpw, _fits(password).encode(), bcrypt.gensalt(COST))).decode()


async def verify_password(password: str, hashed: str | None) -> bool:
    """Takes the same time when there is no such user (`hashed` is None), so that nobody can tell."""
    candidate = password.encode()
    reference = (hashed or _nobody()).encode()
    if len(candidate) > LONGEST:
        candidate, reference = b"", _nobody().encode()
    matches = await asyncio.to_thread(bcrypt.checkpw, candidate, reference)
    return matches and hashed is not None and reference == hashed.encode()


@cache
def _nobody() -> str:
    return bcrypt.hashpw(b"nobody's password", bcrypt.gensalt(COST)).decode()
