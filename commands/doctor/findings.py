"""What the doctor finds, and how it is shown."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Mark(StrEnum):
    """`bad` is what something that is needed fails by; `doubtful` works, and somebody should look at it."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    UNUSED = "unused"


SIGNS: Final = {
    Mark.GOOD: "[green]✓[/]",
    Mark.DOUBTFUL: "[yellow]![/]",
    Mark.BAD: "[red]✗[/]",
    Mark.UNUSED: "[dim]–[/]",  # noqa: RUF001  a dash, as meant
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`detail` says what is, and of what is not good what to do."""

    mark: Mark
    subject: str
    detail: str


def good(subject: str, detail: str) -> Finding:
    return Finding(Mark.GOOD, subject, detail)


def doubtful(subject: str, detail: str) -> Finding:
    return Finding(Mark.DOUBTFUL, subject, detail)


def bad(subject: str, detail: str) -> Finding:
    return Finding(Mark.BAD, subject, detail)


def unused(subject: str, detail: str) -> Finding:
    return Finding(Mark.UNUSED, subject, detail)
