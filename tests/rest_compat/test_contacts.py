"""Contacts and their consent, over REST."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in

CONTACTS = "/admin/contacts/"
CONSENT = {"category": "newsletter", "state": "opted_in", "source": "signup form", "text": "Yes, write to me"}


async def test_contacts_are_listed_and_found_by_words(client: AsyncClient) -> None:
    await a_contact("ada@example.com", name="Ada")
    await a_contact("bob@example.com")
    found = (await client.get(f"{CONTACTS}?search=ada&sort=email", headers=await logged_in(Role.VIEWER))).json()
    (contact,) = found["data"]
    assert (contact["email"], contact["name"], contact["globalOptOut"]) == ("ada@example.com", "Ada", False)
    assert (contact["shops"], contact["optedOutAt"]) == ([], None)
    assert found["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}


async def test_a_contact_opts_in_and_out(client: AsyncClient) -> None:
    ada, marketing = await a_contact(), await logged_in(Role.MARKETING)
    changed = await client.patch(f"{CONTACTS}{ada.id}/consent", json=CONSENT, headers=marketing)
    newsletter = changed.json()["data"]["consents"]["newsletter"]
    assert (newsletter["state"], newsletter["legalBasis"], newsletter["source"]) == (
        "opted_in",
        "consent",
        "signup form",
    )
    out = (await client.post(f"{CONTACTS}{ada.id}/opt-out", headers=marketing)).json()
    assert out["message"] == "Contact opted out of all but transactional mail"
    shown = (await client.get(f"{CONTACTS}{ada.id}", headers=marketing)).json()["data"]
    assert shown == out["data"]
    assert (shown["globalOptOut"], shown["consents"]["newsletter"]["state"]) == (True, "opted_out")


async def test_a_person_gets_a_copy(client: AsyncClient) -> None:
    ada = await a_contact("ada@example.com", name="Ada")
    response = await client.get(f"{CONTACTS}{ada.id}/export", headers=await logged_in(Role.VIEWER))
    data = response.json()["data"]
    assert (data["email"], data["language"], data["collections"]["shops"]) == ("ada@example.com", None, [])
    assert data["collections"]["contacts"][0]["name"] == "Ada"
    assert response.headers["content-type"] == "application/json"


async def test_a_person_is_erased_once(client: AsyncClient) -> None:
    ada, admin = await a_contact(), await logged_in(Role.ADMIN)
    erased = (await client.delete(f"{CONTACTS}{ada.id}", headers=admin)).json()
    assert erased == {"success": True, "message": "Erased: 1 in suppressions, 1 in contacts"}
    assert (await client.delete(f"{CONTACTS}{ada.id}", headers=admin)).status_code == 404
    assert (await client.get(f"{CONTACTS}{ada.id}", headers=admin)).status_code == 404


async def test_somebody_in_very_many_documents_is_erased_by_a_job(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.gdpr.ERASED_AT_ONCE", 0)
    ada, admin = await a_contact(), await logged_in(Role.ADMIN)
    message = (await client.delete(f"{CONTACTS}{ada.id}", headers=admin)).json()["message"]
    (job,) = (await client.get("/admin/email-jobs?type=contact.erase", headers=admin)).json()["data"]
    assert job["_id"] in message


async def test_marketing_erases_nobody_and_support_records_no_consent(client: AsyncClient) -> None:
    ada = await a_contact()
    path = f"{CONTACTS}{ada.id}"
    assert (await client.delete(path, headers=await logged_in(Role.MARKETING))).status_code == 403
    support = await logged_in(Role.SUPPORT)
    assert (await client.patch(f"{path}/consent", json=CONSENT, headers=support)).status_code == 403


async def test_an_unknown_state_is_a_400_that_names_it(client: AsyncClient) -> None:
    ada = await a_contact()
    body = CONSENT | {"state": "maybe"}
    response = await client.patch(f"{CONTACTS}{ada.id}/consent", json=body, headers=await logged_in())
    assert response.status_code == 400
    assert response.json()["error"].startswith("state: ")


async def test_an_unknown_contact_is_a_404(client: AsyncClient) -> None:
    response = await client.get(f"{CONTACTS}{'0' * 24}/export", headers=await logged_in())
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "Contact not found"})
