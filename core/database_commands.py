"""How long the database takes, command by command."""

from typing import Final

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from core.measurements import OTHER, count_command
from core.settings import Settings

KNOWN: Final = frozenset(
    {
        "aggregate",
        "count",
        "createIndexes",
        "delete",
        "distinct",
        "find",
        "findAndModify",
        "getMore",
        "insert",
        "update",
    }
)
"""What the platform does all day; whatever else a driver sends is counted as one."""


class CommandTimes(CommandListener):
    """To be given to a client. The driver calls it in the task that waits for the answer."""

    def started(self, event: CommandStartedEvent) -> None:
        pass

    def succeeded(self, event: CommandSucceededEvent) -> None:
        _count(event, "succeeded")

    def failed(self, event: CommandFailedEvent) -> None:
        _count(event, "failed")


def listeners_for(settings: Settings) -> list[CommandListener]:
    """None where nobody looks: telling of a command costs the driver a tenth of what the command does."""
    return [] if settings.metrics_port is None else [CommandTimes()]


def _count(event: CommandSucceededEvent | CommandFailedEvent, outcome: str) -> None:
    name = event.command_name
    count_command(name if name in KNOWN else OTHER, outcome, event.duration_micros / 1e6)
