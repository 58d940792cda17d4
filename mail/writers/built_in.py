"""The writer that needs nobody: words of our own, by tone and goal, with the facts put in. The same assignment gives
the same draft."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from core.errors import InvalidInput
from mail.inbound.classification import meaning_of
from mail.templates import Template
from mail.writers import LANGUAGES, Assignment, Read, WriterRefused, Written

FOLDER: Final = Path(__file__).parent / "words"
FACTS: Final = (
    "app_name", "app_description", "app_link", "company", "country", "first_name", "from_price", "sender_name",
    "shop_domain", "subject", "title", "topic", "trial_days",
)  # fmt: skip
"""What the words may speak of; a fact that is not there is an empty text."""
REPLY: Final = "reply"


class Words(BaseModel):
    """Of one goal: paragraphs that come out empty are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    paragraphs: list[str]


class Manner(BaseModel):
    """Of one tone: how a mail begins and ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    greeting: str
    closing: str


class Language(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tones: dict[str, Manner]
    outreach: dict[str, Words]
    reply: dict[str, Words]


@cache
def words_in(language: str) -> Language:
    return Language.model_validate(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")))


class BuiltInWriter:
    name = "built-in"

    async def write(self, assignment: Assignment) -> Written:
        language = words_in(assignment.language if assignment.language in LANGUAGES else LANGUAGES[0])
        goals = language.reply if assignment.kind == REPLY else language.outreach
        words, manner = goals.get(assignment.goal), language.tones.get(assignment.tone)
        if words is None or manner is None:
            raise WriterRefused(f"The built-in writer knows no {assignment.goal} in a {assignment.tone} tone")
        values = dict.fromkeys(FACTS, "") | {one.name: one.value for one in assignment.facts if one.name in FACTS}
        # What staff want said takes the place of what the words would say, between their first and last paragraph.
        said = [*words.paragraphs[:1], *words.paragraphs[-1:]] if assignment.points else words.paragraphs
        try:
            paragraphs = [_filled(paragraph, values) for paragraph in said]
            if assignment.points:
                paragraphs.insert(1, assignment.points.strip())
            body = [_filled(manner.greeting, values), *paragraphs, _filled(manner.closing, values)]
            return Written(_filled(words.subject, values), "\n\n".join(filter(None, body)))
        except InvalidInput as problem:
            raise WriterRefused(f"The built-in writer can't use these facts: {problem.message}") from None

    async def read(self, text: str) -> Read:
        found = meaning_of(text)
        return Read(found.classification.value, found.confidence, found.reasons)


def _filled(source: str, values: Mapping[str, str]) -> str:
    return _compiled(source).render(values).strip()


@cache
def _compiled(source: str) -> Template:
    return Template(source, dict.fromkeys(FACTS, ""))
