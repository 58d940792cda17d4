"""Tools of fields that no path of REST has, and questions in GraphQL."""

from typing import Any, Final

import pytest

from assistants.catalogue import fields_without_row
from assistants.selections import document_of
from core.actor import Role
from core.scopes import Scope
from models.canned_replies import CannedReply
from rest_compat.routes import ALL
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.assistants.conversations import called, text_of
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor

APP: Final = "banners-all-over"
FIELDS: Final = list(fields_without_row([row for rows in ALL.values() for row in rows], root_fields(SCHEMA)))
ENGINE: Final = Engine(SCHEMA, Limits(), production=True)
REPLY: Final[dict[str, Any]] = {"appId": APP, "input": {"title": "Hello", "shortcut": "hello", "body": "Hello there"}}

pytestmark = pytest.mark.usefixtures("platform")


@pytest.mark.parametrize("root", FIELDS, ids=lambda root: root.name)
def test_the_document_of_every_field_is_within_the_limits(root: RootField) -> None:
    text = document_of(root)
    document = ENGINE._documents.read(text, trusted=False)
    assert ENGINE._affordable(document, Request(text, None, {})) <= ENGINE.limits.cost


class TestFields:
    async def test_writes_and_lists(self) -> None:
        await an_app(APP)
        admin = await an_actor(Role.ADMIN)
        made = await called(admin, "create_canned_reply", **REPLY)
        assert made.structured_content["data"]["cannedReply"]["shortcut"] == "hello"
        assert "userErrors" not in made.structured_content["data"]
        listed = await called(admin, "list_canned_replies", appId=APP)
        assert [one["title"] for one in listed.structured_content["data"]["nodes"]] == ["Hello"]

    async def test_says_how_a_list_goes_on(self) -> None:
        await an_app(APP)
        admin = await an_actor(Role.ADMIN)
        for number in range(2):
            await called(admin, "create_canned_reply", appId=APP, input=REPLY["input"] | {"shortcut": f"hello{number}"})
        first = await called(admin, "list_canned_replies", appId=APP, first=1)
        cursor = first.structured_content["data"]["pageInfo"]["endCursor"]
        assert text_of(first).endswith(f"There is more: call again with after {cursor}")
        last = await called(admin, "list_canned_replies", appId=APP, first=1, after=cursor)
        assert "There is more" not in text_of(last)

    async def test_who_may_not_is_told_so(self) -> None:
        refused = await called(backend_of(APP), "create_canned_reply", **REPLY)
        assert text_of(refused) == "An API key may not do this (FORBIDDEN)"

    @pytest.mark.parametrize(
        ("given", "sentence", "code"),
        [
            ({"input": {"title": "", "shortcut": "hello", "body": "x"}}, "title: ", "INVALID_INPUT"),
            ({"input": {"title": "Hello"}}, "Variable '$input' has invalid value", "INVALID_INPUT"),
            ({"input": REPLY["input"], "where": 1}, "where: is not a known field", "INVALID_INPUT"),
            ({"appId": "nowhere", "input": REPLY["input"]}, "Unknown app", "NOT_FOUND"),
        ],
    )
    async def test_what_is_wrong_is_named(self, given: dict[str, Any], sentence: str, code: str) -> None:
        await an_app(APP)
        refused = await called(await an_actor(), "create_canned_reply", **{"appId": APP, **given})
        assert refused.is_error
        assert sentence in text_of(refused)
        assert refused.structured_content["code"] == code
        assert await CannedReply.count() == 0


class TestQuestions:
    async def test_what_belongs_together_comes_in_one_answer(self) -> None:
        await an_app(APP)
        query = "query($id: ID!) { app(id: $id) { name } plans(appId: $id) { nodes { name } } }"
        answered = await called(await an_actor(Role.VIEWER), "query_graphql", query=query, variables={"id": APP})
        assert answered.structured_content["data"] == {"app": {"name": "Banners"}, "plans": {"nodes": []}}

    async def test_nothing_is_written(self) -> None:
        refused = await called(await an_actor(), "query_graphql", query="mutation { signOutEverywhere { __typename } }")
        assert text_of(refused) == "Only queries are answered here: tools write (INVALID_INPUT)"

    async def test_no_secret_is_asked_for(self) -> None:
        query = '{ harmless: automationWebhookSecret(appId: "banners-all-over") }'
        refused = await called(await an_actor(), "query_graphql", query=query)
        assert text_of(refused).startswith("automationWebhookSecret is not for assistants: A password, a key, a secret")

    async def test_the_rules_are_those_of_graphql(self) -> None:
        refused = await called(backend_of(APP, Scope.PLANS_READ), "query_graphql", query="{ users { nodes { id } } }")
        assert refused.structured_content["code"] == "FORBIDDEN"

    @pytest.mark.parametrize("query", ["{", "{ nothing }", "subscription { logAdded { id } }", 1, ""])
    async def test_what_is_no_query_is_refused(self, query: object) -> None:
        assert (await called(await an_actor(), "query_graphql", query=query)).is_error
