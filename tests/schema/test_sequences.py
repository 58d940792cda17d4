"""Sequences, in GraphQL."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from core.actor import Actor, Role
from models.apps import App
from resolvers.sequence_advancing import advance_sequences
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.sequences import ALWAYS, a_sequence, an_enrollment, an_outreach_template
from tests.schema.asking import ask, error_of

CREATE: Final = """mutation ($input: SequenceCreateInput!) { sequenceCreate(input: $input) {
  sequence { id name appId active version dailySendCap app { name } owner { email }
    businessHours { startHour timezone days } steps { order type delayMs branches { clicked otherwise } } }
  userErrors { code field message } } }"""
ENROLL: Final = """mutation ($id: ID!, $input: EnrollInput!) { sequenceEnroll(id: $id, input: $input) {
  enrolled { id status currentStep contact { email } sequence { name } }
  rejected { id reason sentence } userErrors { code field } } }"""


@pytest.fixture
async def app(client: AsyncClient) -> App:
    return await an_app("banners")


async def test_a_sequence_is_drafted_changed_switched_on_and_taken_away(client: AsyncClient, app: App) -> None:
    marketing, template = await logged_in(Role.MARKETING), await an_outreach_template(app.id)
    mail = {"type": "EMAIL", "templateId": str(template.id)}
    condition = {"type": "CONDITION", "delayMs": 86_400_000, "branches": {"clicked": 4}}
    steps = [mail, condition, mail, {"type": "TASK", "instructions": "Call them"}]
    wanted = {"name": "Spring", "steps": steps, "businessHours": {"timezone": "Europe/Berlin"}}
    created = (await ask(client, marketing, CREATE, input=wanted))["sequenceCreate"]
    sequence = created["sequence"]
    assert (sequence["appId"], sequence["active"], sequence["version"]) == ("banners", False, 1)
    assert sequence["businessHours"] == {"startHour": 9, "timezone": "Europe/Berlin", "days": [1, 2, 3, 4, 5]}
    assert sequence["steps"][1]["branches"] == {"clicked": 4, "otherwise": None}
    assert sequence["owner"]["email"]
    change = """mutation ($id: ID!) {
      changed: sequenceUpdate(id: $id, input: {dailySendCap: 5}) { sequence { dailySendCap name } }
      on: sequenceActivate(id: $id) { sequence { active } }
      off: sequenceDeactivate(id: $id) { sequence { active } }
      gone: sequenceDelete(id: $id) { deletedId }
      again: sequenceDelete(id: $id) { deletedId userErrors { code } } }"""
    assert await ask(client, marketing, change, id=sequence["id"]) == {
        "changed": {"sequence": {"dailySendCap": 5, "name": "Spring"}},
        "on": {"sequence": {"active": True}},
        "off": {"sequence": {"active": False}},
        "gone": {"deletedId": sequence["id"]},
        "again": {"deletedId": None, "userErrors": [{"code": "NOT_FOUND"}]},
    }


async def test_people_are_enrolled_paused_and_taken_out(client: AsyncClient, app: App) -> None:
    marketing, ada = await logged_in(Role.MARKETING), await a_contact("ada@tea.example")
    sequence = await a_sequence([{"type": "task"}], name="Spring")
    wanted = {"contactIds": [str(ada.id), "nobody"], "values": {"offer": "10 %"}}
    outcome = (await ask(client, marketing, ENROLL, id=str(sequence.id), input=wanted))["sequenceEnroll"]
    (enrolled,) = outcome["enrolled"]
    assert enrolled == {
        "id": enrolled["id"],
        "status": "ACTIVE",
        "currentStep": 1,
        "contact": {"email": "ada@tea.example"},
        "sequence": {"name": "Spring"},
    }
    (rejected,) = outcome["rejected"]
    assert (rejected["id"], rejected["reason"]) == ("nobody", "not_found")
    moves = """mutation ($id: ID!) {
      enrollmentPause(id: $id) { enrollment { status } }
      enrollmentResume(id: $id) { enrollment { status } }
      enrollmentExit(id: $id) { enrollment { status exitReason } }
      again: enrollmentExit(id: $id) { userErrors { code field } } }"""
    assert await ask(client, marketing, moves, id=enrolled["id"]) == {
        "enrollmentPause": {"enrollment": {"status": "PAUSED"}},
        "enrollmentResume": {"enrollment": {"status": "ACTIVE"}},
        "enrollmentExit": {"enrollment": {"status": "EXITED", "exitReason": "MANUAL"}},
        "again": {"userErrors": [{"code": "INVALID_INPUT", "field": ["id"]}]},
    }


async def test_staff_see_who_is_in_it_what_came_of_it_and_what_would(client: AsyncClient, app: App) -> None:
    ada = await a_contact("ada@tea.example")
    sequence = await a_sequence([{"type": "task", "instructions": "Call them"}], name="Spring")
    enrollment = await an_enrollment(sequence, ada)
    await advance_sequences(Actor.system("tests"))
    query = """query ($id: ID!, $contact: ID!, $enrollment: ID!) {
      sequence(id: $id) { name enrollments { totalCount nodes { contact { email } } } }
      sequences(filter: {active: true}) { nodes { name } }
      enrollment(id: $enrollment) { status history { outcome } }
      enrollments(sequenceId: $id, filter: {status: ACTIVE}) { totalCount }
      sequenceTasks { nodes { id step instructions enrollment { contact { email } } } }
      sequenceStats(id: $id) { enrolled steps { order waiting sent openRate } byStatus { status count } }
      sequencePreview(id: $id, contactId: $contact) { allowed sentence steps { step { order } at } }
      contact(id: $contact) { enrollments { sequence { name } } } }"""
    viewer = await logged_in(Role.VIEWER)
    ids = {"id": str(sequence.id), "contact": str(ada.id), "enrollment": str(enrollment.id)}
    shown = await ask(client, viewer, query, **ids)
    person = {"contact": {"email": "ada@tea.example"}}
    assert shown["sequence"] == {"name": "Spring", "enrollments": {"totalCount": 1, "nodes": [person]}}
    assert shown["sequences"]["nodes"] == [{"name": "Spring"}]
    assert shown["enrollment"] == {"status": "ACTIVE", "history": []}
    assert shown["enrollments"]["totalCount"] == 1
    (task,) = shown["sequenceTasks"]["nodes"]
    assert task == {"id": str(enrollment.id), "step": 1, "instructions": "Call them", "enrollment": person}
    assert shown["sequenceStats"]["steps"] == [{"order": 1, "waiting": 1, "sent": 0, "openRate": None}]
    assert shown["sequencePreview"]["allowed"] is True
    assert shown["contact"]["enrollments"] == [{"sequence": {"name": "Spring"}}]


async def test_a_task_is_done(client: AsyncClient, app: App) -> None:
    enrollment = await an_enrollment(await a_sequence([{"type": "task"}]), await a_contact())
    await advance_sequences(Actor.system("tests"))
    done = """mutation ($id: ID!) { sequenceTaskComplete(id: $id, input: {note: "Keen"}) { enrollment { status } }
      sequenceTaskSkip(id: $id) { userErrors { code } } }"""
    assert await ask(client, await logged_in(Role.MARKETING), done, id=str(enrollment.id)) == {
        "sequenceTaskComplete": {"enrollment": {"status": "ACTIVE"}},
        "sequenceTaskSkip": {"userErrors": [{"code": "INVALID_INPUT"}]},
    }


async def test_what_can_not_be_is_refused_with_the_field(client: AsyncClient, app: App) -> None:
    wrong: dict[str, Any] = {"name": "Spring", "businessHours": ALWAYS | {"timezone": "Mars/Olympus"}}
    refused = (await ask(client, await logged_in(Role.MARKETING), CREATE, input=wrong))["sequenceCreate"]
    (error,) = refused["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["businessHours", "timezone"])


async def test_a_viewer_changes_nothing(client: AsyncClient, app: App) -> None:
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, input={"name": "Spring"}) == "FORBIDDEN"
