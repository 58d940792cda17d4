"""People in a sequence, made quickly: for the story of chaos and for benchmarks."""

from datetime import datetime, timedelta
from typing import Any, Final

from beanie.odm.utils.dump import get_dict
from bson import ObjectId

from core import clock
from core.actor import Actor
from models.contacts import Contact
from models.enrollments import Enrollment
from models.sequences import Sequence, SequenceVersion
from models.templates import Template
from resolvers.sequence_inputs import SequenceCreate
from resolvers.sequences import activate_sequence, create_sequence
from tests.chaos.campaign import APP, a_company

SYSTEM: Final = Actor.system("chaos")
CHUNK: Final = 2000
FAR: Final = timedelta(days=30)


async def a_sequence(cap: int) -> Sequence:
    """Two mails and a task, around the clock."""
    await a_company(0)
    template = await Template(
        app_id=APP,
        key="outreach",
        name="Outreach",
        name_key="outreach",
        language="en",
        category="outreach",
        subject="A question, {{ first_name }}",
        html='<p>Hello {{ name }}, <a href="https://banners.example.com/tour">look</a>.</p>',
        created_by="tests",
        updated_by="tests",
    ).insert()
    mail = {"type": "email", "templateId": str(template.id)}
    steps = [mail, {**mail, "delayMs": 3 * 24 * 3600 * 1000}, {"type": "task"}]
    hours = {"startHour": 0, "endHour": 0, "days": [1, 2, 3, 4, 5, 6, 7]}
    data = {"name": "Spring", "steps": steps, "businessHours": hours, "dailySendCap": cap}
    sequence = await create_sequence(SYSTEM, SequenceCreate.model_validate(data))
    name = SequenceVersion.name(sequence.id, sequence.version)
    await SequenceVersion(id=name, sequence_id=sequence.id, app_id=APP, steps=sequence.steps).insert()
    return await activate_sequence(SYSTEM, str(sequence.id))


async def people_in(sequence: Sequence, *, due: int, waiting: int = 0) -> None:
    """So many whose first mail is due, and so many whose is not for a month."""
    now = clock.now()
    await _enrolled(sequence, range(due), now)
    await _enrolled(sequence, range(due, due + waiting), now + FAR)


async def _enrolled(sequence: Sequence, numbers: range, at: datetime) -> None:
    for start in range(numbers.start, numbers.stop, CHUNK):
        contacts = [_contact(number) for number in range(start, min(start + CHUNK, numbers.stop))]
        await Contact.get_pymongo_collection().insert_many(contacts)
        enrollments = [_enrollment(sequence, contact["_id"], at) for contact in contacts]
        await Enrollment.get_pymongo_collection().insert_many(enrollments)


def _contact(number: int) -> dict[str, Any]:
    address = f"prospect-{number}@example.com"
    contact = Contact(email=address, email_key=address, name=f"Prospect {number}", language="en")
    return dict(get_dict(contact, to_db=True, keep_nulls=True))


def _enrollment(sequence: Sequence, contact_id: ObjectId, at: datetime) -> dict[str, Any]:
    enrollment = Enrollment(
        sequence_id=sequence.id,
        version=sequence.version,
        contact_id=contact_id,
        current_step=sequence.steps[0].order,
        next_at=at,
        started_at=clock.now(),
        enrolled_by=SYSTEM.label,
    )
    return dict(get_dict(enrollment, to_db=True, keep_nulls=True))
