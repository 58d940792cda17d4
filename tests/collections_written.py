"""Which collections a test wrote to, as the driver tells it."""

from typing import Final

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

WRITES: Final = {"insert", "update", "findAndModify"}


class CollectionsWritten(CommandListener):
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

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass
