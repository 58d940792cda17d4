"""Mail events and analytics, in GraphQL."""

from datetime import UTC, datetime
from typing import Final

from httpx import AsyncClient

from core.actor import Role
from models.deliveries import Delivery
from models.email_events import EmailEventType
from resolvers.email_events import event_about, record_events
from resolvers.tracking import links_for
from tasks.rollups import apply_all
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEWS: Final = "https://banners.example.com/news"


async def an_opened_mail() -> Delivery:
    mail = await a_delivery(await a_contact("ada@example.com"), await a_campaign("banners", links=[NEWS]))
    types = (EmailEventType.SENT, EmailEventType.OPENED)
    await record_events([event_about(mail, type_, source="smtp", at=NOON) for type_ in types])
    await apply_all()
    return mail


async def test_events_are_listed_and_found_by_message(client: AsyncClient) -> None:
    mail = await an_opened_mail()
    query = """query ($campaign: String, $message: String!) {
      emailEvents(first: 1, filter: {campaignId: $campaign, type: OPENED}) {
        nodes { type at source isMachine deliveryId } totalCount pageInfo { hasNextPage } }
      emailMessageEvents(messageId: $message) { type } }"""
    answer = await ask(
        client, await logged_in(Role.VIEWER), query, campaign=str(mail.campaign_id), message=f"<{mail.id}@x.example>"
    )
    opened = {
        "type": "OPENED",
        "at": "2026-03-02T12:00:00.000Z",
        "source": "smtp",
        "isMachine": False,
        "deliveryId": str(mail.id),
    }
    assert answer["emailEvents"] == {"nodes": [opened], "totalCount": 1, "pageInfo": {"hasNextPage": False}}
    assert answer["emailMessageEvents"] == [{"type": "SENT"}, {"type": "OPENED"}]


async def test_everything_about_a_campaign_in_one_query(client: AsyncClient) -> None:
    mail = await an_opened_mail()
    query = """query ($campaign: ID!, $contact: ID!) {
      campaignAnalytics(id: $campaign) { numbers { sent delivered uniqueOpens openRate bounceRate }
        topLinks { url } timeline { date type count } }
      campaignEventStats(campaignId: $campaign) { counts { opened machineOpened } uniqueOpens }
      campaignRecipients(campaignId: $campaign, first: 5) {
        nodes { contactId email status events lastEvent } totalCount }
      contactEmailAnalytics(id: $contact) { counts { sent opened } events { type } }
      emailAnalyticsOverview(from: "2026-03-02", to: "2026-03-02") {
        numbers { sent } timeline { date numbers { opened } } } }"""
    answer = await ask(
        client, await logged_in(Role.VIEWER), query, campaign=str(mail.campaign_id), contact=str(mail.contact_id)
    )
    assert answer["campaignAnalytics"] == {
        "numbers": {"sent": 1, "delivered": 1, "uniqueOpens": 1, "openRate": 1.0, "bounceRate": 0.0},
        "topLinks": [],
        "timeline": [
            {"date": "2026-03-02", "type": "SENT", "count": 1},
            {"date": "2026-03-02", "type": "OPENED", "count": 1},
        ],
    }
    assert answer["campaignEventStats"] == {"counts": {"opened": 1, "machineOpened": 0}, "uniqueOpens": 1}
    recipient = {
        "contactId": str(mail.contact_id),
        "email": "ada@example.com",
        "status": "SENT",
        "events": ["SENT", "OPENED"],
        "lastEvent": "OPENED",
    }
    assert answer["campaignRecipients"] == {"nodes": [recipient], "totalCount": 1}
    assert answer["contactEmailAnalytics"]["counts"] == {"sent": 1, "opened": 1}
    assert answer["emailAnalyticsOverview"] == {
        "numbers": {"sent": 1},
        "timeline": [{"date": "2026-03-02", "numbers": {"opened": 1}}],
    }


async def test_a_hit_is_recorded_without_a_redirect(client: AsyncClient) -> None:
    mail = await an_opened_mail()
    links, opened = links_for(mail.id, 1)
    query = """mutation ($open: String!, $click: String!) {
      emailOpenRecord(token: $open) { recorded }
      emailClickRecord(token: $click) { url recorded userErrors { code } }
      bad: emailClickRecord(token: "bad") { url userErrors { code } } }"""
    tokens = {"open": opened.rpartition("/")[2], "click": links[0].rpartition("/")[2]}
    assert await ask(client, {}, query, **tokens) == {
        "emailOpenRecord": {"recorded": True},
        "emailClickRecord": {"url": NEWS, "recorded": True, "userErrors": []},
        "bad": {"url": None, "userErrors": [{"code": "INVALID_INPUT"}]},
    }


async def test_an_admin_has_everything_counted_anew(client: AsyncClient) -> None:
    query = """mutation { emailRollupsRebuild { emailJob { type status } userErrors { code } }
      one: emailRollupsRebuild(input: {campaignId: "000000000000000000000000"}) { userErrors { code } } }"""
    assert await ask(client, await logged_in(Role.ADMIN), query) == {
        "emailRollupsRebuild": {"emailJob": {"type": "rollups.rebuild", "status": "PENDING"}, "userErrors": []},
        "one": {"userErrors": [{"code": "NOT_FOUND"}]},
    }
    query = "mutation { emailRollupsRebuild { userErrors { code } } }"
    assert await error_of(client, await logged_in(Role.MARKETING), query) == "FORBIDDEN"


async def test_strangers_see_nothing(client: AsyncClient) -> None:
    for query in ("{ emailEvents { totalCount } }", "{ emailAnalyticsOverview { numbers { sent } } }"):
        assert await error_of(client, {}, query) == "UNAUTHENTICATED"


async def test_what_is_unknown_is_not_found(client: AsyncClient) -> None:
    query = '{ campaignAnalytics(id: "news") { campaignId } }'
    assert await error_of(client, await logged_in(), query) == "NOT_FOUND"
