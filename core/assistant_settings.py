"""What assistants may do over MCP, and who the one at a terminal is: the part of the configuration that `Settings`
inherits."""

from enum import StrEnum

from pydantic import SecretStr
from pydantic_settings import BaseSettings


class Reach(StrEnum):
    """The tools that assistants are given: those that read; also those that change one thing, or answer one person; or
    all, also those that delete, send to many, or change many things at once."""

    READ = "read"
    SAFE = "safe"
    ALL = "all"


class AssistantSettings(BaseSettings):
    mcp_http: bool = True
    """Whether `/mcp` is served."""
    mcp_tools: Reach = Reach.SAFE
    mcp_api_key: SecretStr | None = None
    """Who `allover mcp` acts for: an app's backend …"""
    mcp_token: SecretStr | None = None
    """… or a member of staff, by the token of `/auth/login`."""
