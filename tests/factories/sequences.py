"""Sequences, and people in them."""

from collections.abc import Sequence as Listed
from itertools import count
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.actor import Actor
from models.contacts import Contact
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason
from models.sequences import Sequence
from models.templates import Template
from resolvers.enrolling import Enroll, enroll
from resolvers.sequence_inputs import SequenceCreate
from resolvers.sequences import activate_sequence, create_sequence
from tests.factories.templates import a_template

SYSTEM: Final = Actor.system("tests")
ALWAYS: Final = {"startHour": 0, "endHour": 0, "days": [1, 2, 3, 4, 5, 6, 7]}
"""Business hours around the clock, so that no test depends on when it runs."""
DAY_MS: Final = 24 * 60 * 60 * 1000

_numbers = count(1)


async def an_outreach_template(app_id: str, **fields: Any) -> Template:
    known = {
        "key": f"outreach_{next(_numbers)}",
        "subject": "A question, {{ first_name }}",
        "html": '<p>Hello {{ name }}, <a href="https://banners.example.com/tour">look</a>.</p>',
        "variables": [],
    }
    return await a_template(app_id, **(known | fields))


def mail(template: Template, **fields: Any) -> dict[str, Any]:
    """A step, as staff would send it."""
    return {"type": "email", "templateId": str(template.id), **fields}


async def a_sequence(steps: Listed[dict[str, Any]], *, active: bool = True, **fields: Any) -> Sequence:
    known = {"name": f"Sequence {next(_numbers)}", "businessHours": ALWAYS, "dailySendCap": 1000}
    data = SequenceCreate.model_validate(known | {"steps": list(steps)} | fields)
    sequence = await create_sequence(SYSTEM, data)
    return await activate_sequence(SYSTEM, str(sequence.id)) if active else sequence


async def an_enrollment(sequence: Sequence, contact: Contact, **values: Any) -> Enrollment:
    data = Enroll.model_validate({"contactIds": [str(contact.id)], "values": values})
    (enrollment,) = (await enroll(SYSTEM, str(sequence.id), data)).enrolled
    return enrollment


async def current(enrollment_id: PydanticObjectId) -> Enrollment:
    """As it is now."""
    found = await Enrollment.get(enrollment_id)
    assert found is not None
    return found


async def ended_enrollment(sequence_id: str, **fields: Any) -> Enrollment:
    """Stored as it is, of somebody who answered the first mail."""
    now = clock.now()
    known = {"version": 1, "contact_id": PydanticObjectId(), "current_step": 2, "next_at": None, "enrolled_by": "tests"}
    ended = {"status": EnrollmentStatus.EXITED, "exit_reason": ExitReason.REPLIED, "live": False, "open": False}
    moments = {"started_at": now, "last_step_at": now, "ended_at": now}
    return await Enrollment(
        sequence_id=PydanticObjectId(sequence_id), **{**known, **ended, **moments, **fields}
    ).insert()
