"""Sequences, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template

ADMIN = "/admin/sequences/"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners")


async def test_a_sequence_is_drafted_and_found(client: AsyncClient) -> None:
    marketing, template = await logged_in(Role.MARKETING), await an_outreach_template("banners")
    steps = [
        {"type": "email", "templateId": str(template.id)},
        {"type": "condition", "delayMs": 1000, "branches": {"opened": 4, "otherwise": 3}},
        {"type": "task"},
        {"type": "wait", "delayMs": 1000},
    ]
    answer = await client.post(ADMIN, json={"name": "Spring", "steps": steps}, headers=marketing)
    assert answer.status_code == 201
    created = answer.json()["data"]
    assert [step["branches"] for step in created["steps"]] == [{}, {"opened": 4, "otherwise": 3}, {}, {}]
    assert created["steps"][0]["templateId"] == str(template.id)
    assert created["businessHours"]["utcOffset"] == 0
    listed = (await client.get(f"{ADMIN}?active=false&search=spr&sort=name", headers=marketing)).json()
    assert [one["_id"] for one in listed["data"]] == [created["_id"]]
    assert listed["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}


async def test_people_are_enrolled_and_the_others_are_told_apart(client: AsyncClient) -> None:
    marketing, ada = await logged_in(Role.MARKETING), await a_contact()
    sequence = await a_sequence([{"type": "task"}])
    body = {"contactIds": [str(ada.id), "nobody"]}
    answer = (await client.post(f"{ADMIN}{sequence.id}/enroll", json=body, headers=marketing)).json()["data"]
    assert [one["contactId"] for one in answer["enrolled"]] == [str(ada.id)]
    assert answer["rejected"] == [{"id": "nobody", "reason": "not_found", "sentence": "There is no such person"}]
    listed = (await client.get(f"{ADMIN}{sequence.id}/enrollments?status=active", headers=marketing)).json()
    assert [one["_id"] for one in listed["data"]] == [answer["enrolled"][0]["_id"]]


async def test_one_that_somebody_is_in_is_not_deleted(client: AsyncClient) -> None:
    sequence = await a_sequence([{"type": "task"}])
    await an_enrollment(sequence, await a_contact())
    answer = await client.delete(f"{ADMIN}{sequence.id}", headers=await logged_in(Role.MARKETING))
    assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_who_may(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    assert (await client.get(ADMIN, headers=viewer)).status_code == 200
    assert (await client.post(ADMIN, json={"name": "Spring"}, headers=viewer)).status_code == 403
    assert (await client.get(ADMIN)).status_code == 401


async def test_a_branch_that_leads_back_is_refused(client: AsyncClient) -> None:
    template = await an_outreach_template("banners")
    steps = [{"type": "email", "templateId": str(template.id)}, {"type": "condition", "branches": {"opened": 1}}]
    answer = await client.post(ADMIN, json={"name": "Spring", "steps": steps}, headers=await logged_in(Role.MARKETING))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("steps: the branch opened of step 2 must lead to a later step")
