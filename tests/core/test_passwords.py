"""Passwords: bcrypt, never cut."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.passwords import GivenPassword, Password, hash_password, verify_password

PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda password: len(password.encode()) <= 72
)


@given(password=PASSWORDS, other=PASSWORDS)
@settings(max_examples=25, deadline=None)
async def test_only_the_password_itself_matches(password: str, other: str) -> None:
    hashed = await hash_password(password)
    assert await verify_password(password, hashed)
    assert await verify_password(other, hashed) is (other == password)


async def test_what_comes_after_72_bytes_counts() -> None:
    longest = "x" * 72
    hashed = await hash_password(longest)
    assert await verify_password(longest, hashed)
    assert not await verify_password(longest + "y", hashed)


async def test_a_longer_one_is_not_hashed() -> None:
    with pytest.raises(ValueError, match="72 bytes"):
        await hash_password("ü" * 37)


@pytest.mark.parametrize("password", ["", "nobody's password", "x" * 1000])
async def test_where_there_is_nobody_nothing_matches(password: str) -> None:
    assert not await verify_password(password, None)


@pytest.mark.parametrize("password", ["short", "ü" * 37, "x" * 73])
def test_a_chosen_password_has_10_characters_and_at_most_72_bytes(password: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Password).validate_python(password)


@pytest.mark.parametrize("kind", [Password, GivenPassword])
def test_spaces_count(kind: Any) -> None:
    assert TypeAdapter(kind).validate_python("  a long one  ") == "  a long one  "
