"""Tickets, over REST."""

from collections.abc import Mapping
from typing import Any

import pytest
from httpx import AsyncClient, Response

from core.actor import Role
from core.scopes import Scope
from models.apps import App
from models.tickets import Ticket, TicketStatus
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import an_actor, logged_in
from tests.factories.tickets import CUSTOMER, a_ticket, kept, said

TICKET: dict[str, Any] = {"subject": "The banner", "message": "is gone", "topic": "bug", "priority": "high"}
Headers = Mapping[str, str]


@pytest.fixture
async def app(client: AsyncClient) -> App:
    return await an_app("banners")


@pytest.fixture
async def support(client: AsyncClient) -> Headers:
    return await logged_in(Role.SUPPORT)


@pytest.fixture
async def customer(app: App) -> Headers:
    return bearer_of(await a_stored_end_user(app.id, CUSTOMER))


def data_of(response: Response) -> Any:
    assert response.is_success, response.text
    return response.json()["data"]


class TestCreating:
    async def test_an_apps_backend_begins_one_for_a_customer(self, client: AsyncClient, app: App) -> None:
        backend = with_key(await an_api_key(app.id, scopes=[Scope.TICKETS_WRITE]))
        answer = await client.post("/banners/tickets/", json=TICKET | {"email": CUSTOMER}, headers=backend)
        assert (answer.status_code, answer.json()["message"]) == (201, "Ticket #1 created")
        shown = data_of(answer)
        assert {name: shown[name] for name in TICKET} == TICKET
        assert (shown["email"], shown["status"], shown["source"], shown["attachments"]) == (CUSTOMER, "new", "api", [])
        assert (shown["tags"], shown["dueAt"], shown["history"]) == ([], None, [])

    async def test_a_customer_begins_one_in_their_own_name(
        self, client: AsyncClient, app: App, customer: Headers
    ) -> None:
        shown = data_of(await client.post("/banners/tickets", json=TICKET, headers=customer))
        assert (shown["email"], shown["source"]) == (CUSTOMER, "web")

    async def test_the_same_idempotency_key_begins_one(self, client: AsyncClient, app: App, support: Headers) -> None:
        headers = {**support, "Idempotency-Key": "once"}
        answers = [
            await client.post("/banners/tickets", json=TICKET | {"email": CUSTOMER}, headers=headers) for _ in range(2)
        ]
        assert answers[0].json() == answers[1].json()
        assert await Ticket.find_all().count() == 1

    async def test_who_may_not_and_what_is_wrong(self, client: AsyncClient, app: App, support: Headers) -> None:
        for headers, body, status, sentence in (
            ({}, TICKET, 401, "Authentication required"),
            (await logged_in(Role.VIEWER), TICKET, 403, "The role viewer may not do this"),
            (support, TICKET, 400, "email is required: it is whom the answers go to"),
            (support, {"subject": "Hi"}, 400, "message: is required"),
            (support, TICKET | {"shop": "x"}, 400, "shop: is not a known field"),
        ):
            answer = await client.post("/banners/tickets", json=body, headers=headers)
            assert (answer.status_code, answer.json()) == (status, {"success": False, "error": sentence})


class TestReading:
    async def test_of_all_apps_and_of_one(self, client: AsyncClient, app: App, support: Headers) -> None:
        await a_ticket(app.id, subject="One", status=TicketStatus.PENDING)
        await a_ticket((await an_app()).id, subject="Other")
        everything = (await client.get("/tickets/", headers=support)).json()
        assert [ticket["subject"] for ticket in everything["data"]] == ["Other", "One"]
        assert everything["pagination"] == {"page": 1, "limit": 20, "total": 2, "pages": 1}
        for query in ("", "?status=pending", "?status=open,pending&sort=dueAt", "?search=one", "?isOverdue=false"):
            found = (await client.get(f"/banners/tickets{query}", headers=support)).json()["data"]
            assert [ticket["subject"] for ticket in found] == ["One"], query

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("?status=done", "status"),
            ("?status=open&status=new", "status"),
            ("?status[$ne]=open", "status[$ne]"),
            ("?sort=subject", "sort"),
            ("?assigneeId=me", "assigneeId"),
            ("?appId=banners", "appId"),
            ("?limit=101", "limit"),
        ],
    )
    async def test_what_can_t_be_asked_for(
        self, client: AsyncClient, app: App, support: Headers, query: str, field: str
    ) -> None:
        answer = await client.get(f"/banners/tickets{query}", headers=support)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(field)

    async def test_one_with_its_history(self, client: AsyncClient, app: App, support: Headers) -> None:
        ticket = await a_ticket(app.id, status=TicketStatus.PENDING)
        for path in (f"/tickets/{ticket.id}", f"/banners/tickets/{ticket.id}/"):
            shown = data_of(await client.get(path, headers=support))
            assert (shown["_id"], shown["reference"], shown["status"]) == (str(ticket.id), "#1", "pending")
            assert [(entry["before"], entry["after"]) for entry in shown["history"]] == [("new", "pending")]

    async def test_neither_notes_nor_what_is_staffs_reach_anybody_else(
        self, client: AsyncClient, app: App, customer: Headers
    ) -> None:
        ticket = await a_ticket(app.id, tags=["nuisance"])
        await said(ticket, await an_actor(Role.SUPPORT), "He is a nuisance", isInternal=True, status="on_hold")
        key = with_key(await an_api_key(app.id, scopes=[Scope.TICKETS_READ]))
        for headers in (customer, key):
            for path in ("/tickets", "/banners/tickets", f"/banners/tickets/{ticket.id}"):
                assert "nuisance" not in (await client.get(path, headers=headers)).text
            messages = await client.get(f"/banners/tickets/{ticket.id}/messages", headers=headers)
            assert [message["content"] for message in data_of(messages)] == [ticket.message]

    async def test_somebody_elses_is_a_404(self, client: AsyncClient, app: App, customer: Headers) -> None:
        theirs = await a_ticket(app.id, email="bob@example.com")
        for method, path in (
            ("GET", f"/tickets/{theirs.id}"),
            ("GET", f"/banners/tickets/{theirs.id}"),
            ("GET", f"/banners/tickets/{theirs.id}/messages"),
            ("POST", f"/banners/tickets/{theirs.id}/messages"),
            ("POST", f"/banners/tickets/{theirs.id}/rating"),
        ):
            body = {"score": 5} if path.endswith("rating") else {"content": "Hi"}
            answer = await client.request(method, path, json=body if method == "POST" else None, headers=customer)
            assert (answer.status_code, answer.json()["error"]) == (404, "Ticket not found"), path

    async def test_stats_are_not_taken_for_a_tickets_id(self, client: AsyncClient, app: App, support: Headers) -> None:
        await a_ticket(app.id)
        stats = data_of(await client.get("/banners/tickets/stats", headers=support))
        assert (stats["total"], stats["byStatus"]["new"], stats["averageResolutionTime"]) == (1, 1, 0)
        assert len(stats["volumeOverTime"]) == 30
        assert sum(day["count"] for day in stats["volumeOverTime"]) == 1
        week = data_of(await client.get("/banners/tickets/stats?days=7", headers=support))
        assert len(week["volumeOverTime"]) == 7


class TestChanging:
    async def test_what_is_sent_by_either_path(self, client: AsyncClient, app: App, support: Headers) -> None:
        ticket = await a_ticket(app.id)
        answer = await client.patch(f"/tickets/{ticket.id}", json={"priority": "urgent"}, headers=support)
        assert (answer.json()["message"], data_of(answer)["priority"]) == ("Ticket updated", "urgent")
        shown = data_of(await client.patch(f"/banners/tickets/{ticket.id}", json={"tags": ["VIP"]}, headers=support))
        assert (shown["tags"], shown["priority"]) == (["vip"], "urgent")

    async def test_its_status(self, client: AsyncClient, app: App, support: Headers) -> None:
        ticket = await a_ticket(app.id)
        for path in (f"/tickets/{ticket.id}/status", f"/banners/tickets/{ticket.id}/status"):
            answer = await client.patch(path, json={"status": "resolved", "reason": "Reloaded"}, headers=support)
            assert (answer.json()["message"], data_of(answer)["status"]) == ("Ticket is resolved", "resolved")
        refused = await client.patch(f"/tickets/{ticket.id}/status", json={"status": "done"}, headers=support)
        assert (refused.status_code, refused.json()["error"].partition(":")[0]) == (400, "status")

    async def test_deleting_twice_is_a_404(self, client: AsyncClient, app: App, support: Headers) -> None:
        ticket = await a_ticket(app.id)
        answers = [await client.delete(f"/tickets/{ticket.id}", headers=support) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 404]
        assert answers[0].json() == {"success": True, "message": "Ticket #1 deleted"}

    async def test_many_are_deleted_by_query_or_body_and_never_all(
        self, client: AsyncClient, app: App, support: Headers
    ) -> None:
        tickets = [await a_ticket(app.id) for _ in range(4)]
        by_query = await client.delete(f"/banners/tickets?ids={tickets[0].id},{tickets[1].id}", headers=support)
        assert by_query.json() == {"success": True, "message": "2 tickets deleted", "deletedCount": 2}
        body = {"ids": [str(tickets[2].id)]}
        by_body = await client.request("DELETE", "/banners/tickets/", json=body, headers=support)
        assert by_body.json()["deletedCount"] == 1
        empty: list[dict[str, str] | None] = [None, {}]
        for nothing in empty:
            refused = await client.request("DELETE", "/banners/tickets/", json=nothing, headers=support)
            assert (refused.status_code, refused.json()["success"]) == (400, False)
        both = await client.request("DELETE", "/banners/tickets/?status=new", json=body, headers=support)
        assert both.status_code == 400
        assert await kept(tickets[3])


class TestMessages:
    async def test_a_conversation(self, client: AsyncClient, app: App, support: Headers, customer: Headers) -> None:
        ticket = await a_ticket(app.id)
        path = f"/banners/tickets/{ticket.id}/messages"
        answer = await client.post(path, json={"content": "Please reload", "status": "resolved"}, headers=support)
        assert (answer.status_code, answer.json()["message"], data_of(answer)["isCustomer"]) == (
            201,
            "Message added",
            False,
        )
        assert data_of(await client.post(path, json={"content": "It works"}, headers=customer))["isCustomer"] is True
        messages = data_of(await client.get(path, headers=customer))
        assert [message["content"] for message in messages] == [ticket.message, "Please reload", "It works"]
        assert (await kept(ticket)).status is TicketStatus.OPEN
        page = (await client.get(f"{path}?page=2&limit=1", headers=support)).json()
        assert ([one["content"] for one in page["data"]], page["pagination"]["total"]) == (["Please reload"], 3)

    async def test_to_what_is_closed_it_begins_another(self, client: AsyncClient, app: App, customer: Headers) -> None:
        ticket = await a_ticket(app.id, status=TicketStatus.CLOSED)
        answer = await client.post(f"/banners/tickets/{ticket.id}/messages", json={"content": "Hi"}, headers=customer)
        assert answer.json()["message"] == "#1 has ended: the message went to #2"
        assert data_of(answer)["ticketId"] != str(ticket.id)


async def test_a_customer_says_how_content_they_are(client: AsyncClient, app: App, customer: Headers) -> None:
    ticket = await a_ticket(app.id, status=TicketStatus.RESOLVED)
    path = f"/banners/tickets/{ticket.id}/rating"
    answer = await client.post(path, json={"score": 4, "comment": "Thanks"}, headers=customer)
    assert (answer.json()["message"], data_of(answer)["rating"]["score"]) == ("Thank you", 4)
    open_one = await a_ticket(app.id)
    refused = await client.post(f"/banners/tickets/{open_one.id}/rating", json={"score": 4}, headers=customer)
    assert refused.status_code == 409
