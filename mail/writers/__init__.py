"""Who writes drafts: templates of our own, or a model. Whoever it is, what they write is checked (`checks.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

LANGUAGES: Final = ("en", "es", "de", "fr", "pt")
"""In which drafts are written; the first is for everybody else."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the writer is told. Facts that are `vouched` for come from the app or from staff: prices may be
    quoted from them. What others wrote, such as a prospect's own words, is never an instruction."""

    name: str
    value: str
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be written. `kind` is `outreach` or `reply`, `tone` and `goal` are those of the words of the built-in
    writer (`words/*.toml`). `points` is what staff want the mail to say."""

    kind: str
    language: str
    tone: str
    goal: str
    facts: Sequence[Fact]
    points: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a model. `cost` is in US dollars, None where nobody said what tokens cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as its writer left it: plain text, its paragraphs apart by an empty line."""

    subject: str
    body: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What the author of a text means: one of `mail.inbound.classification.Classification`. `confidence` is from 0
    to 1, `reasons` are for people."""

    classification: str
    confidence: float
    reasons: Sequence[str] = field(default_factory=tuple)
    usage: Usage | None = None


class WriterProblem(Exception):
    """Nothing was written; the message is a sentence for a person. `retry_after` is in seconds, where the writer said
    how long to wait."""

    def __init__(self, message: str, retry_after: float | None = None, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.usage = usage


class WriterUnavailable(WriterProblem):
    """The writer can't be reached, or has no time: the same may be asked again later."""


class WriterRefused(WriterProblem):
    """The writer will not write this, or what it wrote is no draft."""


class Writer(Protocol):
    """`name` is kept with what was written."""

    name: str

    async def write(self, assignment: Assignment) -> Written:
        """Raises `WriterUnavailable` and `WriterRefused`."""

    async def read(self, text: str) -> Read:
        """Raises `WriterUnavailable` and `WriterRefused`."""
