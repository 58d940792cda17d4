"""Received mail, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from core.runtime import Runtime, start
from models.inbound_messages import InboundMessage
from tests.factories.apps import an_app
from tests.factories.inbound import CUSTOMER, DOMAIN, a_mail, processed, received
from tests.factories.people import logged_in
from tests.factories.tickets import a_ticket, conversation
from tests.schema.asking import ask

INBOX = """query ($filter: InboundMessageFilterInput) { inboundMessages(first: 10, filter: $filter, reverse: true) {
  totalCount nodes { messageId sender status classification matchedBy newText content { text html }
    app { id } ticket { reference } contact { inboundMessages { totalCount } } delivery { id } } } }"""
ASSIGN = """mutation ($id: ID!, $input: InboundMessageAssignInput!) { inboundMessageAssign(id: $id, input: $input) {
  inboundMessage { status matchedBy } userErrors { code field message } } }"""
CLASSIFY = """mutation ($id: ID!, $input: InboundMessageClassifyInput!) {
  inboundMessageClassify(id: $id, input: $input) { inboundMessage { classification classifiedBy } } }"""
REPROCESS = "mutation ($id: ID!) { inboundMessageReprocess(id: $id) { inboundMessage { status } userErrors { code } } }"
STATS = "{ inboundStats { total byStatus { status count } byClassification { classification count } } }"


async def stored(message: InboundMessage) -> InboundMessage:
    again = await InboundMessage.get(message.id)
    assert again is not None
    return again


async def test_the_inbox_leads_to_what_its_mail_belongs_to(client: AsyncClient, platform: Runtime) -> None:
    start(platform.settings.model_copy(update={"inbound_domain": DOMAIN}), platform.mongo)
    app = await an_app()
    ticket = await a_ticket(app.id, email=CUSTOMER, subject="The banner")
    await received(a_mail("Is it back?", html="<p>Is it <b>back</b>?</p>"))
    found = (await ask(client, await logged_in(Role.VIEWER), INBOX, filter={"email": CUSTOMER}))["inboundMessages"]
    (row,) = found["nodes"]
    assert (found["totalCount"], row["sender"], row["status"], row["matchedBy"]) == (1, CUSTOMER, "PROCESSED", "SENDER")
    assert (row["app"], row["ticket"]) == ({"id": app.id}, {"reference": ticket.reference})
    assert row["contact"]["inboundMessages"]["totalCount"] == 1
    assert (row["newText"], row["content"]["html"].strip()) == ("Is it back?", "<p>Is it <b>back</b>?</p>")


async def test_a_person_says_what_a_mail_is_and_belongs_to(client: AsyncClient) -> None:
    app = await an_app()
    ticket = await a_ticket(app.id, email="bob@example.com")
    message = await received(a_mail("About what Bob asked", subject="Something"))
    headers = await logged_in(Role.SUPPORT)
    given = {"id": str(message.id), "input": {"ticketId": str(ticket.id)}}
    assigned = (await ask(client, headers, ASSIGN, **given))["inboundMessageAssign"]
    assert assigned == {"inboundMessage": {"status": "RECEIVED", "matchedBy": "PERSON"}, "userErrors": []}
    done = await processed(await stored(message))
    assert (await conversation(ticket))[1:] == ["About what Bob asked"]
    assert done.outcomes == [f"Added to the ticket {ticket.reference}"]
    given = {"id": str(message.id), "input": {"classification": "NEGATIVE"}}
    classified = (await ask(client, headers, CLASSIFY, **given))["inboundMessageClassify"]["inboundMessage"]
    assert (classified["classification"], classified["classifiedBy"].partition(":")[0]) == ("NEGATIVE", "staff")
    again = await processed(await stored(message))
    assert (again.classification, again.ticket_id, len(await conversation(ticket))) == ("negative", ticket.id, 2)
    assert (await ask(client, headers, REPROCESS, id=str(message.id)))["inboundMessageReprocess"]["userErrors"] == []
    stats = (await ask(client, headers, STATS))["inboundStats"]
    assert (stats["total"], len(stats["byStatus"]), len(stats["byClassification"])) == (1, 5, 9)


async def test_what_can_not_be_is_said_to_a_form(client: AsyncClient) -> None:
    message = await received(a_mail())
    headers = await logged_in()
    for given, code in (
        ({}, "INVALID_INPUT"),
        ({"ticketId": "0" * 24}, "NOT_FOUND"),
        ({"contactId": "x"}, "INVALID_INPUT"),
    ):
        answer = await ask(client, headers, ASSIGN, id=str(message.id), input=given)
        assert [error["code"] for error in answer["inboundMessageAssign"]["userErrors"]] == [code]
