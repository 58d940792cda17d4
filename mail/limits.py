"""What a template may use. Staff write templates, so a limit stops mistakes and mischief, not work."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

MAX_SOURCE: Final = 256_000
"""Characters of a template."""
MAX_PREPARED: Final = 2 * MAX_SOURCE
"""Characters of a template whose CSS is in its elements."""
MAX_OUTPUT: Final = 1_000_000
"""Characters of what it renders to."""
MAX_WEIGHT: Final = 200_000
"""Characters of one value that a template makes."""
WEIGHT_OF_ITEM: Final = 10
"""What an item of a list counts for, besides its own characters."""
MAX_TAGS: Final = 2_000
"""Statements and expressions of a template: compiling them takes some 20 µs each."""
MAX_ITERATIONS: Final = 10_000
"""Rounds of all loops of one rendering."""
MAX_SECONDS: Final = 2.0


class LimitExceeded(Exception):
    """A template asked for more than it may have; the message says which limit."""


class Budget:
    """What one rendering has left."""

    def __init__(self) -> None:
        self._iterations = 0
        self._characters = 0
        self._deadline = time.monotonic() + MAX_SECONDS

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self._iterations += 1
            if self._iterations > MAX_ITERATIONS:
                raise LimitExceeded(f"its loops run more than {MAX_ITERATIONS:,} rounds")
            self.check_time()
            yield item

    def spend(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_OUTPUT:
            raise LimitExceeded(f"it renders to more than {MAX_OUTPUT:,} characters")
        self.check_time()

    def check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise LimitExceeded(f"it takes more than {MAX_SECONDS:g} seconds")


def check_weight(*values: object) -> None:
    """Raises `LimitExceeded` where the values, written out, are too large.

    Lists are counted as often as they occur: `[a, a]` repeated forty times is small in memory and 2^40 written out.
    """
    left = MAX_WEIGHT
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        left -= len(value) if isinstance(value, str | bytes) else WEIGHT_OF_ITEM
        if left < 0:
            raise LimitExceeded(f"a value has more than {MAX_WEIGHT:,} characters")
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += value
