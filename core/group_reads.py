"""Group reads: what many requests look up in the same moment is read with one query."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from core.group_commit import GroupCommit

MOST: Final = 500
AT_ONCE: Final = 4
BESIDE: Final = 8

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class GroupReads(Generic[K, V]):
    """Look-ups by a key, gathered as writes are: one alone is made at once, and under load many share a query. Nothing
    is kept, so everyone sees what was written before they asked. Who asks for the same gets the same object, which is
    not to be changed."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        """`read` takes different keys, and leaves out what there is not."""
        self._read = read
        self._asked = GroupCommit(self._read_group, MOST, at_once=AT_ONCE, beside=BESIDE)

    async def get(self, key: K) -> V | None:
        """Raises what the query raised."""
        return await self._asked.add(key)

    async def _read_group(self, keys: Sequence[K]) -> Sequence[V | None]:
        found = await self._read(list(dict.fromkeys(keys)))
        return [found.get(key) for key in keys]
