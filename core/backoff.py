"""How long to wait before something is tried again."""

import math
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

FIRST: Final = timedelta(seconds=10)
LONGEST: Final = timedelta(hours=1)
MOST_DOUBLINGS: Final = 30
"""Beyond them it is the longest anyway."""


def backoff(attempt: int, draw: Callable[[], float] = random.random) -> timedelta:
    """After the attempt of that number, from 1: doubling from ten seconds to an hour.

    `draw` is from 0 to 1. Half of the time is drawn (jitter), so that what failed together does not come back together.
    """
    seconds = math.ldexp(FIRST.total_seconds(), min(attempt, MOST_DOUBLINGS) - 1)
    return min(timedelta(seconds=seconds), LONGEST) * ((1 + draw()) / 2)
