"""`allover serve` by a clock that a test moves: `CLOCK_FILE` holds the seconds that it is ahead. Started as
`python -m tests.stories.moved_server serve …`; looks who is due in sequences far more often than the schedule does."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core import clock

AHEAD: Final = Path(os.environ["CLOCK_FILE"])
PAUSE_SECONDS: Final = 0.3
_real: Final = clock.now


def moved() -> datetime:
    return _real() + timedelta(seconds=float(AHEAD.read_text()))


# Before anything else is imported that keeps the function.
clock.now = moved

from cli import main  # noqa: E402
from commands import serve  # noqa: E402
from tasks.sequences import advance_sequences  # noqa: E402


class _Server(serve._Server):
    async def startup(self, *arguments: Any, **options: Any) -> None:
        await super().startup(*arguments, **options)
        self.advancing = asyncio.create_task(_advance())


async def _advance() -> None:
    """Until the process ends."""
    while True:
        await advance_sequences()
        await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    serve._Server = _Server  # type: ignore[misc]  # ours is one, and looks besides
    main()
