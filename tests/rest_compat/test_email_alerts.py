"""Email alerts, over REST."""

from httpx import AsyncClient

from core.actor import Role
from models.email_alerts import EmailAlertKind
from tests.factories.email_alerts import an_email_alert
from tests.factories.people import logged_in

ALERTS = "/admin/email-alerts/"


async def test_alerts_are_listed_by_status(client: AsyncClient) -> None:
    await an_email_alert("banners")
    await an_email_alert("banners", EmailAlertKind.COMPLAINTS, status="resolved")
    found = (await client.get(f"{ALERTS}?status=open", headers=await logged_in(Role.VIEWER))).json()
    (alert,) = found["data"]
    assert (alert["appId"], alert["kind"], alert["status"], alert["peakRate"]) == ("banners", "bounces", "open", 0.08)
    assert alert["numbers"] == {"sent": 150, "count": 12, "rate": 0.08, "mean": 0.01, "threshold": 0.03}
    assert alert["sentence"].startswith("12 of 150 mails bounced within an hour (8.00%, usually 1.00%)")
    assert (alert["resolvedAt"], found["pagination"]["total"]) == (None, 1)


async def test_one_is_resolved_with_a_note_or_without_a_body(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    for body, note in (({"note": "Imported an old list"}, "Imported an old list"), ({}, None), (None, None)):
        alert = await an_email_alert("banners")
        answer = await client.patch(f"{ALERTS}{alert.id}/resolve", json=body, headers=marketing)
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "resolved"), answer.text
        assert answer.json()["data"]["note"] == note


async def test_resolving_twice_is_a_409_that_says_by_whom(client: AsyncClient) -> None:
    owner, alert = await logged_in(), await an_email_alert("banners")
    answers = [await client.patch(f"{ALERTS}{alert.id}/resolve", headers=owner) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["error"].startswith("The alert was resolved already at ")


async def test_viewers_do_not_resolve_and_nobody_sees_nothing(client: AsyncClient) -> None:
    alert = await an_email_alert("banners")
    viewer = await logged_in(Role.VIEWER)
    assert (await client.patch(f"{ALERTS}{alert.id}/resolve", headers=viewer)).status_code == 403
    assert (await client.get(ALERTS)).status_code == 401


async def test_an_unknown_one_is_a_404(client: AsyncClient) -> None:
    answer = await client.patch(f"{ALERTS}{'0' * 24}/resolve", headers=await logged_in())
    assert (answer.status_code, answer.json()) == (404, {"success": False, "error": "Email alert not found"})
