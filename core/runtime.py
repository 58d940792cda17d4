"""What a running process has besides its documents: settings, tokens, rate limits, topics. Opened once at start."""

from dataclasses import dataclass

from core.mongo import Mongo
from core.rate_limits import RateLimits
from core.settings import Settings
from core.tokens import Tokens
from core.topics import Topics


@dataclass(frozen=True, slots=True)
class Runtime:
    settings: Settings
    mongo: Mongo
    tokens: Tokens
    limits: RateLimits
    topics: Topics


_current: Runtime | None = None


def start(settings: Settings, mongo: Mongo) -> Runtime:
    """Makes `runtime()` answer for this process."""
    global _current  # noqa: PLW0603 - one runtime per process, set at start
    _current = Runtime(settings, mongo, Tokens(settings), RateLimits(settings), Topics(settings))
    return _current


def runtime() -> Runtime:
    if _current is None:
        raise RuntimeError("core.runtime.start was not called")
    return _current
