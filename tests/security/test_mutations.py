"""Requests that succeed for who may make them, sent by everybody else: they are refused, told nothing, and nothing
changes. That each of them does succeed is what `tests/contract/test_idempotency.py` is about."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from bson import ObjectId
from graphql import assert_input_object_type, get_named_type
from httpx import AsyncClient

from core.access import STAFF, Access, access_of
from core.scopes import Scope
from schema.fields import RootField
from tests.contract.mutations import MUTATIONS, Asked, prepared
from tests.contract.requests import an_owner
from tests.contract.requests.calling import APP, Caller
from tests.contract.stored import stored
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import a_user, bearer
from tests.security.test_tenants import NO_APP, NOBODY_S, OTHER, Headers, like, said

STRANGER: Final = "stranger@example.com"
ANYBODY_S: Final = {"wantUnvote", "wantVote", "wantVoteToggle"}
"""What all people of an app do with what others of them made."""


def access_to(field: RootField) -> Access:
    assert field.calls is not None
    return access_of(field.calls)


def names_an_object(field: RootField) -> bool:
    """Besides the app."""
    return bool(field.field.args.keys() - {"appId", "eventName", "filter", "input"})


def names_many(field: RootField) -> bool:
    """In its input: those that are not there are left out."""
    given = field.field.args.get("input")
    return given is not None and "ids" in assert_input_object_type(get_named_type(given.type)).fields


CLOSED: Final = [field for field in MUTATIONS if not access_to(field).public]
FOR_OUTSIDERS: Final = [field for field in CLOSED if access_to(field).api_key or access_to(field).end_user]
OF_PEOPLE: Final = [
    field for field in CLOSED if access_to(field).end_user and names_an_object(field) and field.name not in ANYBODY_S
]
OF_AN_APP: Final = [
    field for field in MUTATIONS if "appId" in field.field.args and (names_an_object(field) or names_many(field))
]


@pytest.fixture
async def caller(client: AsyncClient) -> Caller:
    """An owner, of a company with two apps."""
    found = await an_owner(client)
    await an_app(OTHER)
    return found


@pytest.mark.parametrize("field", CLOSED, ids=lambda field: field.name)
async def test_who_may_not_is_refused(field: RootField, caller: Caller) -> None:
    asked = await prepared(caller, field)
    others = await who_may_not(access_to(field))
    await let_in(caller, others)
    before = await stored()
    assert '"UNAUTHENTICATED"' in (await answered(caller, asked, {}))[1]
    for headers in others:
        assert '"FORBIDDEN"' in (await answered(caller, asked, headers))[1]
    assert await stored() == before


@pytest.mark.parametrize("field", FOR_OUTSIDERS, ids=lambda field: field.name)
async def test_a_key_and_an_end_user_of_another_app_learn_nothing(field: RootField, caller: Caller) -> None:
    access, asked = access_to(field), await prepared(caller, field)
    key, end_user = with_key(await an_api_key(OTHER)), bearer_of(await a_stored_end_user(OTHER))
    others = [key] * bool(access.api_key) + [end_user] * access.end_user
    await assert_nothing_is_there(caller, asked, others, never_given(asked.variables))


@pytest.mark.parametrize("field", OF_PEOPLE, ids=lambda field: field.name)
async def test_an_end_user_finds_nothing_of_others(field: RootField, caller: Caller) -> None:
    asked, stranger = await prepared(caller, field), bearer_of(await a_stored_end_user(APP, STRANGER))
    await assert_nothing_is_there(caller, asked, [stranger], never_given(asked.variables, app_id=APP))


@pytest.mark.parametrize("field", OF_AN_APP, ids=lambda field: field.name)
async def test_nobody_finds_an_object_in_another_app(field: RootField, caller: Caller) -> None:
    asked = await prepared(caller, field)
    elsewhere = Asked(field, {**asked.variables, "appId": OTHER}, bearer(caller.owner))
    unknown = never_given(asked.variables, app_id=OTHER)
    await assert_nothing_is_there(caller, elsewhere, [elsewhere.headers], unknown)


async def who_may_not(access: Access) -> list[Headers]:
    """Of all kinds; of those that an operation is open to, one that lacks what it needs."""
    scopes = [scope for scope in Scope if scope != access.api_key]
    roles = [bearer(await a_user(role)) for role in sorted(STAFF - access.roles)]
    end_users = [] if access.end_user else [bearer_of(await a_stored_end_user(APP, STRANGER))]
    return [*roles, *end_users, with_key(await an_api_key(APP, scopes=scopes))]


async def let_in(caller: Caller, others: list[Headers]) -> None:
    """When a key was used is noted once a minute."""
    for headers in others:
        answer = await caller.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert answer.json()["data"] == {"__typename": "Query"}


async def assert_nothing_is_there(
    caller: Caller, asked: Asked, others: list[Headers], unknown: Mapping[str, Any]
) -> None:
    """The answer is the one for what was never given, and nothing changes."""
    await let_in(caller, others)
    before = await stored()
    for headers in others:
        got = await answered(caller, asked, headers)
        assert got == await answered(caller, Asked(asked.field, unknown, headers), headers)
        assert ('"userErrors":[]' in got[1]) is names_many(asked.field)
    assert await stored() == before


async def answered(caller: Caller, asked: Asked, headers: Headers) -> tuple[int, str]:
    answer = await caller.http.post("/graphql", json=asked.body, headers=headers)
    return said(answer, *(value for value in asked.variables.values() if isinstance(value, str)))


def never_given(variables: Mapping[str, Any], app_id: str = NO_APP) -> dict[str, Any]:
    """The same request about what never was."""
    named = {name: like(value) for name, value in variables.items() if isinstance(value, str)}
    return {**variables, **named, "input": _with_other_ids(variables.get("input")), "appId": app_id}


def _with_other_ids(value: Any) -> Any:
    match value:
        case dict():
            return {name: _with_other_ids(one) for name, one in value.items()}
        case list():
            return [_with_other_ids(one) for one in value]
        case str() if ObjectId.is_valid(value):
            return NOBODY_S
        case _:
            return value
