"""What is asked of the database, command by command: how long it takes, and in which span."""

from typing import TYPE_CHECKING, Final

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from core.measurements import OTHER, count_command
from core.settings import Settings
from core.tracing import command_span

if TYPE_CHECKING:
    from opentelemetry.trace import Span

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


class CommandSpans(CommandListener):
    """Names collections, and no values."""

    def __init__(self) -> None:
        self._open: dict[int, Span] = {}

    def started(self, event: CommandStartedEvent) -> None:
        name, collection = event.command_name, event.command.get(event.command_name)
        about = {"db.system.name": "mongodb", "db.operation.name": name, "db.namespace": event.database_name}
        if isinstance(collection, str):
            about["db.collection.name"] = collection
        if begun := command_span(f"{name} {about.get('db.collection.name', '')}".strip(), about):
            self._open[event.request_id] = begun

    def succeeded(self, event: CommandSucceededEvent) -> None:
        if begun := self._open.pop(event.request_id, None):
            begun.end()

    def failed(self, event: CommandFailedEvent) -> None:
        if begun := self._open.pop(event.request_id, None):
            begun.set_attribute("error.type", str(event.failure.get("codeName", event.failure.get("code", "unknown"))))
            begun.end()


def listeners_for(settings: Settings) -> list[CommandListener]:
    """None where nobody looks: telling of a command costs the driver a tenth of what the command does."""
    times = [] if settings.metrics_port is None else [CommandTimes()]
    return [*times, *([CommandSpans()] if settings.tracing else [])]


def _count(event: CommandSucceededEvent | CommandFailedEvent, outcome: str) -> None:
    name = event.command_name
    count_command(name if name in KNOWN else OTHER, outcome, event.duration_micros / 1e6)
