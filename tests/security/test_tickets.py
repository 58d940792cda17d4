"""Attacks on tickets: by another app's backend, another end user, and by what is sent."""

from collections.abc import Mapping
from typing import Any

import pytest
from httpx import AsyncClient

from core.actor import Role
from core.scopes import Scope
from models.apps import App
from models.deliveries import Delivery
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketStatus
from resolvers.mail_contents import message_for
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import an_actor, logged_in
from tests.factories.tickets import CUSTOMER, a_ticket, kept, said

Headers = Mapping[str, str]
OPERATORS: tuple[Any, ...] = (
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    ["$where"],
    {"$exists": True},
    None,
    0,
    True,
)
FILTERS = (
    "appId", "status", "priority", "topic", "source", "assigneeId", "tag", "shopDomain", "email", "search",
    "createdFrom", "dueBefore", "isOverdue", "isUnassigned",
)  # fmt: skip
PATHS = (
    ("GET", "/tickets/{id}", None),
    ("PATCH", "/tickets/{id}", {"subject": "Mine"}),
    ("DELETE", "/tickets/{id}", None),
    ("PATCH", "/tickets/{id}/status", {"status": "closed"}),
    ("GET", "/{app}/tickets/{id}", None),
    ("PATCH", "/{app}/tickets/{id}", {"subject": "Mine"}),
    ("DELETE", "/{app}/tickets/{id}", None),
    ("PATCH", "/{app}/tickets/{id}/status", {"status": "closed"}),
    ("GET", "/{app}/tickets/{id}/messages", None),
    ("POST", "/{app}/tickets/{id}/messages", {"content": "Hi"}),
    ("POST", "/{app}/tickets/{id}/rating", {"score": 1}),
)


@pytest.fixture
async def app(client: AsyncClient) -> App:
    return await an_app("banners")


@pytest.fixture
async def ticket(app: App) -> Ticket:
    return await a_ticket(app.id, status=TicketStatus.RESOLVED, subject="A secret", message="Nobody may read this")


class TestStrangers:
    @pytest.fixture
    async def strangers(self, app: App) -> list[Headers]:
        """Another app's backend with all scopes, another end user, the same person in another app."""
        other = await an_app("reviews")
        return [
            with_key(await an_api_key(other.id, scopes=list(Scope))),
            bearer_of(await a_stored_end_user(app.id, "mallory@example.com")),
            bearer_of(await a_stored_end_user(other.id, CUSTOMER)),
        ]

    @pytest.mark.parametrize(("method", "path", "body"), PATHS)
    async def test_the_ticket_does_not_exist_for_them(
        self, client: AsyncClient, ticket: Ticket, strangers: list[Headers], method: str, path: str, body: Any
    ) -> None:
        before = await kept(ticket)
        for headers in strangers:
            for app_id in ("banners", "reviews"):
                answer = await client.request(method, path.format(id=ticket.id, app=app_id), json=body, headers=headers)
                assert answer.status_code in (403, 404), answer.text
                assert "secret" not in answer.text
        assert await kept(ticket) == before
        assert await TicketMessage.find({"ticketId": ticket.id}).count() == 1

    async def test_nor_in_any_list(self, client: AsyncClient, ticket: Ticket, strangers: list[Headers]) -> None:
        for headers in strangers:
            for path in ("/tickets", "/reviews/tickets", f"/tickets?email={CUSTOMER}", "/tickets?search=secret"):
                assert "secret" not in (await client.get(path, headers=headers)).text
            assert (await client.get("/banners/tickets", headers=headers)).status_code in (200, 404)
            assert "secret" not in (await client.get("/banners/tickets", headers=headers)).text

    async def test_nor_by_graphql(self, client: AsyncClient, ticket: Ticket, strangers: list[Headers]) -> None:
        query = """query ($id: ID!) { tickets(filter: {appId: "banners"}) { nodes { subject } }
          ticket(id: $id) { subject } ticketMessages(ticketId: $id) { nodes { content } } }"""
        for headers in strangers:
            body = {"query": query, "variables": {"id": str(ticket.id)}}
            text = (await client.post("/graphql", json=body, headers=headers)).text
            assert "secret" not in text
            assert "Nobody may" not in text


class TestOperators:
    @pytest.mark.parametrize("name", FILTERS)
    async def test_none_gets_into_a_query_string(self, client: AsyncClient, ticket: Ticket, name: str) -> None:
        headers = await logged_in()
        for query in (f"{name}[$ne]=x", f"{name}[]=x", f'{name}={{"$ne":null}}', f"{name}=%00", f"{name}=$where"):
            answer = await client.get(f"/tickets?{query}", headers=headers)
            assert answer.status_code in (400, 404) or answer.json()["data"] == [], query

    @pytest.mark.parametrize("name", FILTERS)
    async def test_none_gets_into_a_filter(self, client: AsyncClient, ticket: Ticket, name: str) -> None:
        headers = await logged_in()
        query = "query ($filter: TicketFilterInput) { tickets(filter: $filter) { nodes { id } } }"
        for value in ({"$ne": None}, {"$gt": ""}, ["$where", {"$ne": 1}], 2**70):
            body = {"query": query, "variables": {"filter": {name: value}}}
            answer = (await client.post("/graphql", json=body, headers=headers)).json()
            assert "errors" in answer or answer["data"]["tickets"]["nodes"] == [], (name, value)

    @pytest.mark.parametrize("name", ["ids", "status", "topic", "priority", "tag", "createdTo"])
    async def test_none_deletes_anything(self, client: AsyncClient, ticket: Ticket, name: str) -> None:
        headers = await logged_in()
        for value in OPERATORS:
            answer = await client.request("DELETE", "/banners/tickets", json={name: value}, headers=headers)
            assert answer.status_code == 400, (name, value, answer.text)
        assert await kept(ticket)

    @pytest.mark.parametrize("field", ["subject", "message", "email", "tags", "topic", "assigneeId", "shopId"])
    async def test_none_is_stored(self, client: AsyncClient, app: App, field: str) -> None:
        headers = await logged_in()
        for value in ({"$ne": None}, {"$gt": ""}, [{"$where": "1"}]):
            body = {"subject": "Hi", "message": "Hi", "email": CUSTOMER, field: value}
            assert (await client.post("/banners/tickets", json=body, headers=headers)).status_code == 400

    @pytest.mark.parametrize("identity", ["$ne", '{"$ne":null}', "%24where", "0" * 23, "0" * 25, "%2e%2e", "-1"])
    async def test_none_is_an_id(self, client: AsyncClient, ticket: Ticket, identity: str) -> None:
        headers = await logged_in()
        for path in (f"/tickets/{identity}", f"/banners/tickets/{identity}"):
            assert (await client.get(path, headers=headers)).status_code == 404
        assert (await client.delete(f"/banners/tickets/{identity}", headers=headers)).status_code in (400, 404)
        assert await kept(ticket)


class TestContent:
    ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}{% raw %}\nBcc: all@example.com"

    async def test_it_stays_text_wherever_it_is_shown(self, client: AsyncClient, app: App) -> None:
        support = await an_actor(Role.SUPPORT)
        ticket = await a_ticket(app.id, subject=self.ATTACK.partition("\n")[0], name="Ada <b>")
        await said(ticket, support, self.ATTACK)
        for delivery in await Delivery.find_all().to_list():
            message = await message_for(delivery, app)
            html = message.body.html or ""
            assert "<script" not in html
            assert "<img" not in html
            assert "49" not in html
            assert "Ada &lt;b&gt;" in html
            assert message.content.partition(b"\r\n\r\n")[0].lower().count(b"\r\nbcc:") == 0
        stored = await TicketMessage.find({"ticketId": ticket.id, "isCustomer": False}).to_list()
        assert [message.content for message in stored] == [self.ATTACK]

    async def test_a_subject_begins_no_header(self, client: AsyncClient, app: App) -> None:
        body = {"subject": "Hi\r\nBcc: all@example.com", "message": "Hi", "email": CUSTOMER}
        answer = await client.post("/banners/tickets", json=body, headers=await logged_in())
        assert answer.status_code == 201
        (delivery,) = await Delivery.find_all().to_list()
        head = (await message_for(delivery, app)).content.partition(b"\r\n\r\n")[0]
        assert b"\nbcc" not in head.lower()

    @pytest.mark.parametrize("email", ["a@example.com\nbcc:b@example.com", "a@example.com,b@example.com", "<a@b.c>x"])
    async def test_an_address_is_one_address(self, client: AsyncClient, app: App, email: str) -> None:
        body = {"subject": "Hi", "message": "Hi", "email": email}
        assert (await client.post("/banners/tickets", json=body, headers=await logged_in())).status_code == 400


async def test_server_owned_fields_can_t_be_written(client: AsyncClient, ticket: Ticket) -> None:
    headers, before = await logged_in(), await kept(ticket)
    for field in ("_id", "appId", "number", "email", "createdAt", "version", "resolvedAt", "history", "peopleKeys"):
        answer = await client.patch(f"/tickets/{ticket.id}", json={field: "x"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, f"{field}: is not a known field")
    assert await kept(ticket) == before
