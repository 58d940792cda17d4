"""The e-mail agent, in GraphQL."""

from typing import Any

from httpx import AsyncClient

from core.actor import Role
from tests.factories.agent import a_reading, an_agent_action, an_answer
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.prospects import a_prospect
from tests.factories.tickets import a_ticket
from tests.schema.asking import ask, error_of

PAYLOAD = "{ agentAction { id status decision draft { subject body } } userErrors { code field message } }"
CREATE = f"mutation ($input: AgentDraftCreateInput!) {{ agentDraftCreate(input: $input) {PAYLOAD} }}"
SEND = f"mutation ($id: ID!) {{ agentDraftSend(id: $id) {PAYLOAD} }}"
BODY = "What would have to be better in our app? Your answer helps us."


async def done(client: AsyncClient, headers: Any, mutation: str, id: object, given: str = "") -> Any:
    """What a mutation of one action comes to."""
    query = f"mutation ($id: ID!) {{ {mutation}(id: $id{given}) {PAYLOAD} }}"
    return (await ask(client, headers, query, id=str(id)))[mutation]


async def test_actions_are_listed_with_what_they_are_about(client: AsyncClient) -> None:
    app = await an_app("banners")
    ticket, prospect = await a_ticket(app.id), await a_prospect(name="Ada")
    action = await an_agent_action(app, prospect)
    await a_reading(app, ticket)
    query = """query ($id: ID!) {
      agentActions(filter: {appId: "banners"}, sortKey: CREATED_AT) {
        nodes { type status app { name } ticket { number } contact { email } reading { classification } } totalCount }
      agentAction(id: $id) { name prospect { id } inputs { tone goal language } checks { name passed } facts { name }
        draft { subject body htmlBody } writer usage { inputTokens cost { amount } } isCorrected }
      agentStats { total judged corrected overrideRate byType { type count } byStatus { status count }
        byDecision { decision count } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query, id=str(action.id))
    draft, reading = found["agentActions"]["nodes"]
    assert (draft["type"], draft["app"], draft["ticket"]) == ("DRAFT", {"name": "Banners"}, None)
    assert (reading["type"], reading["ticket"]) == ("CLASSIFY", {"number": ticket.number})
    assert reading["contact"] == {"email": ticket.email}
    assert found["agentAction"]["inputs"] == {"tone": "FRIENDLY", "goal": "INTRODUCE", "language": "ENGLISH"}
    assert (found["agentAction"]["prospect"], found["agentAction"]["usage"]) == ({"id": str(prospect.id)}, None)
    assert (found["agentStats"]["total"], len(found["agentStats"]["byStatus"])) == (2, 7)


async def test_a_draft_is_made_approved_and_sent_once(client: AsyncClient) -> None:
    app, prospect, marketing = await an_app(), await a_prospect(), await logged_in(Role.MARKETING)
    given = {"prospectId": str(prospect.id), "appId": app.id, "goal": "FOLLOW_UP", "language": "GERMAN"}
    made = (await ask(client, marketing, CREATE, input=given))["agentDraftCreate"]["agentAction"]
    assert made["draft"]["subject"] == "Banners: eine kurze Frage"
    approved = await done(client, marketing, "agentDraftApprove", made["id"])
    assert approved["agentAction"]["status"] == "APPROVED"
    assert (await done(client, marketing, "agentDraftSend", made["id"]))["agentAction"]["status"] == "SENT"
    again = await done(client, marketing, "agentDraftSend", made["id"])
    assert again["userErrors"] == [{"code": "INVALID_INPUT", "field": ["id"], "message": "It was sent already"}]


async def test_a_draft_is_changed_overridden_rejected_and_written_again(client: AsyncClient) -> None:
    app, prospect, owner = await an_app(), await a_prospect(), await logged_in()
    action = await an_agent_action(app, prospect)
    edited = await done(client, owner, "agentDraftUpdate", action.id, f', input: {{body: "{BODY}"}}')
    assert edited["agentAction"]["draft"] == {"subject": "A question", "body": BODY}
    fresh = await done(client, owner, "agentDraftRegenerate", action.id)
    assert fresh["agentAction"]["draft"]["subject"] == "Banners"
    overridden = await done(client, owner, "agentActionOverride", action.id, f', input: {{body: "{BODY}"}}')
    assert overridden["agentAction"]["status"] == "OVERRIDDEN"
    twice = await done(client, owner, "agentActionOverride", action.id, ", input: {decision: SUGGEST}")
    assert [error["code"] for error in twice["userErrors"]] == ["CONFLICT"]
    rejected = await done(client, owner, "agentDraftReject", action.id, ', input: {reason: "Not now"}')
    assert rejected["agentAction"]["status"] == "REJECTED"


async def test_tickets_are_answered_and_read(client: AsyncClient) -> None:
    app, support = await an_app(), await logged_in(Role.SUPPORT)
    ticket = await a_ticket(app.id, message="How does this work?")
    query = f"""mutation ($id: String!) {{
      agentReplyCreate(input: {{ticketId: $id, goal: ANSWER}}) {PAYLOAD}
      agentClassify(input: {{ticketId: $id}}) {{ agentAction {{ decision reading {{ classification }} }} }} }}"""
    answer = await ask(client, support, query, id=str(ticket.id))
    assert answer["agentReplyCreate"]["agentAction"]["decision"] == "SUGGEST"
    assert answer["agentClassify"]["agentAction"] == {"decision": "AUTO", "reading": {"classification": "question"}}


async def test_a_prospect_and_a_ticket_lead_to_what_was_drafted(client: AsyncClient) -> None:
    app, prospect = await an_app(), await a_prospect()
    ticket = await a_ticket(app.id)
    for to in (prospect, ticket):
        await an_agent_action(app, to)
    query = """query ($prospect: ID!, $ticket: ID!) {
      prospect(id: $prospect) { agentActions { nodes { type delivery { status } prospect { email } } } }
      ticket(id: $ticket) { agentActions { nodes { type ticket { number } } } } }"""
    ids = {"prospect": str(prospect.id), "ticket": str(ticket.id)}
    found = await ask(client, await logged_in(Role.VIEWER), query, **ids)
    assert found["prospect"]["agentActions"]["nodes"] == [
        {"type": "DRAFT", "delivery": None, "prospect": {"email": prospect.email}}
    ]
    assert found["ticket"]["agentActions"]["nodes"] == [{"type": "REPLY", "ticket": {"number": ticket.number}}]


async def test_received_mail_is_answered(client: AsyncClient) -> None:
    message, marketing = await an_answer(await an_app()), await logged_in(Role.MARKETING)
    query = """mutation ($id: String!) { agentReplyCreate(input: {inboundMessageId: $id, goal: ANSWER}) {
      agentAction { status inboundMessage { sender } email } userErrors { message } } }"""
    done = (await ask(client, marketing, query, id=str(message.id)))["agentReplyCreate"]
    assert done["agentAction"] == {
        "status": "DRAFTED", "inboundMessage": {"sender": message.sender}, "email": message.sender
    }  # fmt: skip


async def test_a_viewer_does_not_send(client: AsyncClient) -> None:
    action = await an_agent_action(await an_app(), await a_prospect())
    assert await error_of(client, await logged_in(Role.VIEWER), SEND, id=str(action.id)) == "FORBIDDEN"
