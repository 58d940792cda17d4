"""Transactional templates, in GraphQL."""

from typing import Any

import pytest
from httpx import AsyncClient

from core.actor import Role
from models.deliveries import Delivery
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.templates import a_template
from tests.schema.asking import ask, error_of

APP = "banners"
FIELDS = "id key name language category subject html text isActive version variables { name default sample }"
CREATE = f"""
mutation ($input: TemplateCreateInput!) {{
  templateCreate(appId: "banners", input: $input) {{ template {{ {FIELDS} }} userErrors {{ code field message }} }}
}}
"""
PREVIEW = (
    'query ($input: TemplatePreviewInput!) { templatePreview(appId: "banners", input: $input) { subject text html } }'
)
TEST_SEND = """
mutation ($id: ID!, $input: TemplateTestInput!) {
  templateTestSend(appId: "banners", id: $id, input: $input) { deliveryId userErrors { code field message } }
}
"""
NEW: dict[str, Any] = {
    "key": "trial",
    "subject": "{{ days }} days left",
    "html": "<p>Hello {{ name }}</p>",
    "variables": [{"name": "days", "default": 3, "sample": {"of": [1, None]}}],
}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP, name="Banners")


async def test_a_template_is_created_changed_replaced_and_deleted(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    created = (await ask(client, marketing, CREATE, input=NEW))["templateCreate"]["template"]
    identity = created.pop("id")
    assert created == NEW | {
        "name": "trial", "language": "en", "category": "general", "text": None, "isActive": True, "version": 1
    }  # fmt: skip
    update = """mutation ($id: ID!) { templateUpdate(appId: "banners", id: $id, input: {subject: "Hi", text: null}) {
      template { subject version } userErrors { code } } }"""
    assert (await ask(client, marketing, update, id=identity))["templateUpdate"] == {
        "template": {"subject": "Hi", "version": 2},
        "userErrors": [],
    }
    replace = """mutation ($id: ID!) { templateReplace(appId: "banners", id: $id, input: {key: "other", subject: "Hi",
      text: "Hello"}) { template { id key html } } }"""
    assert (await ask(client, marketing, replace, id=identity))["templateReplace"]["template"] == {
        "id": identity,
        "key": "other",
        "html": None,
    }
    delete = """mutation ($id: ID!) { templateDelete(appId: "banners", id: $id) { deletedId userErrors { code } } }"""
    deleted = (await ask(client, marketing, delete, id=identity))["templateDelete"]
    assert deleted == {"deletedId": identity, "userErrors": []}
    assert (await ask(client, marketing, delete, id=identity))["templateDelete"]["userErrors"] == [
        {"code": "NOT_FOUND"}
    ]


async def test_templates_are_listed_and_switched_and_copied(client: AsyncClient) -> None:
    marketing, template = await logged_in(Role.MARKETING), await a_template(APP, key="trial", category="billing")
    steps = """mutation ($id: ID!) { templateToggle(appId: "banners", id: $id) { template { isActive } }
      templateDuplicate(appId: "banners", id: $id) { template { key isActive } } }"""
    assert await ask(client, marketing, steps, id=str(template.id)) == {
        "templateToggle": {"template": {"isActive": False}},
        "templateDuplicate": {"template": {"key": "trial-copy", "isActive": False}},
    }
    query = """{ templates(appId: "banners", filter: {key: "trial"}) { totalCount nodes { key app { id } } }
      templateCategories(appId: "banners") { languages categories } builtInTemplates { key language } }"""
    answer = await ask(client, await logged_in(Role.VIEWER), query)
    assert {"key": "data-export", "language": "de"} in answer.pop("builtInTemplates")
    assert answer == {
        "templates": {"totalCount": 1, "nodes": [{"key": "trial", "app": {"id": "banners"}}]},
        "templateCategories": {"languages": ["en"], "categories": ["billing"]},
    }


async def test_what_a_form_can_correct_is_a_user_error(client: AsyncClient) -> None:
    marketing = await logged_in(Role.MARKETING)
    await a_template(APP, key="trial")
    for fields, code, field, sentence in (
        ({"key": "trial"}, "CONFLICT", ["key"], "The app has a template trial in en already"),
        ({"html": "\n{{ nobody }}"}, "INVALID_INPUT", ["html"], "Line 2: unknown variables: nobody"),
        ({"variables": [{"name": "a b"}]}, "INVALID_INPUT", ["variables", "0", "name"], "String should match"),
    ):
        created = (await ask(client, marketing, CREATE, input=NEW | {"key": "new"} | fields))["templateCreate"]
        (error,) = created["userErrors"]
        assert (created["template"], error["code"], error["field"]) == (None, code, field)
        assert error["message"].startswith(sentence)


async def test_a_preview_shows_drafts_and_says_what_is_wrong_with_them(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    draft = {"subject": "{{ days }} days", "text": "Hello {{ name }}", "variables": [{"name": "days", "sample": 2}]}
    assert (await ask(client, viewer, PREVIEW, input=draft))["templatePreview"] == {
        "subject": "2 days",
        "text": "Hello Ada Lovelace",
        "html": None,
    }
    body = {"query": PREVIEW, "variables": {"input": draft | {"text": "\n{% if %}"}}}
    (error,) = (await client.post("/graphql", json=body, headers=viewer)).json()["errors"]
    assert error["extensions"] | {"field": "text", "line": 2, "code": "INVALID_INPUT"} == error["extensions"]


async def test_a_trial_is_sent(client: AsyncClient) -> None:
    marketing, template = await logged_in(Role.MARKETING), await a_template(APP)
    sent = {"email": "ada@example.com", "values": {"plan": "Pro"}}
    payload = (await ask(client, marketing, TEST_SEND, id=str(template.id), input=sent))["templateTestSend"]
    delivery = await Delivery.get(payload["deliveryId"])
    assert delivery is not None
    assert (delivery.email, delivery.values, payload["userErrors"]) == ("ada@example.com", {"plan": "Pro"}, [])
    wrong = (await ask(client, marketing, TEST_SEND, id=str(template.id), input={"email": "ada"}))["templateTestSend"]
    assert wrong["userErrors"][0]["field"] == ["email"]


async def test_a_viewer_writes_nothing_and_sends_nothing(client: AsyncClient) -> None:
    viewer, template = await logged_in(Role.VIEWER), await a_template(APP)
    assert await error_of(client, viewer, CREATE, input=NEW) == "FORBIDDEN"
    sent = {"email": "ada@example.com"}
    assert await error_of(client, viewer, TEST_SEND, id=str(template.id), input=sent) == "FORBIDDEN"
