"""What an end user can reach: what says so, in their own app, and nothing else. All operations are walked."""

import inspect
from typing import Any, Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
)
from httpx import AsyncClient

from core.access import Access, access_of
from core.errors import Forbidden
from resolvers.authentication import Credentials, authenticate
from rest_compat.contract import Endpoint
from rest_compat.routes import ALL
from rest_compat.routing import Route
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.failures import Refused
from schema.serving.limits import Limits
from tests.architecture.test_access import OPERATIONS
from tests.contract.requests import an_owner, prepared
from tests.contract.requests.calling import APP
from tests.factories.apps import an_app
from tests.factories.end_users import MERCHANT, a_stored_end_user, an_end_user, bearer_of
from tests.factories.people import a_user, logged_in
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket

IDENTITY: Final = "5f5e100000000000000000ca"
KNOWN: Final = {"appId": APP, "email": MERCHANT}
VALUES: Final[dict[str, Any]] = {
    "Boolean": True,
    "DateTime": "2026-01-31T09:00:00Z",
    "Decimal": "1",
    "Float": 1.0,
    "Int": 1,
    "JSON": {},
}
SENT: Final[dict[str, Any]] = {"automationDryRun": {"shopDomain": "tea.myshopify.com"}}
"""Inputs that are valid only with something that they need not have."""
ROUTES: Final = [route for routes in ALL.values() for route in routes]
FIELDS: Final = root_fields(SCHEMA)


def is_closed(access: Access) -> bool:
    return not access.public and not access.end_user


def name_of(row: Route) -> str:
    return f"{row.method} {row.path}"


CLOSED_OPERATIONS: Final = [operation for operation in OPERATIONS if is_closed(access_of(operation))]
CLOSED_ROUTES: Final = [route for route in ROUTES if is_closed(route.access)]
CLOSED_FIELDS: Final = [field for field in FIELDS if field.calls and is_closed(access_of(field.calls))]
OPEN_ROUTES: Final = [
    route for route in ROUTES if route.access.end_user and not route.access.public and "{appId}" in route.path
]
OPEN_FIELDS: Final = [field for field in FIELDS if field.calls and access_of(field.calls).end_user]
OPEN_QUERIES_OF_AN_APP: Final = [
    field for field in OPEN_FIELDS if "appId" in field.field.args and field.kind != "mutation"
]
"""Mutations are tried in `test_mutations.py`."""
FOR_STAFF: Final = {
    "AgentAction", "AgentActionConnection", "ApiKey", "App", "Campaign", "Contact", "Delivery", "DeliveryConnection",
    "EmailJob", "InboundMessage", "InboundMessageConnection", "Merchant", "Prospect", "Shop", "User", "Want",
}  # fmt: skip
GUARDED: Final = {
    "Feedback": ("app", "contact", "shop", "want"),
    "Ticket": ("agentActions", "app", "assignee", "contact", "merchant", "shop"),
}
"""They are null."""
REFUSED: Final = {"Ticket": ("deliveries",)}
"""It is forbidden."""


def value_of(kind: Any, name: str = "") -> Any:
    """Some value of an input's type."""
    match kind:
        case GraphQLNonNull():
            return value_of(kind.of_type, name)
        case GraphQLList():
            return []
        case GraphQLEnumType():
            return next(iter(kind.values))
        case GraphQLInputObjectType():
            fields = kind.fields.items()
            return {
                name: value_of(field.type, name) for name, field in fields if isinstance(field.type, GraphQLNonNull)
            }
        case _ if name in KNOWN:
            return KNOWN[name]
        case _:
            return VALUES.get(kind.name, IDENTITY)


def asking(field: RootField, **known: Any) -> dict[str, Any]:
    """A request for a field, with the arguments that it needs."""
    needed = {name: one for name, one in field.field.args.items() if is_required_argument(one) or name == "id"}
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in needed.items())
    passed = ", ".join(f"{name}: ${name}" for name in needed)
    call = f"{field.name}({passed})" if passed else field.name
    returned = get_named_type(field.field.type)
    shown = "userErrors { code }" if "userErrors" in getattr(returned, "fields", ()) else "__typename"
    selected = f" {{ {shown} }}" if isinstance(returned, GraphQLObjectType) else ""
    return {
        "query": f"{field.kind}{f'({declared})' if declared else ''} {{ {call}{selected} }}",
        "variables": {name: value_of(one.type, name) for name, one in needed.items()}
        | ({"input": SENT[field.name]} if field.name in SENT else {})
        | known,
    }


@pytest.fixture
async def headers(platform: object) -> dict[str, str]:
    """Of an end user of the app."""
    await an_app(APP)
    return {**bearer_of(await a_stored_end_user(APP))}


@pytest.mark.parametrize("operation", CLOSED_OPERATIONS, ids=lambda one: f"{one.__module__}.{one.__name__}")
async def test_an_operation_that_does_not_say_so_is_closed(operation: Any) -> None:
    called = operation(an_end_user(APP))
    with pytest.raises(Forbidden):
        await (called if inspect.isawaitable(called) else anext(called))


@pytest.mark.parametrize("route", CLOSED_ROUTES, ids=name_of)
async def test_its_path_is_a_403(route: Route, client: AsyncClient, headers: dict[str, str]) -> None:
    parts = (IDENTITY if part.startswith("{") else part for part in route.path.replace("{appId}", APP).split("/"))
    answer = await client.request(route.method, "/".join(parts), headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"success": False, "error": answer.json()["error"]})


@pytest.mark.parametrize("field", CLOSED_FIELDS, ids=lambda field: field.name)
async def test_its_field_is_forbidden(field: RootField, client: AsyncClient, headers: dict[str, str]) -> None:
    accept = {"Accept": "text/event-stream"} if field.kind == "subscription" else {}
    answer = await client.post("/graphql", json=asking(field), headers={**headers, **accept})
    assert '"code":"FORBIDDEN"' in answer.text.replace(" ", ""), answer.text


@pytest.mark.parametrize("route", OPEN_ROUTES, ids=name_of)
async def test_an_open_path_of_another_app_is_not_found(route: Route, client: AsyncClient) -> None:
    endpoint = Endpoint(method=route.method, path=route.path, auth=(), summary="", responses={})
    call = await prepared(await an_owner(client), endpoint)
    await an_app("tea")
    headers = bearer_of(await a_stored_end_user("tea"))
    answer = await client.request(call.method, call.path, json=call.body, headers=headers)
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize("field", OPEN_QUERIES_OF_AN_APP, ids=lambda field: field.name)
async def test_an_open_field_shows_no_other_app(field: RootField, client: AsyncClient, headers: dict[str, str]) -> None:
    await an_app("tea")
    accept = {"Accept": "text/event-stream"} if field.kind == "subscription" else {}
    answer = await client.post("/graphql", json=asking(field, appId="tea"), headers={**headers, **accept})
    assert '"NOT_FOUND"' in answer.text, answer.text


def edges_to_staff() -> set[str]:
    """Where an open field leads to what is for staff, and how."""
    found, seen = set(), set()
    waiting = [SCHEMA._schema.type_map[get_named_type(field.field.type).name] for field in OPEN_FIELDS]
    while waiting:
        kind = waiting.pop()
        if not isinstance(kind, GraphQLObjectType) or kind.name in seen:
            continue
        seen.add(kind.name)
        for name, field in kind.fields.items():
            leads_to = get_named_type(field.type)
            if leads_to.name in FOR_STAFF:
                found.add(f"{kind.name}.{name}")
            else:
                waiting.append(leads_to)
    return found


def test_what_leads_from_an_open_field_to_staff_asks_who_calls() -> None:
    """Types are reached without asking again. Where one has a field that leads to what is for staff, that field has to
    ask, and to stand here, where it is tried."""
    tried = [*GUARDED.items(), *REFUSED.items()]
    assert edges_to_staff() == {f"{kind}.{name}" for kind, names in tried for name in names}


@pytest.mark.parametrize("kind", GUARDED)
async def test_it_shows_nothing_to_an_end_user(kind: str, client: AsyncClient, headers: dict[str, str]) -> None:
    await a_shop(APP, "tea.myshopify.com", email=MERCHANT)
    ticket = await a_ticket(APP, email=MERCHANT, shop_domain="tea.myshopify.com")
    selected = "{ " + " ".join(f"{name} {{ __typename }}" for name in GUARDED[kind]) + " }"
    queries = {
        "Feedback": f"""mutation {{ said: feedbackCreate(appId: "{APP}", input: {{
            rating: 5, email: "{MERCHANT}" }}) {{ feedback {selected} userErrors {{ message }} }} }}""",
        "Ticket": f'{{ ticket(id: "{ticket.id}") {selected} }}',
    }
    found = []
    for who in (headers, await logged_in()):
        answer = (await client.post("/graphql", json={"query": queries[kind]}, headers=who)).json()
        (data,) = answer["data"].values()
        found.append(data["feedback"] if kind == "Feedback" else data)
    shown, to_staff = found
    assert set(shown.values()) == {None}
    assert to_staff["app"] and to_staff["contact"]


@pytest.mark.parametrize("name", REFUSED["Ticket"])
async def test_it_lists_nothing_to_an_end_user(name: str, client: AsyncClient, headers: dict[str, str]) -> None:
    ticket = await a_ticket(APP, email=MERCHANT)
    query = {"query": f'{{ ticket(id: "{ticket.id}") {{ {name} {{ __typename }} }} }}'}
    assert '"FORBIDDEN"' in (await client.post("/graphql", json=query, headers=headers)).text
    assert "errors" not in (await client.post("/graphql", json=query, headers=await logged_in())).json()


async def test_in_production_they_introspect_as_little_as_strangers(platform: object) -> None:
    class Asking:
        actor = an_end_user(APP)

    engine = Engine(SCHEMA, Limits(), production=True)
    with pytest.raises(Refused, match="introspection"):
        engine.prepare(Request("{ __schema { types { name } } }", None, {}), Asking())  # type: ignore[arg-type]


async def test_their_token_opens_nothing_as_a_key_and_nothing_of_staff(client: AsyncClient, platform: object) -> None:
    await an_app(APP)
    user, staff = await a_stored_end_user(APP), await a_user()
    token = bearer_of(user)["Authorization"].removeprefix("Bearer ")
    assert (await client.get("/auth/me", headers={"X-API-Key": token})).status_code == 401
    assert (await client.get("/auth/me", headers=bearer_of(user))).status_code == 403
    assert (await authenticate(Credentials(bearer=token))).role is None
    assert str(staff.id) != str(user.id)
