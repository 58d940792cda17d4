"""Everything that belongs together is reachable in one query, from whichever end, by those who may see it."""

from datetime import UTC, datetime

from httpx import AsyncClient

from core.actor import Role
from models.contacts import Contact
from models.email_events import EmailEventType
from models.tickets import Ticket
from resolvers.timeline_sources import TimelineKind
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.mail import a_campaign, a_delivery, an_email_event
from tests.factories.people import logged_in
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket
from tests.factories.timelines import DOMAIN, EMAIL, a_person_with_a_shop, it_happened
from tests.schema.asking import ask, error_of

AT = datetime(2026, 1, 31, 9, tzinfo=UTC)


async def a_person() -> Contact:
    return await a_person_with_a_shop((await an_app("banners", name="Banners")).id, AT)


async def a_question() -> Ticket:
    """Of the person, who is told by mail that it arrived."""
    await a_person()
    return await a_ticket("banners", email=EMAIL, shop_domain=DOMAIN, subject="Help")


async def test_a_merchant_leads_to_its_people_and_what_happened(client: AsyncClient) -> None:
    contact = await a_person()
    for kind in (TimelineKind.APP_EVENT, TimelineKind.ERROR_MET, TimelineKind.WANT_ASKED):
        await it_happened(kind, contact, AT)
    query = f"""{{ merchant(domain: "{DOMAIN}") {{
      contacts {{ email merchants {{ domain }} shops {{ shop {{ domain contact {{ email }} }} }} }}
      wants {{ author {{ merchant {{ domain }} }} }}
      appEvents {{ nodes {{ name shop {{ domain }} }} }} errors {{ nodes {{ shopDomain }} totalCount }}
      shops {{ merchant {{ domain }} appEvents {{ totalCount }} errorGroups {{ totalCount }} }} }} }}"""
    assert (await ask(client, await logged_in(Role.VIEWER), query))["merchant"] == {
        "contacts": [
            {
                "email": EMAIL,
                "merchants": [{"domain": DOMAIN}],
                "shops": [{"shop": {"domain": DOMAIN, "contact": {"email": EMAIL}}}],
            }
        ],
        "wants": [{"author": {"merchant": {"domain": DOMAIN}}}],
        "appEvents": {"nodes": [{"name": "banner-published", "shop": {"domain": DOMAIN}}]},
        "errors": {"nodes": [{"shopDomain": DOMAIN}], "totalCount": 1},
        "shops": [{"merchant": {"domain": DOMAIN}, "appEvents": {"totalCount": 1}, "errorGroups": {"totalCount": 0}}],
    }


async def test_a_ticket_leads_to_its_merchant_and_mail_and_back(client: AsyncClient) -> None:
    ticket = await a_question()
    query = """query ($id: ID!) { ticket(id: $id) { merchant { domain } contact { email }
      deliveries { nodes { status ticket { subject } contact { email } } totalCount } } }"""
    assert (await ask(client, await logged_in(), query, id=str(ticket.id)))["ticket"] == {
        "merchant": {"domain": DOMAIN},
        "contact": {"email": EMAIL},
        "deliveries": {
            "nodes": [{"status": "QUEUED", "ticket": {"subject": "Help"}, "contact": {"email": EMAIL}}],
            "totalCount": 1,
        },
    }


async def test_mail_leads_to_its_campaign_its_events_and_whom_it_went_to(client: AsyncClient) -> None:
    contact = await a_person()
    campaign = await a_campaign("banners", name="Spring news")
    delivery = await a_delivery(contact, campaign)
    await an_email_event(delivery, EmailEventType.OPENED)
    query = f"""query ($id: ID!) {{
      campaign(id: $id) {{ events {{ nodes {{ type app {{ name }} delivery {{ id }} contact {{ email }} }} }} }}
      contact(email: "{EMAIL}") {{
        deliveries {{ nodes {{ app {{ name }} campaign {{ name }} events {{ nodes {{ type }} }} }} }}
        emailEvents {{ nodes {{ campaign {{ name }} }} }} }} }}"""
    answer = await ask(client, await logged_in(), query, id=str(campaign.id))
    opened = {"type": "OPENED", "app": {"name": "Banners"}}
    assert answer == {
        "campaign": {
            "events": {"nodes": [{**opened, "delivery": {"id": str(delivery.id)}, "contact": {"email": EMAIL}}]}
        },
        "contact": {
            "deliveries": {
                "nodes": [
                    {
                        "app": {"name": "Banners"},
                        "campaign": {"name": "Spring news"},
                        "events": {"nodes": [{"type": "OPENED"}]},
                    }
                ]
            },
            "emailEvents": {"nodes": [{"campaign": {"name": "Spring news"}}]},
        },
    }


async def test_what_is_for_staff_is_not_reached_from_a_backend(client: AsyncClient) -> None:
    await an_app("banners")
    await a_shop("banners", DOMAIN, email=EMAIL)
    backend = with_key(await an_api_key("banners", scopes=["shops:read"]))
    for field in ("merchant { domain }", "contact { email }", "appEvents { totalCount }", "errorGroups { totalCount }"):
        query = f'{{ shop(appId: "banners", id: "{DOMAIN}") {{ {field} }} }}'
        assert await error_of(client, backend, query) == "FORBIDDEN", field


async def test_nor_from_a_customers_own_ticket(client: AsyncClient) -> None:
    ticket = await a_question()
    customer = bearer_of(await a_stored_end_user("banners", EMAIL))
    query = "query ($id: ID!) { ticket(id: $id) { subject merchant { domain } contact { email } } }"
    assert (await ask(client, customer, query, id=str(ticket.id)))["ticket"] == {
        "subject": "Help",
        "merchant": None,
        "contact": None,
    }
    mail = "query ($id: ID!) { ticket(id: $id) { deliveries { totalCount } } }"
    assert await error_of(client, customer, mail, id=str(ticket.id)) == "FORBIDDEN"
