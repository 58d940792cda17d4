"""People whom the company might win as customers, in GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.contacts import ConsentCategory, ConsentState
from models.email_events import EmailEventType
from resolvers.enrolling import Enroll, enroll
from resolvers.enrollment_exits import exit_by_reply
from resolvers.prospect_notes import ProspectNoteCreate, add_prospect_note
from resolvers.prospect_outreach import contact_for_outreach
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.mail import a_delivery, an_email_event
from tests.factories.people import a_user, logged_in
from tests.factories.prospects import SYSTEM, a_prospect
from tests.factories.sequences import a_sequence, an_outreach_template, mail
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket
from tests.schema.asking import ask, error_of

ADA = "ada@example.com"

pytestmark = pytest.mark.usefixtures("platform")


async def test_a_prospect_is_added_changed_and_deleted(client: AsyncClient) -> None:
    query = """mutation ($input: ProspectCreateInput!) { prospectCreate(input: $input) {
      prospect { email facts status history { before after by } } userErrors { code field message } } }"""
    marketing = await logged_in(Role.MARKETING)
    given = {"email": ADA, "facts": {"shops": 2}, "status": "ENGAGED"}
    created = (await ask(client, marketing, query, input=given))["prospectCreate"]
    assert created["prospect"].pop("history")[0].pop("by").startswith("staff:")
    assert created == {"prospect": given, "userErrors": []}
    again = (await ask(client, marketing, query, input={"email": ADA.upper()}))["prospectCreate"]["userErrors"]
    assert [(error["code"], error["field"]) for error in again] == [("CONFLICT", ["email"])]
    changed = await ask(
        client,
        marketing,
        """mutation ($id: ID!) {
          prospectUpdate(id: $id, input: {name: "Ada", score: 7}) { prospect { name score status } }
          prospectStatusUpdate(id: $id, input: {status: NEW}) { prospect { id } userErrors { field } }
          prospectNoteAdd(prospectId: $id, input: {note: "Called"}) { note { note writtenBy } }
          prospectDelete(id: $id) { deletedId } }""",
        id=ADA,
    )
    assert changed["prospectUpdate"]["prospect"] == {"name": "Ada", "score": 7, "status": "ENGAGED"}
    assert changed["prospectStatusUpdate"] == {"prospect": None, "userErrors": [{"field": ["status"]}]}
    assert changed["prospectNoteAdd"]["note"]["note"] == "Called"
    assert changed["prospectDelete"]["deletedId"]
    assert await error_of(client, marketing, "query ($id: ID!) { prospect(id: $id) { id } }", id=ADA) == "NOT_FOUND"


async def test_it_shows_what_they_have_of_us_already(client: AsyncClient) -> None:
    app = await an_app("banners", name="Banners")
    await a_shop("banners", "tea.myshopify.com", email=ADA)
    await a_ticket(app.id, email=ADA, subject="It covers the menu")
    owner = await a_user(Role.MARKETING)
    await a_prospect(ADA, ownerId=str(owner.id), shopDomain="tea.myshopify.com")
    await a_prospect("eve@example.com")
    query = """{ merchant(domain: "tea.myshopify.com") { prospects { email } }
      prospects(sortKey: EMAIL) { totalCount nodes {
      email status owner { email } contact { email prospect { email } } shops { domain } installedApps { name }
      openTickets { subject } outreach { allowed } } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query)
    assert found["merchant"] == {"prospects": [{"email": ADA}]}
    assert found["prospects"] == {
        "totalCount": 2,
        "nodes": [
            {
                "email": ADA,
                "status": "CUSTOMER",
                "owner": {"email": owner.email},
                "contact": {"email": ADA, "prospect": {"email": ADA}},
                "shops": [{"domain": "tea.myshopify.com"}],
                "installedApps": [{"name": "Banners"}],
                "openTickets": [{"subject": "It covers the menu"}],
                "outreach": {"allowed": True},
            },
            {
                "email": "eve@example.com",
                "status": "NEW",
                "owner": None,
                "contact": None,
                "shops": [],
                "installedApps": [],
                "openTickets": [],
                "outreach": {"allowed": True},
            },
        ],
    }


async def test_whether_they_may_be_written_to_is_what_can_send_says(client: AsyncClient) -> None:
    await with_consent(await a_contact(ADA), ConsentCategory.OUTREACH, ConsentState.OPTED_OUT)
    await a_prospect(ADA)
    query = "query ($id: ID!) { prospect(id: $id) { status outreach { allowed refusal } } }"
    assert (await ask(client, await logged_in(Role.VIEWER), query, id=ADA))["prospect"] == {
        "status": "DO_NOT_CONTACT",
        "outreach": {"allowed": False, "refusal": "OPTED_OUT"},
    }


async def test_the_timeline_is_read_by_cursor(client: AsyncClient) -> None:
    ada = await a_prospect(ADA, status="engaged")
    await add_prospect_note(SYSTEM, ADA, ProspectNoteCreate(note="Called"))
    query = """query ($id: ID!, $after: String) {
      prospectActivity(prospectId: $id, first: 2, after: $after) {
        nodes { kind by note { note } change { after } event { type } } pageInfo { hasNextPage endCursor } } }"""
    viewer = await logged_in(Role.VIEWER)
    first = (await ask(client, viewer, query, id=str(ada.id)))["prospectActivity"]
    assert first["nodes"] == [
        {"kind": "NOTED", "by": "system:tests", "note": {"note": "Called"}, "change": None, "event": None},
        {"kind": "STATUS_CHANGED", "by": "system:tests", "note": None, "change": {"after": "ENGAGED"}, "event": None},
    ]
    after = first["pageInfo"]["endCursor"]
    second = (await ask(client, viewer, query, id=str(ada.id), after=after))["prospectActivity"]
    assert [node["kind"] for node in second["nodes"]] == ["ADDED"]
    assert second["pageInfo"]["hasNextPage"] is False
    inner = "query ($id: ID!) { prospect(id: $id) { activity { totalCount } notes { nodes { note } } } }"
    assert (await ask(client, viewer, inner, id=ADA))["prospect"] == {
        "activity": {"totalCount": 3},
        "notes": {"nodes": [{"note": "Called"}]},
    }


async def test_sequences_and_mail_are_shown_with_what_they_are(client: AsyncClient) -> None:
    app, ada = await an_app(), await a_prospect(ADA)
    contact = await contact_for_outreach(ada, SYSTEM)
    await an_email_event(await a_delivery(contact), EmailEventType.OPENED)
    sequence = await a_sequence([mail(await an_outreach_template(app.id))])
    (enrollment,) = (
        await enroll(SYSTEM, str(sequence.id), Enroll.model_validate({"prospectIds": [str(ada.id)]}))
    ).enrolled
    await exit_by_reply(SYSTEM, enrollment.id)
    query = """query ($id: ID!) { prospectActivity(prospectId: $id, first: 3) {
      nodes { kind enrollment { id sequence { id } exitReason prospect { email } } event { type } } } }"""
    found = (await ask(client, await logged_in(Role.VIEWER), query, id=ADA))["prospectActivity"]["nodes"]
    shown = {
        "id": str(enrollment.id),
        "sequence": {"id": str(sequence.id)},
        "exitReason": "REPLIED",
        "prospect": {"email": ADA},
    }
    assert {node["kind"]: (node["enrollment"], node["event"]) for node in found} == {
        "SEQUENCE_ENDED": (shown, None),
        "ENROLLED": (shown, None),
        "OPENED": (None, {"type": "OPENED"}),
    }
    rest = (await client.get(f"/admin/prospects/{ADA}/activity?limit=3", headers=await logged_in())).json()["data"]
    assert [one["kind"] for one in rest] == [node["kind"].lower() for node in found]
    assert {one["enrollment"]["exitReason"] for one in rest if one["enrollment"]} == {"replied"}
    assert {one["event"]["url"] for one in rest if one["event"]} == {None}


async def test_many_are_changed_and_taken_in_at_once(client: AsyncClient) -> None:
    ada, marketing = await a_prospect(ADA), await logged_in(Role.MARKETING)
    query = """mutation ($ids: [String!]!) {
      prospectsUpdate(input: {ids: $ids, addTags: ["tea"], status: QUALIFIED}) {
        prospects { tags status } refused { prospectId message } }
      prospectsImport(input: {rows: [{email: "bea@example.com", facts: {shops: 2}}, {email: "nobody"}]}) {
        outcome { total created skipped failed errors { row email } } userErrors { field } } }"""
    assert await ask(client, marketing, query, ids=[str(ada.id), "0" * 24]) == {
        "prospectsUpdate": {
            "prospects": [{"tags": ["tea"], "status": "QUALIFIED"}],
            "refused": [{"prospectId": "0" * 24, "message": "Prospect not found"}],
        },
        "prospectsImport": {
            "outcome": {
                "total": 2,
                "created": 1,
                "skipped": 0,
                "failed": 1,
                "errors": [{"row": 2, "email": "nobody"}],
            },
            "userErrors": [],
        },
    }
    stats = "{ prospectStats { total byStatus { status count } bySource { source count } } }"
    found = (await ask(client, marketing, stats))["prospectStats"]
    assert (found["total"], len(found["byStatus"])) == (2, 7)
    assert {one["source"] for one in found["bySource"]} == {"staff", "import"}


async def test_viewers_change_nobody(client: AsyncClient) -> None:
    query = "mutation ($id: ID!) { prospectDelete(id: $id) { deletedId } }"
    ada = await a_prospect()
    assert await error_of(client, await logged_in(Role.VIEWER), query, id=str(ada.id)) == "FORBIDDEN"
