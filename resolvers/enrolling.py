"""How people get into a sequence: up to a thousand at a time, with a reason for everybody who does not."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Self

from beanie import PydanticObjectId
from pydantic import Field, model_validator
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import MARKETING, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Input, JsonObject
from core.mongo import insert_new
from models.apps import App
from models.deliveries import Refusal
from models.enrollments import Enrollment
from models.sequences import Sequence, SequenceVersion
from resolvers.business_hours import hours_of
from resolvers.enrolling_people import Candidate, Rejection, people_named
from resolvers.sending import SENTENCES
from resolvers.sequence_steps import Course
from resolvers.sequences import visible_sequence
from resolvers.transactional import checked_values

MOST: Final = 1000
Id = Annotated[str, Field(min_length=1, max_length=64)]


REASONS: Final[Mapping[str, str]] = {
    Rejection.NOT_FOUND: "There is no such person",
    Rejection.ALREADY_ENROLLED: "The person is in this sequence already",
    Rejection.REPEATED: "The person was named twice",
    **{refusal.value: sentence for refusal, sentence in SENTENCES.items()},
}


class Enroll(Input):
    """Contacts and prospects by their ids, a thousand at most. `values` are what the templates may use of all of them,
    besides what is known of a contact; of a prospect, `company`, `title` and `domain` are known too."""

    contact_ids: list[Id] = Field(default_factory=list, max_length=MOST)
    prospect_ids: list[Id] = Field(default_factory=list, max_length=MOST)
    values: JsonObject = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not 1 <= len(self.contact_ids) + len(self.prospect_ids) <= MOST:
            raise ValueError(f"contactIds and prospectIds together must name 1 to {MOST:,} people")
        return self


@dataclass(frozen=True, slots=True)
class Rejected:
    """Somebody who did not get into a sequence; `id` is as they were named."""

    id: str
    reason: Rejection | Refusal

    @property
    def sentence(self) -> str:
        """For a person."""
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of everybody who was named, each group in the order in which they were, contacts first."""

    enrolled: list[Enrollment]
    rejected: list[Rejected]


@allow(MARKETING)
async def enroll(actor: Actor, sequence_id: str, data: Enroll) -> Enrolled:
    """Puts people into a sequence, and says of everybody else why not. In one that is not active they wait until it
    is."""
    sequence = await visible_sequence(actor, sequence_id)
    if not sequence.steps:
        raise InvalidInput("The sequence has no steps yet", "id")
    values = checked_values(data.values)
    await _keep_version(sequence)
    app = await App.get(sequence.app_id) if sequence.app_id else None
    named = [*data.contact_ids, *data.prospect_ids]
    people, rejected = await people_named(data.contact_ids, data.prospect_ids, app, actor)
    now = clock.now()
    fresh = [_enrollment(sequence, person, values, actor, now) for person in people]
    inserted = await insert_new(Enrollment, fresh) if fresh else []
    for person, is_new in zip(people, inserted, strict=True):
        if not is_new:
            rejected[person.named] = Rejection.ALREADY_ENROLLED
    enrolled = [enrollment for enrollment, is_new in zip(fresh, inserted, strict=True) if is_new]
    return Enrolled(enrolled, [*_in_order(named, rejected)])


def _in_order(named: Iterable[str], rejected: Mapping[str, Rejection | Refusal]) -> Iterable[Rejected]:
    seen: set[str] = set()
    for name in named:
        if name in seen:
            yield Rejected(name, Rejection.REPEATED)
        elif name in rejected:
            yield Rejected(name, rejected[name])
        seen.add(name)


def _enrollment(
    sequence: Sequence, person: Candidate, values: dict[str, Any], actor: Actor, now: datetime
) -> Enrollment:
    """Open, whether the sequence is active or not: who moves people on looks at that."""
    identity = PydanticObjectId()
    course = Course(tuple(sequence.steps), hours_of(sequence.business_hours))
    return Enrollment(
        id=identity,
        sequence_id=sequence.id,
        version=sequence.version,
        contact_id=person.contact.id,
        prospect_id=person.prospect.id if person.prospect else None,
        current_step=sequence.steps[0].order,
        next_at=course.first_due(now, identity.binary),
        values={**person.values, **values},
        started_at=now,
        enrolled_by=actor.label,
    )


async def _keep_version(sequence: Sequence) -> None:
    """Before anybody can be on it."""
    name = SequenceVersion.name(sequence.id, sequence.version)
    if await SequenceVersion.get(name) is None:
        version = SequenceVersion(id=name, sequence_id=sequence.id, app_id=sequence.app_id, steps=sequence.steps)
        with suppress(DuplicateKeyError):
            await version.insert()
