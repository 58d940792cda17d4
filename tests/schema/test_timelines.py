"""Timelines, in GraphQL."""

from datetime import UTC, datetime

from httpx import AsyncClient

from core.actor import Role
from models.contacts import Contact
from resolvers.timeline_sources import TimelineKind
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.timelines import DOMAIN, EMAIL, a_person_with_a_shop, it_happened
from tests.schema.asking import ask, error_of

AT = datetime(2026, 1, 31, 9, tzinfo=UTC)
OF_MERCHANT = f"""query ($first: Int, $after: String, $filter: TimelineFilterInput) {{ merchant(domain: "{DOMAIN}") {{
  timeline(first: $first, after: $after, filter: $filter) {{
    nodes {{ kind at title app {{ name }} subject {{ __typename }} }} totalCount pageInfo {{ endCursor }} }} }} }}"""
SUBJECT = """subject { __typename
  ... on Ticket { email shop { domain } }
  ... on MerchantChange { change { after } changed: shop { app { name } } }
  ... on WantVoter { castBy want { title } }
  ... on ErrorGroupShop { shopDomain group { title } }
  ... on Delivery { status contact { name } }
  ... on EmailEvent { type delivery { id } } }"""


async def a_person() -> Contact:
    return await a_person_with_a_shop((await an_app("banners", name="Banners")).id, AT)


async def test_all_that_can_happen_is_on_a_timeline(client: AsyncClient) -> None:
    contact = await a_person()
    for kind in TimelineKind:
        await it_happened(kind, contact, AT)
    found = (await ask(client, await logged_in(Role.VIEWER), OF_MERCHANT, first=50))["merchant"]["timeline"]
    assert {node["kind"] for node in found["nodes"]} == {kind.name for kind in TimelineKind}
    assert found["totalCount"] == len(found["nodes"]) == len(TimelineKind) + 3
    assert len({node["subject"]["__typename"] for node in found["nodes"]}) == len(TimelineKind) - 4


async def test_entries_lead_to_what_they_are_about(client: AsyncClient) -> None:
    contact = await a_person()
    for kind in (TimelineKind.SHOP_CHANGED, TimelineKind.TICKET_CREATED, TimelineKind.WANT_VOTED, TimelineKind.MAIL):
        await it_happened(kind, contact, AT)
    query = f"""{{ contact(email: "{EMAIL}") {{ timeline {{ edges {{ cursor node {{ title {SUBJECT} }} }} }} }} }}"""
    edges = (await ask(client, await logged_in(), query))["contact"]["timeline"]["edges"]
    assert [edge["node"]["subject"] for edge in edges] == [
        {
            "__typename": "WantVoter",
            "castBy": "tests",
            "want": {"title": edges[0]["node"]["title"][len("Voted for ") :]},
        },
        {"__typename": "Ticket", "email": EMAIL, "shop": {"domain": DOMAIN}},
        {"__typename": "MerchantChange", "change": {"after": "inactive"}, "changed": {"app": {"name": "Banners"}}},
        {"__typename": "Delivery", "status": "SENT", "contact": {"name": "Ada"}},
    ]


async def test_a_timeline_is_read_page_by_page_and_filtered(client: AsyncClient) -> None:
    contact = await a_person()
    for kind in (TimelineKind.MAIL, TimelineKind.FEEDBACK_GIVEN, TimelineKind.MAIL):
        await it_happened(kind, contact, AT)
    viewer = await logged_in(Role.VIEWER)
    mail = {"kinds": ["MAIL"], "occurredFrom": "2026-01-31T09:00:00Z"}
    first = (await ask(client, viewer, OF_MERCHANT, first=1, filter=mail))["merchant"]["timeline"]
    assert ([node["kind"] for node in first["nodes"]], first["totalCount"]) == (["MAIL"], 2)
    cursor = first["pageInfo"]["endCursor"]
    rest = (await ask(client, viewer, OF_MERCHANT, after=cursor))["merchant"]["timeline"]
    assert [node["kind"] for node in rest["nodes"]] == ["MAIL", "FEEDBACK_GIVEN"]


async def test_what_is_wrong_with_a_window_is_said(client: AsyncClient) -> None:
    await a_person()
    assert await error_of(client, await logged_in(), OF_MERCHANT, first=251) == "INVALID_INPUT"
    assert await error_of(client, await logged_in(), OF_MERCHANT, filter={"kinds": []}) == "INVALID_INPUT"
