"""Mail events and analytics, over REST."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.deliveries import Delivery
from models.email_events import EmailEventType
from resolvers.email_events import event_about, record_events
from tasks.rollups import apply_all
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import logged_in

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENTS: Final = "/admin/email-events/"
ANALYTICS: Final = "/admin/email/analytics"
NEWS: Final = "https://banners.example.com/news"


async def a_clicked_mail() -> Delivery:
    mail = await a_delivery(await a_contact("ada@example.com"), await a_campaign("banners", links=[NEWS]))
    clicked: dict[str, Any] = {"link": 1, "url": NEWS}
    types = (EmailEventType.SENT, EmailEventType.OPENED, EmailEventType.CLICKED)
    events = [event_about(mail, type_, source="smtp", at=NOON) for type_ in types]
    await record_events([*events[:2], events[2].model_copy(update=clicked)])
    await apply_all()
    return mail


async def got(client: AsyncClient, path: str, role: Role = Role.VIEWER) -> Any:
    answer = await client.get(path, headers=await logged_in(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_events_are_paged_and_filtered(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    page = await got(client, f"{EVENTS}?type=clicked&campaignId={mail.campaign_id}")
    (event,) = page["data"]
    assert page["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
    assert (event["messageId"], event["campaignId"], event["contactId"]) == (
        str(mail.id),
        str(mail.campaign_id),
        str(mail.contact_id),
    )
    assert (event["provider"], event["type"], event["url"], event["isMachine"]) == ("smtp", "clicked", NEWS, False)
    assert (event["at"], event["detail"]) == ("2026-03-02T12:00:00.000Z", None)


async def test_the_events_of_a_mail_by_its_message_id(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    for name in (str(mail.id), f"%3C{mail.id}@banners.example.com%3E"):
        events = (await got(client, f"{EVENTS}message/{name}"))["data"]
        assert [event["type"] for event in events] == ["sent", "opened", "clicked"]


async def test_the_events_of_a_campaign_are_counted(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    stats = (await got(client, f"{EVENTS}campaign/{mail.campaign_id}/stats"))["data"]
    counted = {name: number for name, number in stats.items() if number}
    assert counted == {"sent": 1, "opened": 1, "clicked": 1, "uniqueOpens": 1, "uniqueClicks": 1}


async def test_how_a_campaign_did(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    found = (await got(client, f"{ANALYTICS}/campaigns/{mail.campaign_id}"))["data"]
    assert found["campaignId"] == str(mail.campaign_id)
    assert (found["sent"], found["delivered"], found["openRate"], found["clickThroughRate"]) == (1, 1, 1.0, 1.0)
    assert found["topLinks"] == [{"url": NEWS, "clicks": 1}]
    assert found["timeline"][0] == {"date": "2026-03-02", "type": "sent", "count": 1}


async def test_who_a_campaign_was_sent_to(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    page = await got(client, f"{ANALYTICS}/campaigns/{mail.campaign_id}/recipients?limit=5")
    assert page["pagination"]["total"] == 1
    assert page["data"] == [
        {
            "contactId": str(mail.contact_id),
            "messageId": str(mail.id),
            "email": "ada@example.com",
            "status": "sent",
            "events": ["sent", "opened", "clicked"],
            "lastEvent": "clicked",
        }
    ]


async def test_how_a_contact_deals_with_mail(client: AsyncClient) -> None:
    mail = await a_clicked_mail()
    found = (await got(client, f"{ANALYTICS}/contacts/{mail.contact_id}"))["data"]
    events = found.pop("events")
    assert found == {
        "contactId": str(mail.contact_id),
        "totalSent": 1,
        "totalOpened": 1,
        "totalClicked": 1,
        "totalBounced": 0,
        "totalComplained": 0,
    }
    assert {event["type"] for event in events} == {"sent", "opened", "clicked"}
    assert events[0].keys() == {"_id", "campaignId", "messageId", "type", "createdAt"}


async def test_how_all_mail_is_doing(client: AsyncClient) -> None:
    await a_clicked_mail()
    found = (await got(client, f"{ANALYTICS}/overview?from=2026-03-01&to=2026-03-02T18:00:00Z"))["data"]
    assert (found["totalSent"], found["totalUniqueOpens"], found["openRate"], found["bounceRate"]) == (1, 1, 1.0, 0.0)
    assert found["timeline"] == [
        {"date": "2026-03-01", "sent": 0, "delivered": 0, "opened": 0, "clicked": 0},
        {"date": "2026-03-02", "sent": 1, "delivered": 1, "opened": 1, "clicked": 1},
    ]


PATHS: Final = [EVENTS, f"{EVENTS}message/re_1", f"{ANALYTICS}/overview", f"{ANALYTICS}/contacts/ada@example.com"]


@pytest.mark.parametrize("path", PATHS)
async def test_apps_backends_and_strangers_see_nothing(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    key = await an_api_key((await an_app()).id)
    assert (await client.get(path, headers=with_key(key))).status_code == 403


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("from=soon", "from"),
        ("from=2026-03-02&to=2026-03-01", "from"),
        ("since=2026-03-01", "since"),
        ("appId[]=1", ""),
    ],
)
async def test_a_period_that_is_none_is_a_400(client: AsyncClient, query: str, named: str) -> None:
    answer = await client.get(f"{ANALYTICS}/overview?{query}", headers=await logged_in())
    assert (answer.status_code, named in answer.json()["error"]) == (400, True)


async def test_what_is_unknown_is_a_404(client: AsyncClient) -> None:
    for path in (f"{ANALYTICS}/campaigns/{'0' * 24}", f"{EVENTS}message/re_1", f"{EVENTS}campaign/news/stats"):
        assert (await client.get(path, headers=await logged_in())).status_code == 404
