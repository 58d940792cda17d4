"""The sequences that the company's prospects are in: their words are in `sequences.toml`, and what becomes of everybody
is decided as the platform decides it."""

import html
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from beanie import PydanticObjectId

from models.deliveries import Delivery
from models.email_events import EmailEvent
from models.enrollments import Enrollment
from models.sequences import (
    BusinessHours,
    Sequence,
    SequenceStep,
    SequenceVersion,
    StepBranches,
    StepType,
)
from models.templates import Template, Variable
from resolvers.business_hours import hours_of
from resolvers.prospect_states import CONTACTED
from resolvers.sequence_steps import Course
from seed.histories import ACTOR
from seed.outreach import Life
from seed.prospects import Prospecting

FILE: Final = Path(__file__).with_name("sequences.toml")
COMPANY: Final = Variable(name="company", description="The shop's name", default="", sample="Tea and Cakes")
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Outreach:
    templates: list[Template] = field(default_factory=list)
    sequences: list[Sequence] = field(default_factory=list)
    versions: list[SequenceVersion] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    events: list[EmailEvent] = field(default_factory=list)


def outreach(
    random: Random, people: Prospecting, owner_id: PydanticObjectId | None, begun: datetime, now: datetime
) -> Outreach:
    """Every prospect who was ever written to is, or was, in one of the sequences, which began at `begun`."""
    made = Outreach()
    for words in tomllib.loads(FILE.read_text("utf-8"))["sequences"]:
        _sequence(words, owner_id, begun, made)
    courses = [Course(tuple(one.steps), hours_of(one.business_hours)) for one in made.sequences]
    by_id = {contact.id: contact for contact in people.contacts}
    for number, prospect in enumerate(people.prospects):
        contact = by_id.get(prospect.contact_id) if prospect.contact_id else None
        first = next((change.at for change in prospect.history if change.after is CONTACTED), None)
        if contact is None or first is None:
            continue
        chosen = number % len(made.sequences)
        life = Life(random, made.sequences[chosen], courses[chosen], prospect, contact, first, now)
        made.enrollments.append(life.enrollment)
        made.deliveries.extend(life.deliveries)
        made.events.extend(life.events)
    return made


def _sequence(words: dict[str, Any], owner_id: PydanticObjectId | None, at: datetime, made: Outreach) -> None:
    steps = [_step(number, step, words["app"], at, made) for number, step in enumerate(words["steps"], 1)]
    sequence = Sequence(
        name=words["name"],
        name_key=words["name"].casefold(),
        app_id=words["app"],
        owner_user_id=owner_id,
        steps=steps,
        active=True,
        business_hours=BusinessHours(timezone=words["timezone"]),
        daily_send_cap=words["cap"],
        created_by=ACTOR.label,
        created_at=at,
        updated_at=at,
    )
    name = SequenceVersion.name(sequence.id, sequence.version)
    made.sequences.append(sequence)
    made.versions.append(
        SequenceVersion(id=name, sequence_id=sequence.id, app_id=sequence.app_id, steps=sequence.steps)
    )


def _step(number: int, words: dict[str, Any], app_id: str, at: datetime, made: Outreach) -> SequenceStep:
    delay = words.get("delay", 0) * HOUR_MS
    if "condition" in words:
        branches = StepBranches(**words["condition"])
        return SequenceStep(order=number, type=StepType.CONDITION, delay_ms=delay, branches=branches)
    if "task" in words:
        return SequenceStep(order=number, type=StepType.TASK, delay_ms=delay, instructions=words["task"])
    template = _template(words, app_id, at)
    made.templates.append(template)
    return SequenceStep(order=number, type=StepType.EMAIL, delay_ms=delay, template_id=template.id)


def _template(words: dict[str, Any], app_id: str, at: datetime) -> Template:
    paragraphs = [html.escape(paragraph, quote=False) for paragraph in words["paragraphs"]]
    link = f'<a href="{words["link"]}">{html.escape(words["button"], quote=False)}</a>'
    name = words["key"].replace("-", " ").capitalize()
    return Template(
        app_id=app_id,
        key=words["key"],
        name=name,
        name_key=name.casefold(),
        language="en",
        category="outreach",
        subject=words["subject"],
        html="\n".join(f"<p>{inner}</p>" for inner in [*paragraphs, link]),
        variables=[COMPANY],
        created_by=ACTOR.label,
        updated_by=ACTOR.label,
        created_at=at,
        updated_at=at,
        search_text=f"{words['key']} {name} {words['subject']} outreach".casefold(),
    )
