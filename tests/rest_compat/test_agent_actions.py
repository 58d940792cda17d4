"""The e-mail agent, over REST."""

from httpx import AsyncClient

from core.actor import Role
from core.runtime import Runtime
from models.agent_actions import AgentAction
from models.deliveries import Delivery
from tests.factories.agent import a_model, an_agent_action, let_write
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.prospects import a_prospect

ACTIONS = "/admin/agent/actions"
DRAFT = "/admin/agent/draft"


async def a_draft() -> AgentAction:
    return await an_agent_action(await an_app("banners"), await a_prospect("ada@example.com", name="Ada"))


async def test_a_draft_is_made_and_sent_once(client: AsyncClient) -> None:
    app, prospect, marketing = await an_app(), await a_prospect(name="Ada"), await logged_in(Role.MARKETING)
    made = await client.post(DRAFT, json={"prospectId": str(prospect.id), "appId": app.id}, headers=marketing)
    assert made.status_code == 201, made.text
    data = made.json()["data"]
    assert data.keys() == {"actionId", "subject", "body", "htmlBody", "status", "decision", "reasons"}
    assert (data["decision"], data["reasons"], data["body"][:7]) == ("suggest", [], "Hi Ada,")
    answers = [await client.post(f"{DRAFT}/{data['actionId']}/send", headers=marketing) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[0].json()["message"] == f"The mail to {prospect.email} is on its way"
    assert answers[1].json() == {"success": False, "error": "It was sent already"}
    assert await Delivery.count() == 1


async def test_actions_are_listed_and_one_is_read(client: AsyncClient) -> None:
    action, viewer = await a_draft(), await logged_in(Role.VIEWER)
    found = (await client.get(f"{ACTIONS}?status=drafted&appId=banners", headers=viewer)).json()
    (shown,) = found["data"]
    assert (shown["_id"], shown["type"], shown["draft"]["subject"]) == (str(action.id), "draft", "A question")
    assert found["pagination"]["total"] == 1
    assert (await client.get(f"{ACTIONS}/{action.id}", headers=viewer)).json()["data"] == shown


async def test_numbers_have_all_keys(client: AsyncClient) -> None:
    await a_draft()
    stats = (await client.get(f"{ACTIONS}/stats", headers=await logged_in(Role.VIEWER))).json()["data"]
    assert (stats["total"], stats["overrideRate"]) == (1, 0)
    assert stats["byType"] == {"draft": 1, "reply": 0, "classify": 0}
    assert stats["byStatus"].keys() == {"drafted", "approved", "sent", "rejected", "overridden", "failed", "expired"}
    assert stats["byDecision"] == {"suggest": 1, "escalate": 0, "auto": 0}


async def test_an_override_counts_once(client: AsyncClient) -> None:
    action, marketing = await a_draft(), await logged_in(Role.MARKETING)
    text = {"body": "What would have to be better in our app? Your answer helps us."}
    answers = [await client.post(f"{ACTIONS}/{action.id}/override", json=text, headers=marketing) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    overridden = answers[0].json()["data"]
    assert (overridden["status"], overridden["draft"]["body"]) == ("overridden", text["body"])


async def test_a_writer_that_does_not_answer_is_a_503(client: AsyncClient, platform: Runtime) -> None:
    app, prospect = await an_app(), await a_prospect()
    async with a_model() as server:
        let_write(server, platform)
        server.replies.append((401, "", {}))
        body = {"prospectId": str(prospect.id), "appId": app.id}
        answer = await client.post(DRAFT, json=body, headers=await logged_in())
    assert answer.status_code == 503
    assert "WRITER_KEY" in answer.json()["error"]


async def test_who_may_not(client: AsyncClient) -> None:
    action, viewer = await a_draft(), await logged_in(Role.VIEWER)
    for path in (f"{ACTIONS}/{action.id}/override", DRAFT, f"{DRAFT}/{action.id}/send"):
        assert (await client.post(path, json={}, headers=viewer)).status_code == 403
        assert (await client.post(path, json={})).status_code == 401
    assert (await client.get(ACTIONS)).status_code == 401


async def test_what_is_wrong_or_unknown_is_said(client: AsyncClient) -> None:
    owner = await logged_in()
    wrong = await client.post(DRAFT, json={"prospectId": "nobody"}, headers=owner)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "prospectId names no prospect")
    unknown = await client.post(f"{DRAFT}/{'0' * 24}/send", headers=owner)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Agent action not found")
