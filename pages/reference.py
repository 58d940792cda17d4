"""The reference of the interface, made from what is served: the rows of the route map, their OpenAPI description, the
contract's words, and for each row the GraphQL field that calls the same operation."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from core.access import STAFF, Access
from core.actor import Role
from pages.json_schemas import Field, Schemas, example_of_parameter
from rest_compat.contract import contract
from rest_compat.routing import MEANINGS, Categories, Route

EVERYWHERE: Final = {429, 500}
"""Statuses that any row may answer with: said once, not at each."""

BEARER: Final = '-H "Authorization: Bearer $TOKEN"'
API_KEY: Final = '-H "X-API-Key: $API_KEY"'
JSON_BODY: Final = '-H "Content-Type: application/json"'


class Counterpart(Protocol):
    """A GraphQL field that calls an operation, and a document that uses it."""

    @property
    def name(self) -> str: ...

    @property
    def sample(self) -> str: ...


Counterparts = Mapping[Callable[..., Any], Counterpart]


@dataclass(frozen=True, slots=True)
class Status:
    code: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`auth` says in words who may call; `answer` is the example of a success, None where it is not JSON."""

    method: str
    path: str
    anchor: str
    summary: str
    schemes: tuple[str, ...]
    auth: str
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    statuses: tuple[Status, ...]
    request: str
    answer: Any
    counterpart: Counterpart | None


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    anchor: str
    description: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    title: str
    version: str
    url: str
    categories: tuple[Category, ...]

    @property
    def index(self) -> dict[str, Any]:
        """What a program asks for first."""
        return {
            "title": self.title,
            "version": self.version,
            "links": {"graphql": "/graphql", "graphiql": "/graphiql", "docs": "/docs", "openapi": "/openapi.json"},
            "categories": [
                {
                    "name": category.name,
                    "description": category.description,
                    "endpoints": [_index_entry(endpoint) for endpoint in category.endpoints],
                }
                for category in self.categories
            ],
        }


def reference_of(categories: Categories, openapi: Mapping[str, Any], counterparts: Counterparts, url: str) -> Reference:
    """Of the categories that are served, in the contract's order. `url` is where the server is reached."""
    schemas = Schemas(openapi)

    def endpoint(row: Route) -> Endpoint:
        return endpoint_of(row, openapi, schemas, counterparts.get(row.calls), url)

    words = contract()
    shown = []
    for category in words.categories:
        endpoints = tuple(endpoint(row) for row in categories.get(category.name, []))
        if endpoints:
            shown.append(Category(category.name, anchor_of(category.name), category.description, endpoints))
    return Reference(words.title, words.version, url, tuple(shown))


def first_steps(url: str) -> dict[str, str]:
    """Commands for somebody who begins."""
    login = pretty({"email": "ada@example.com", "password": "correct horse battery"})
    question = json.dumps({"query": "{ apps(first: 5) { nodes { id name } } }"})
    return {
        "sign_in": f"curl {url}/auth/login \\\n  {JSON_BODY} \\\n  -d '{login}'",
        "ask_graphql": f"curl {url}/graphql \\\n  {BEARER} \\\n  {JSON_BODY} \\\n  -d '{question}'",
        "ask_rest": f"curl {url}/banners-all-over/plans/active \\\n  {API_KEY}",
    }


def endpoint_of(
    row: Route, openapi: Mapping[str, Any], schemas: Schemas, counterpart: Counterpart | None, url: str
) -> Endpoint:
    """Of a row that OpenAPI describes."""
    operation = openapi["paths"][row.path.rstrip("/")][row.method.lower()]
    query = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    body = _json_schema(operation.get("requestBody", {}))
    answer = _json_schema(operation["responses"][str(row.status)]) if row.returns else None
    codes = [row.status, *(code for code in row.failures if code not in EVERYWHERE)]
    return Endpoint(
        method=row.method,
        path=row.path,
        anchor=anchor_of(f"{row.method} {row.path}"),
        summary=row.summary,
        schemes=row.access.schemes,
        auth=who_may(row.access, row.signed_by),
        query=tuple(schemas.field(one["name"], one["schema"], one["required"]) for one in query),
        body=tuple(schemas.fields(body)) if body else (),
        statuses=tuple(Status(code, MEANINGS.get(code, "Success")) for code in codes),
        request=_curl(row, schemas.example(body) if body else None, url),
        answer=schemas.example(answer) if answer else None,
        counterpart=counterpart,
    )


def _json_schema(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema: Mapping[str, Any] | None = content.get("content", {}).get("application/json", {}).get("schema")
    return schema


def who_may(access: Access, signed_by: Sequence[str] = ()) -> str:
    """In words."""
    if signed_by:
        return f"Whoever signs it: {', '.join(signed_by)}"
    if access.public:
        return "Everybody, without a credential"
    roles = "any role" if access.roles == STAFF else ", ".join(role for role in Role if role in access.roles)
    callers = [
        f"Staff ({roles})" if access.roles else "",
        f"API key with {access.api_key}" if access.api_key else "",
        "End user of the app" if access.end_user else "",
    ]
    return " · ".join(caller for caller in callers if caller)


def _curl(row: Route, body: Any, url: str) -> str:
    """A command that can be pasted, once the credential is in the environment."""
    parts = row.path.split("/")
    path = "/".join(example_of_parameter(part[1:-1]) if part.startswith("{") else part for part in parts)
    lines = [f"curl {url}{path}" if row.method == "GET" else f"curl -X {row.method} {url}{path}"]
    if "jwt" in row.access.schemes:
        lines.append(BEARER)
    elif "apiKey" in row.access.schemes:
        lines.append(API_KEY)
    if body is not None:
        lines += [JSON_BODY, f"-d '{pretty(body)}'"]
    return " \\\n  ".join(lines)


def _index_entry(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "method": endpoint.method,
        "path": endpoint.path,
        "summary": endpoint.summary,
        "auth": list(endpoint.schemes),
        "statuses": [status.code for status in endpoint.statuses],
        "graphql": endpoint.counterpart.name if endpoint.counterpart else None,
    }


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def anchor_of(text: str) -> str:
    """A fragment that can be read: `PATCH /users/{id}` is `patch-users-id`."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return "-".join(words.split())
