"""What belongs to one app does not exist for another: all operations are walked, over REST and over GraphQL.

To whoever may not see an object, the answer is the one for an id that was never given: the same status, the same words.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import pytest
from bson import ObjectId
from graphql import get_named_type, is_required_argument
from httpx import AsyncClient, Response
from pymongo.errors import DuplicateKeyError

from core.access import STAFF, access_of
from core.rate_limits import RateLimits
from models import DOCUMENTS
from rest_compat.contract import Endpoint
from rest_compat.routes import ALL
from rest_compat.routing import Route
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.contract.requests import REQUESTS, Call, an_owner, prepared
from tests.contract.requests.calling import APP, Caller
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import a_user, bearer
from tests.security.test_end_users import asking

OTHER: Final = "tea"
NO_APP: Final = "no-such-app"
NOBODY_S: Final = "5f5e100000000000000000ca"
Headers = Mapping[str, str]


def name_of(row: Route) -> str:
    return f"{row.method} {row.path}"


ROWS: Final = [row for rows in ALL.values() for row in rows if not row.access.public and not row.signed_by]
OF_AN_APP: Final = [row for row in ROWS if "{appId}" in row.path]
OPEN_TO_KEYS: Final = [row for row in ROWS if row.access.api_key]
NAMING_AN_OBJECT: Final = [row for row in OF_AN_APP if row.path.count("{") > 1 and "{eventName}" not in row.path]
FIELDS: Final = [
    field
    for field in root_fields(SCHEMA)
    if field.kind != "mutation" and field.calls and not access_of(field.calls).public
]


async def call_of(caller: Caller, row: Route) -> Call:
    """With everything that it names in place, in the app."""
    return await prepared(caller, Endpoint(method=row.method, path=row.path, auth=(), summary="", responses={}))


async def answered(caller: Caller, call: Call, headers: Headers, path: str) -> tuple[int, str]:
    return said(await caller.http.request(call.method, path + call.query, json=call.body, headers=headers))


def said(answer: Response, *named: str) -> tuple[int, str]:
    """Without what the caller named themselves."""
    text = answer.text
    for one in named:
        text = text.replace(one, "…")
    return answer.status_code, text


@pytest.fixture
async def caller(client: AsyncClient) -> Caller:
    """An owner, of a company with two apps."""
    found = await an_owner(client)
    await an_app(OTHER)
    return found


@pytest.fixture
async def foreign_key() -> Headers:
    """With all scopes."""
    return with_key(await an_api_key(OTHER))


class TestAKeyOfAnotherApp:
    @pytest.mark.parametrize("row", OF_AN_APP, ids=name_of)
    async def test_is_told_what_it_would_be_told_if_there_were_no_such_app(
        self, row: Route, caller: Caller, foreign_key: Headers
    ) -> None:
        call = await call_of(caller, row)
        real = await answered(caller, call, foreign_key, call.path)
        none = await answered(caller, call, foreign_key, call.path.replace(APP, NO_APP))
        assert real == none
        assert real[0] == (404 if row.access.api_key else 403)

    @pytest.mark.parametrize("row", [row for row in OPEN_TO_KEYS if row.path.count("{")], ids=name_of)
    async def test_finds_no_object_of_the_first_in_its_own(
        self, row: Route, caller: Caller, foreign_key: Headers
    ) -> None:
        call = await call_of(caller, row)
        own = call.path.replace(APP, OTHER)
        if row in OF_AN_APP and row not in NAMING_AN_OBJECT:
            assert APP not in (await answered(caller, call, foreign_key, own))[1]
            return
        assert await answered(caller, call, foreign_key, own) == await answered(
            caller, call, foreign_key, unknown(row, own)
        )


@pytest.mark.parametrize("row", NAMING_AN_OBJECT, ids=name_of)
async def test_staff_find_an_object_in_its_own_app_alone(row: Route, caller: Caller) -> None:
    call = await call_of(caller, row)
    elsewhere = call.path.replace(APP, OTHER)
    asked, owner = unknown(row, elsewhere), bearer(caller.owner)
    found = await answered(caller, call, owner, elsewhere)
    assert found == await answered(caller, call, owner, asked)


@pytest.mark.parametrize("row", [row for row in ROWS if "{" in row.path and not row.access.roles >= STAFF], ids=name_of)
async def test_a_role_that_may_not_is_not_told_whether_there_is_anything(row: Route, caller: Caller) -> None:
    call = await call_of(caller, row)
    for role in STAFF - row.access.roles:
        headers = bearer(await a_user(role))
        real = await answered(caller, call, headers, call.path)
        assert real == await answered(caller, call, headers, unknown(row, call.path))
        assert real[0] == 403


def unknown(row: Route, path: str) -> str:
    """The path with an id that was never given for the object that it names last."""
    pattern, parts = row.path.rstrip("/").split("/"), path.rstrip("/").split("/")
    places = [place for place, part in enumerate(pattern) if part.startswith("{") and part != "{appId}"]
    if not places:
        return path.replace(APP, NO_APP)
    parts[places[0]] = like(parts[places[0]])
    return "/".join(parts)


def like(identity: str) -> str:
    """One of the same kind that was never given."""
    if ObjectId.is_valid(identity):
        return NOBODY_S
    return "never-given.myshopify.com" if "." in identity else "never-given"


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything may be asked as often as one likes."""

    async def whatever(*_: object) -> None:
        """As if from many."""

    for check in ("count", "attempt"):
        monkeypatch.setattr(RateLimits, check, whatever)


@pytest.mark.usefixtures("unlimited")
class TestGraphQL:
    """Each field is asked for one document of each collection of the first app, and for one that never was. Mutations
    are tried in `test_mutations.py`, with requests that would succeed."""

    async def test_a_key_and_an_end_user_of_another_app_learn_of_nothing(self, caller: Caller) -> None:
        ids = await everything(caller)
        key = with_key(await an_api_key(OTHER))
        end_user = bearer_of(await a_stored_end_user(OTHER))
        told = []
        for field in FIELDS:
            access = access_of(field.calls)  # type: ignore[arg-type]  # those that name none were left out
            for headers in [key] * bool(access.api_key) + [end_user] * access.end_user:
                told += [difference async for difference in differences(caller, field, headers, ids)]
        assert told == []

    async def test_staff_find_an_object_in_its_own_app_alone(self, caller: Caller) -> None:
        ids = await everything(caller)
        fields = [field for field in FIELDS if "appId" in field.field.args and field.kind != "subscription"]
        told = []
        for field in fields:
            found = differences(caller, field, bearer(caller.owner), ids, appId=OTHER)
            told += [difference async for difference in found]
        assert told == []


async def everything(caller: Caller) -> list[str]:
    """What each row of the REST interface needs is in place; returns the id of one document of each collection."""
    for needs in dict.fromkeys(request.needs for request in REQUESTS.values()):
        with suppress(AssertionError, DuplicateKeyError):  # some of it may be there already
            await needs(caller)
    found = []
    for document in DOCUMENTS:
        newest = await document.get_pymongo_collection().find_one({}, sort=[("_id", -1)])
        if newest is not None and isinstance(newest["_id"], ObjectId):
            found.append(str(newest["_id"]))
    return found


async def differences(caller: Caller, field: RootField, headers: Headers, ids: list[str], **known: Any) -> Any:
    """Where an id of somebody else's is answered otherwise than one that was never given."""
    for arguments in naming(field):
        expected = await asked(caller, field, headers, {**known, **dict.fromkeys(arguments, NOBODY_S)})
        for identity in ids:
            got = await asked(caller, field, headers, {**known, **dict.fromkeys(arguments, identity)})
            if got != expected:
                yield field.name, identity, got, expected


def naming(field: RootField) -> Iterator[tuple[str, ...]]:
    """The arguments that name an object."""
    ids = [
        name
        for name, argument in field.field.args.items()
        if get_named_type(argument.type).name == "ID" and name != "appId" and is_required_argument(argument)
    ]
    if ids:
        yield tuple(ids)


async def asked(caller: Caller, field: RootField, headers: Headers, known: Mapping[str, str]) -> tuple[int, str]:
    accept = {"Accept": "text/event-stream"} if field.kind == "subscription" else {}
    answer = await caller.http.post("/graphql", json=asking(field, **known), headers={**headers, **accept})
    return said(answer, *known.values())
