"""Slack routing, over REST."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import logged_in
from tests.factories.slack import a_rule

RULES = "/admin/slack-routing/"
WEBHOOK = "https://hooks.slack.com/services/T0001/B0002/abcdefghijklmnopqrstx7Gf"
RULE = {"topic": "billing", "channel": "#money", "webhookUrl": WEBHOOK}


async def test_a_rule_is_made_listed_changed_and_deleted(client: AsyncClient) -> None:
    admin = await logged_in(Role.ADMIN)
    made = await client.post(RULES, json=RULE, headers=admin)
    rule = made.json()["data"]
    assert (made.status_code, rule["appId"], rule["webhookUrl"]) == (201, None, "https://hooks.slack.com/…x7Gf")
    listed = (await client.get(f"{RULES}?topic=billing", headers=await logged_in(Role.VIEWER))).json()
    assert (listed["data"], listed["pagination"]["total"]) == ([rule], 1)
    changed = await client.patch(f"{RULES}{rule['_id']}", json={"active": False}, headers=admin)
    assert (changed.status_code, changed.json()["data"]["active"]) == (200, False)
    answers = [await client.delete(f"{RULES}{rule['_id']}", headers=admin) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert not any(WEBHOOK[-20:] in answer.text for answer in (made, changed, *answers))


async def test_a_second_one_for_the_channel_is_a_409(client: AsyncClient) -> None:
    answers = [await client.post(RULES, json=RULE, headers=await logged_in()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]


async def test_another_host_is_a_400_that_names_the_field(client: AsyncClient) -> None:
    answer = await client.post(RULES, json=RULE | {"webhookUrl": "https://10.0.0.1/x"}, headers=await logged_in())
    assert answer.status_code == 400
    assert answer.json()["error"] == "webhookUrl must begin with https://hooks.slack.com/"


async def test_viewers_read_and_nobody_sees_nothing(client: AsyncClient) -> None:
    rule, viewer = await a_rule(), await logged_in(Role.VIEWER)
    assert (await client.patch(f"{RULES}{rule.id}", json={"active": False}, headers=viewer)).status_code == 403
    assert (await client.post(RULES, json=RULE, headers=viewer)).status_code == 403
    assert (await client.get(RULES)).status_code == 401
