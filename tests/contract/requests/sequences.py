"""Requests of sequences: what is sent to people one after the other."""

from typing import Any, Final

from bson import ObjectId

from models.contacts import Contact
from models.templates import Template
from tests.contract.requests.calling import APP, Caller, Parameters, Request
from tests.factories.prospects import a_prospect
from tests.factories.sequences import ended_enrollment

CONTACT: Final = "5f5e10000000000000000c01"
TEMPLATE: Final = "5f5e10000000000000000e01"
NOBODY: Final = "5f5e10000000000000000000"
SEQUENCE: Final[dict[str, Any]] = {
    "name": "Spring",
    "steps": [{"type": "email", "order": 1, "templateId": TEMPLATE, "delayMs": 60_000}],
    "businessHours": {"startHour": 9, "endHour": 17, "utcOffset": 1},
    "dailySendCap": 20,
}
NOT_YET: Final = ("lastStepAt", "exitReason")


async def a_template(_: Caller) -> Parameters:
    named = {"key": "outreach", "name": "Outreach", "name_key": "outreach", "language": "en", "category": "outreach"}
    by = {"created_by": "system:tests", "updated_by": "system:tests"}
    await Template(id=ObjectId(TEMPLATE), app_id=APP, subject="A question", text="Hello", **named, **by).insert()
    return {}


async def a_sequence(caller: Caller) -> Parameters:
    await a_template(caller)
    return {"id": (await caller.created("/admin/sequences", SEQUENCE))["_id"]}


async def a_sequence_for_a_contact(caller: Caller) -> Parameters:
    address = "ada@example.com"
    await Contact(id=ObjectId(CONTACT), email=address, email_key=address, name="Ada").insert()
    return await a_sequence(caller)


async def an_enrollment(caller: Caller) -> Parameters:
    """Of a prospect."""
    sequence, prospect = await a_sequence(caller), await a_prospect()
    outcome = await caller.created(f"/admin/sequences/{sequence['id']}/enroll", {"prospectIds": [str(prospect.id)]})
    return {"id": outcome["enrolled"][0]["_id"]}


async def a_paused_enrollment(caller: Caller) -> Parameters:
    enrollment = await an_enrollment(caller)
    response = await caller.send("POST", f"/admin/sequences/enrollments/{enrollment['id']}/pause")
    assert response.status_code == 200, response.text
    return enrollment


async def a_sequence_that_somebody_left(caller: Caller) -> Parameters:
    sequence = await a_sequence(caller)
    await ended_enrollment(sequence["id"], prospect_id=(await a_prospect()).id)
    return sequence


def unknown(where: str, *names: str) -> tuple[str, ...]:
    return tuple(f"body.data{where}.{name}" for name in names)


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/sequences/": Request(a_sequence),
    "POST /admin/sequences/": Request(a_template, SEQUENCE),
    "GET /admin/sequences/{id}": Request(a_sequence),
    "PATCH /admin/sequences/{id}": Request(a_sequence, {"name": "Autumn", "businessHours": {"startHour": 8}}),
    "DELETE /admin/sequences/{id}": Request(a_sequence),
    "POST /admin/sequences/{id}/activate": Request(a_sequence),
    "POST /admin/sequences/{id}/deactivate": Request(a_sequence),
    "POST /admin/sequences/{id}/enroll": Request(
        a_sequence_for_a_contact,
        {"contactIds": [CONTACT, NOBODY]},
        unknown=unknown(".enrolled[]", "prospectId", *NOT_YET),
    ),
    "GET /admin/sequences/{id}/enrollments": Request(a_sequence_that_somebody_left),
    "POST /admin/sequences/enrollments/{id}/pause": Request(an_enrollment, unknown=unknown("", *NOT_YET)),
    "POST /admin/sequences/enrollments/{id}/resume": Request(a_paused_enrollment, unknown=unknown("", *NOT_YET)),
    "POST /admin/sequences/enrollments/{id}/exit": Request(an_enrollment, unknown=unknown("", "lastStepAt")),
}
