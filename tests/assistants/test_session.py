"""The credential of `allover mcp`, while an assistant runs for longer than a token lasts."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from commands.assistant import Session
from core import clock
from core.actor import Role
from core.errors import Unauthenticated
from core.runtime import Runtime
from core.tokens import Audience
from models.users import User
from tests.factories.people import a_user


async def a_session(platform: Runtime) -> tuple[Session, User]:
    user = await a_user(Role.SUPPORT)
    token = platform.tokens.issue(Audience.STAFF, str(user.id), version=user.token_version)
    return Session(platform.settings.model_copy(update={"mcp_token": SecretStr(token)})), user


async def test_a_token_is_swapped_before_it_expires(platform: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    session, user = await a_session(platform)
    began, waited = clock.now(), list[float]()

    async def later(seconds: float) -> None:
        """Time flies, four times."""
        waited.append(seconds)
        monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=sum(waited)))
        if len(waited) > 4:
            raise asyncio.CancelledError

    monkeypatch.setattr("commands.assistant.sleep", later)
    with pytest.raises(asyncio.CancelledError):
        await session.stay()
    assert sum(waited) > 60 * platform.settings.token_minutes
    assert (await session.caller()).id == str(user.id)


async def test_what_was_ended_is_not_swapped(platform: Runtime) -> None:
    session, user = await a_session(platform)
    await user.set({"tokenVersion": user.token_version + 1})
    with pytest.raises(Unauthenticated, match="log in again"):
        await session.caller()
