"""Tickets, in GraphQL."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from pymongo.asynchronous.collection import AsyncCollection
from starlette.requests import HTTPConnection

from core.actor import Actor, Role
from models.apps import App
from models.tickets import TicketStatus
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import a_user, an_actor, bearer, logged_in
from tests.factories.shops import a_shop
from tests.factories.tickets import CUSTOMER, SYSTEM, a_ticket, kept, said
from tests.schema.asking import ask, error_of

ERRORS = "userErrors { code field message }"
CREATE = f"""mutation ($app: ID!, $input: TicketCreateInput!) {{
  ticketCreate(appId: $app, input: $input) {{ ticket {{ id reference status tags source }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: TicketUpdateInput!) {{
  ticketUpdate(id: $id, input: $input) {{ ticket {{ subject priority tags assignee {{ name }} }} {ERRORS} }} }}"""
ANSWER = f"""mutation ($id: ID!, $input: TicketMessageCreateInput!) {{
  ticketMessageCreate(ticketId: $id, input: $input) {{
    ticketMessage {{ content isInternal }} ticket {{ reference status }} message {ERRORS} }} }}"""
EVERYTHING = """{ tickets(filter: {status: [NEW, OPEN], appId: "banners"}, sortKey: DUE_AT) {
  totalCount
  nodes { reference subject status priority topic source dueAt tags people { email } reference
    app { name } shop { name } contact { name } assignee { name }
    firstResponse { target elapsed dueAt breachedAt } resolution { runningSince stoppedAt }
    history { kind before after by } links { kind ticket { reference } } linkedFrom { reference }
    mergedInto { reference } rating { score } } } }"""


@pytest.fixture
async def app(client: AsyncClient) -> App:
    return await an_app("banners")


async def test_a_ticket_is_begun_changed_and_answered(client: AsyncClient, app: App) -> None:
    sofia = await a_user(Role.SUPPORT)
    headers = bearer(sofia)
    new = {"subject": "The banner", "message": "is gone", "email": CUSTOMER, "topic": "BUG"}
    created = (await ask(client, headers, CREATE, app=app.id, input=new))["ticketCreate"]["ticket"]
    assert (created["reference"], created["status"], created["source"]) == ("#1", "NEW", "STAFF")
    changes = {"priority": "HIGH", "tags": ["VIP"], "assigneeId": str(sofia.id)}
    updated = (await ask(client, headers, UPDATE, id=created["id"], input=changes))["ticketUpdate"]["ticket"]
    assert updated == {"subject": "The banner", "priority": "HIGH", "tags": ["vip"], "assignee": {"name": sofia.name}}
    said_so = {"content": "Please reload", "status": "RESOLVED"}
    answered = (await ask(client, headers, ANSWER, id=created["id"], input=said_so))["ticketMessageCreate"]
    assert answered == {
        "ticketMessage": {"content": "Please reload", "isInternal": False},
        "ticket": {"reference": "#1", "status": "RESOLVED"},
        "message": "Message added",
        "userErrors": [],
    }


async def test_what_a_form_can_correct_is_an_answer(client: AsyncClient, app: App) -> None:
    support, ticket = await logged_in(Role.SUPPORT), await a_ticket(app.id, status=TicketStatus.CLOSED)
    blank = (await ask(client, support, CREATE, app=app.id, input={"subject": " ", "message": "Hi"}))["ticketCreate"]
    assert [(error["code"], error["field"]) for error in blank["userErrors"]] == [("INVALID_INPUT", ["subject"])]
    closed = (await ask(client, support, ANSWER, id=str(ticket.id), input={"content": "Hi"}))["ticketMessageCreate"]
    assert [(error["code"], error["field"]) for error in closed["userErrors"]] == [("CONFLICT", ["status"])]
    unknown = (await ask(client, support, UPDATE, id="0" * 24, input={"subject": "Hi"}))["ticketUpdate"]
    assert unknown["userErrors"][0]["code"] == "NOT_FOUND"


async def test_all_that_belongs_to_it_is_read_with_few_queries(
    client: AsyncClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    support, sofia = await an_actor(Role.SUPPORT), await a_user(Role.SUPPORT)
    for number in range(5):
        shop = await a_shop(app.id, name=f"Shop {number}")
        ticket = await a_ticket(app.id, email=f"{number}@example.com", shop_domain=shop.domain, assignee_id=sofia.id)
        await said(ticket, support, status="open")
    await a_ticket(app.id, status=TicketStatus.CLOSED)
    headers = await logged_in(Role.VIEWER)
    with monkeypatch.context() as counted:
        read = counting(counted)
        shown = (await ask(client, headers, EVERYTHING))["tickets"]
    assert sorted(read) == ["apps", "apps", "contacts", "shops", "tickets", "tickets", "users", "users"]
    assert shown["totalCount"] == 5
    first = shown["nodes"][0]
    assert (first["app"], first["shop"]["name"], first["contact"]) == ({"name": "Banners"}, "Shop 0", {"name": "Ada"})
    assert (first["assignee"], first["people"], first["links"]) == ({"name": sofia.name}, [], [])
    assert first["firstResponse"]["target"] == 24 * 3_600_000.0
    assert first["history"][0]["after"] == "open"


async def test_links_and_merges_lead_to_the_other_ticket(client: AsyncClient, app: App) -> None:
    support = await logged_in(Role.SUPPORT)
    one, other = await a_ticket(app.id), await a_ticket(app.id)
    link = """mutation ($id: ID!, $other: String!) {
      ticketLink(id: $id, input: {kind: DUPLICATE_OF, ticketId: $other}) {
        ticket { links { kind ticket { reference linkedFrom { reference } } } } userErrors { code } } }"""
    linked = (await ask(client, support, link, id=str(one.id), other=str(other.id)))["ticketLink"]["ticket"]
    assert linked["links"] == [
        {"kind": "DUPLICATE_OF", "ticket": {"reference": "#2", "linkedFrom": [{"reference": "#1"}]}}
    ]
    unlink = (
        "mutation ($id: ID!, $other: ID!) { ticketUnlink(id: $id, linkedId: $other) { ticket { links { kind } } } }"
    )
    unlinked = await ask(client, support, unlink, id=str(one.id), other=str(other.id))
    assert unlinked["ticketUnlink"]["ticket"]["links"] == []
    merge = """mutation ($id: ID!, $into: String!) { ticketMerge(id: $id, input: {intoId: $into}) {
      ticket { reference messages { nodes { content } } } userErrors { code field } } }"""
    merged = (await ask(client, support, merge, id=str(one.id), into=str(other.id)))["ticketMerge"]
    assert (merged["ticket"]["reference"], len(merged["ticket"]["messages"]["nodes"])) == ("#2", 2)
    again = (await ask(client, support, merge, id=str(one.id), into=str(other.id)))["ticketMerge"]
    assert again["userErrors"] == [{"code": "CONFLICT", "field": ["id"]}]
    query = "query ($id: ID!) { ticket(id: $id) { status mergedInto { reference } } }"
    assert (await ask(client, support, query, id=str(one.id)))["ticket"] == {
        "status": "CLOSED",
        "mergedInto": {"reference": "#2"},
    }


async def test_a_conversation_is_read_from_either_end(client: AsyncClient, app: App) -> None:
    ticket = await a_ticket(app.id, message="0")
    for number in range(1, 4):
        await said(ticket, SYSTEM, str(number), isInternal=number == 2)
    query = """query ($id: ID!, $after: String) { ticketMessages(ticketId: $id, first: 2, after: $after) {
      nodes { content isInternal } pageInfo { endCursor hasNextPage } }
      ticket(id: $id) { messages(first: 1, reverse: true) { nodes { content } totalCount } } }"""
    viewer = await logged_in(Role.VIEWER)
    page = await ask(client, viewer, query, id=str(ticket.id))
    assert [one["content"] for one in page["ticketMessages"]["nodes"]] == ["0", "1"]
    assert page["ticket"]["messages"] == {"nodes": [{"content": "3"}], "totalCount": 4}
    after = page["ticketMessages"]["pageInfo"]["endCursor"]
    rest = (await ask(client, viewer, query, id=str(ticket.id), after=after))["ticketMessages"]
    assert rest["nodes"] == [{"content": "2", "isInternal": True}, {"content": "3", "isInternal": False}]
    assert rest["pageInfo"]["hasNextPage"] is False
    customer = bearer_of(await a_stored_end_user(app.id, CUSTOMER))
    own = await ask(client, customer, query, id=str(ticket.id))
    assert own["ticket"]["messages"]["totalCount"] == 3


async def test_it_is_reached_from_whatever_it_belongs_to(client: AsyncClient, app: App) -> None:
    sofia, shop = await a_user(Role.SUPPORT), await a_shop(app.id, email=CUSTOMER)
    await a_ticket(app.id, shop_domain=shop.domain, assignee_id=sofia.id)
    query = """query ($shop: ID!, $domain: String!, $email: String!, $user: ID!) {
      app(id: "banners") { tickets { totalCount } }
      shop(appId: "banners", id: $shop) { tickets { nodes { reference } } }
      merchant(domain: $domain) { tickets { nodes { reference app { id } } } }
      contact(email: $email) { tickets { nodes { reference } } }
      user(id: $user) { assignedTickets { nodes { reference } } } }"""
    named = {"shop": shop.domain, "domain": shop.domain, "email": CUSTOMER, "user": str(sofia.id)}
    shown = await ask(client, await logged_in(Role.VIEWER), query, **named)
    one = {"nodes": [{"reference": "#1"}]}
    assert shown == {
        "app": {"tickets": {"totalCount": 1}},
        "shop": {"tickets": one},
        "merchant": {"tickets": {"nodes": [{"reference": "#1", "app": {"id": "banners"}}]}},
        "contact": {"tickets": one},
        "user": {"assignedTickets": one},
    }


async def test_neither_backends_nor_customers_see_what_is_around_it(client: AsyncClient, app: App) -> None:
    sofia, shop = await a_user(Role.SUPPORT), await a_shop(app.id)
    ticket = await a_ticket(app.id, shop_domain=shop.domain, assignee_id=sofia.id, tags=["vip"])
    query = """query ($id: ID!) { ticket(id: $id) { reference tags shop { domain } contact { email }
      assignee { name } linkedFrom { id } links { kind } mergedInto { id } history { by } people { email }
      dueAt firstResponse { target } app { id } } }"""
    customer = bearer_of(await a_stored_end_user(app.id, CUSTOMER))
    key = with_key(await an_api_key(app.id, scopes=["tickets:read"]))
    for headers, shown_app in ((customer, None), (key, {"id": "banners"})):
        assert (await ask(client, headers, query, id=str(ticket.id)))["ticket"] == {
            "reference": "#1", "tags": [], "shop": None, "contact": None, "assignee": None, "linkedFrom": [],
            "links": [], "mergedInto": None, "history": [], "people": [], "dueAt": None,
            "firstResponse": {"target": None}, "app": shown_app,
        }  # fmt: skip


async def test_numbers_of_an_app(client: AsyncClient, app: App) -> None:
    await a_ticket(app.id, status=TicketStatus.RESOLVED)
    query = """{ ticketStats(appId: "banners", period: {days: 7}) { total averageResolutionTime
        byStatus { status count } byTopic { topic count } byPriority { priority count } volumeOverTime { date count } }
      ticketPerformance(appId: "banners") { total { tickets resolved averageRating firstResponseBreachRate }
        byAssignee { user { name } performance { tickets } } } }"""
    shown = await ask(client, await logged_in(Role.VIEWER), query)
    stats = shown["ticketStats"]
    assert (stats["total"], len(stats["byStatus"]), len(stats["byTopic"]), len(stats["byPriority"])) == (1, 6, 7, 4)
    assert {"status": "RESOLVED", "count": 1} in stats["byStatus"]
    assert [day["count"] for day in stats["volumeOverTime"]] == [0] * 6 + [1]
    assert shown["ticketPerformance"] == {
        "total": {"tickets": 1, "resolved": 1, "averageRating": None, "firstResponseBreachRate": 0.0},
        "byAssignee": [{"user": None, "performance": {"tickets": 1}}],
    }


async def test_many_are_changed_and_deleted(client: AsyncClient, app: App) -> None:
    support, tickets = await logged_in(Role.SUPPORT), [await a_ticket(app.id) for _ in range(2)]
    change = """mutation ($input: TicketsUpdateInput!) { ticketsUpdate(appId: "banners", input: $input) {
      tickets { priority tags } refused { ticketId message } userErrors { code } } }"""
    ids = [str(ticket.id) for ticket in tickets]
    changed = await ask(client, support, change, input={"ids": [*ids, "0" * 24], "priority": "LOW", "addTags": ["a"]})
    assert changed["ticketsUpdate"] == {
        "tickets": [{"priority": "LOW", "tags": ["a"]}] * 2,
        "refused": [{"ticketId": "0" * 24, "message": "Ticket not found"}],
        "userErrors": [],
    }
    delete = """mutation ($input: TicketsDeleteInput!) { ticketsDelete(appId: "banners", input: $input) {
      deletedCount userErrors { code field } } }"""
    refused = (await ask(client, support, delete, input={}))["ticketsDelete"]
    assert refused == {"deletedCount": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["ids"]}]}
    assert (await ask(client, support, delete, input={"ids": ids}))["ticketsDelete"]["deletedCount"] == 2
    gone = "mutation ($id: ID!) { ticketDelete(id: $id) { deletedId userErrors { code } } }"
    twice = (await ask(client, support, gone, id=ids[0]))["ticketDelete"]
    assert twice == {"deletedId": None, "userErrors": [{"code": "NOT_FOUND"}]}


async def test_a_customer_rates_and_nobody_else_does(client: AsyncClient, app: App) -> None:
    ticket = await a_ticket(app.id, status=TicketStatus.RESOLVED)
    rate = "mutation ($id: ID!) { ticketRate(id: $id, input: {score: 5}) { ticket { rating { score } } } }"
    customer = bearer_of(await a_stored_end_user(app.id, CUSTOMER))
    assert await error_of(client, await logged_in(), rate, id=str(ticket.id)) == "FORBIDDEN"
    rated = await ask(client, customer, rate, id=str(ticket.id))
    assert rated["ticketRate"]["ticket"]["rating"] == {"score": 5}


async def test_an_apps_targets_are_set(client: AsyncClient, app: App) -> None:
    update = """mutation { appUpdate(id: "banners", input: {support: {autoCloseDays: null, acknowledges: false,
      targets: {urgent: {firstResponseMinutes: 30}}}}) {
      app { support { autoCloseDays acknowledges asksRating targets {
        urgent { firstResponseMinutes resolutionMinutes } low { firstResponseMinutes } } } } userErrors { field } } }"""
    shown = (await ask(client, await logged_in(), update))["appUpdate"]["app"]["support"]
    assert shown == {
        "autoCloseDays": None,
        "acknowledges": False,
        "asksRating": True,
        "targets": {
            "urgent": {"firstResponseMinutes": 30, "resolutionMinutes": 1440},
            "low": {"firstResponseMinutes": 2880},
        },
    }
    ticket = await a_ticket(app.id)
    assert (await kept(ticket)).first_response.target == 24 * 3_600_000


async def test_staff_who_watch_are_told_of_changes(client: AsyncClient, app: App) -> None:
    ticket = await a_ticket(app.id)
    answers = await subscribed(await an_actor(Role.VIEWER))
    told = asyncio.ensure_future(anext(answers))
    await asyncio.sleep(0)  # it begins to listen
    await said(ticket, SYSTEM, "Hello", isCustomer=False)
    async with asyncio.timeout(10):
        shown = (await told)["data"]["ticketChanged"]
    assert shown == {"reference": "#1", "status": "OPEN", "messages": {"nodes": [{"content": "Hello"}]}}
    await answers.aclose()


def counting(patched: pytest.MonkeyPatch) -> list[str]:
    """The collections that are read from now on, once for each query."""
    read: list[str] = []
    find = AsyncCollection.find

    def noted(collection: AsyncCollection[Any], *arguments: Any, **options: Any) -> Any:
        read.append(collection.name)
        return find(collection, *arguments, **options)

    patched.setattr(AsyncCollection, "find", noted)
    return read


async def subscribed(actor: Actor) -> Any:
    watch = """subscription { ticketChanged(appId: "banners") { reference status
      messages(first: 1, reverse: true) { nodes { content } } } }"""
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    return await engine.subscribe(engine.prepare(Request(watch, None, {}), context))
