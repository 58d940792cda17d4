"""Canned replies, in GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.apps import App
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.tickets import a_ticket
from tests.schema.asking import ask, error_of

CREATE = """mutation ($input: CannedReplyCreateInput!) { cannedReplyCreate(appId: "banners", input: $input) {
  cannedReply { id title shortcut body topic isActive } userErrors { code field message } } }"""
HELLO = {"title": "A greeting", "shortcut": "hello", "body": "Hello {{ customer.first_name }}", "topic": "BUG"}


@pytest.fixture
async def app(client: AsyncClient) -> App:
    return await an_app("banners")


async def test_one_is_kept_filled_in_changed_and_taken_away(client: AsyncClient, app: App) -> None:
    support, ticket = await logged_in(Role.SUPPORT), await a_ticket(app.id, name="Ada Lovelace")
    created = (await ask(client, support, CREATE, input=HELLO))["cannedReplyCreate"]["cannedReply"]
    assert created == {**HELLO, "id": created["id"], "isActive": True}
    query = """query ($id: ID!, $ticket: ID!) {
      cannedReplyText(id: $id, ticketId: $ticket) cannedReply(id: $id) { title }
      cannedReplies(appId: "banners", filter: {search: "greet"}) { nodes { shortcut } totalCount }
      cannedReplyPreview(appId: "banners", input: {body: "Bye {{ agent.name }}"}) }"""
    shown = await ask(client, await logged_in(Role.VIEWER), query, id=created["id"], ticket=str(ticket.id))
    assert shown == {
        "cannedReplyText": "Hello Ada",
        "cannedReply": {"title": "A greeting"},
        "cannedReplies": {"nodes": [{"shortcut": "hello"}], "totalCount": 1},
        "cannedReplyPreview": "Bye Sofia Lindqvist",
    }
    update = """mutation ($id: ID!) { cannedReplyUpdate(id: $id, input: {topic: null, isActive: false}) {
      cannedReply { topic isActive title } } }"""
    assert (await ask(client, support, update, id=created["id"]))["cannedReplyUpdate"]["cannedReply"] == {
        "topic": None,
        "isActive": False,
        "title": "A greeting",
    }
    delete = "mutation ($id: ID!) { cannedReplyDelete(id: $id) { deletedId userErrors { code } } }"
    answers = [(await ask(client, support, delete, id=created["id"]))["cannedReplyDelete"] for _ in range(2)]
    assert answers == [
        {"deletedId": created["id"], "userErrors": []},
        {"deletedId": None, "userErrors": [{"code": "NOT_FOUND"}]},
    ]


async def test_one_that_can_t_be_filled_in_is_refused(client: AsyncClient, app: App) -> None:
    wrong = (await ask(client, await logged_in(), CREATE, input=HELLO | {"body": "Hi\n{{ customer.nick }}"}))[
        "cannedReplyCreate"
    ]
    (error,) = wrong["userErrors"]
    assert (error["code"], error["field"], error["message"][:6]) == ("INVALID_INPUT", ["body"], "Line 2")


async def test_a_viewer_keeps_none(client: AsyncClient, app: App) -> None:
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, input=HELLO) == "FORBIDDEN"
