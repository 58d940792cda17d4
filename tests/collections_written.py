"""Which collections a test wrote to, as the driver tells it."""

from typing import Final

from pymongo.monitoring import CommandStartedEvent

from tests.databases import Listener

WRITES: Final = {"insert", "update", "findAndModify"}


class CollectionsWritten(Listener):
    def __init__(self) -> None:
        self._names: set[str] = set()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._names)

    def take(self) -> set[str]:
        names, self._names = self._names, set()
        return names

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in WRITES:
            self._names.add(event.command[event.command_name])
