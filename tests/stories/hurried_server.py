"""`allover serve` whose minutes are short: what the schedule starts once a minute is also done every `PAUSE_SECONDS`.
With `CLOCK_FILE`, by a clock that a test moves: it holds the seconds that it is ahead. Started as
`python -m tests.stories.hurried_server serve …`."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core import clock

PAUSE_SECONDS: Final = 0.3

if "CLOCK_FILE" in os.environ:
    ahead: Final = Path(os.environ["CLOCK_FILE"])
    real: Final = clock.now

    def moved() -> datetime:
        return real() + timedelta(seconds=float(ahead.read_text()))

    # Before anything else is imported that keeps the function.
    clock.now = moved

from cli import main  # noqa: E402
from commands import serve  # noqa: E402
from tasks.broker import EVERY_MINUTE, SCHEDULED  # noqa: E402

HURRIED: Final = [task for task, schedule in SCHEDULED.values() if schedule == EVERY_MINUTE]


class _Server(serve._Server):
    async def startup(self, *arguments: Any, **options: Any) -> None:
        await super().startup(*arguments, **options)
        self.hurrying = asyncio.create_task(_hurry())


async def _hurry() -> None:
    """Until the process ends."""
    while True:
        for task in HURRIED:
            await task()
        await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    serve._Server = _Server  # type: ignore[misc]  # ours is one, and hurries besides
    main()
