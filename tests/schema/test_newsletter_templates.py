"""Newsletter templates, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

CREATE = """mutation ($app: ID!, $input: NewsletterTemplateCreateInput!) {
  newsletterTemplateCreate(appId: $app, input: $input) {
    newsletterTemplate { id name isActive textContent } userErrors { code field message } } }"""
SPRING = {"name": "Spring", "subject": "News for {{ name }}", "htmlContent": "<p>Hello</p>"}


async def test_a_template_is_added_listed_changed_and_deleted(client: AsyncClient) -> None:
    marketing, app = await logged_in(Role.MARKETING), await an_app()
    created = (await ask(client, marketing, CREATE, app=app.id, input=SPRING))["newsletterTemplateCreate"]
    identity = created["newsletterTemplate"].pop("id")
    assert created["newsletterTemplate"] == {"name": "Spring", "isActive": True, "textContent": None}
    query = """query ($app: ID!, $id: ID!) {
      newsletterTemplates(appId: $app, filter: {isActive: true}, sortKey: NAME) { nodes { id } totalCount }
      newsletterTemplate(appId: $app, id: $id) { subject } }"""
    assert await ask(client, marketing, query, app=app.id, id=identity) == {
        "newsletterTemplates": {"nodes": [{"id": identity}], "totalCount": 1},
        "newsletterTemplate": {"subject": SPRING["subject"]},
    }
    query = """mutation ($app: ID!, $id: ID!) {
      newsletterTemplateUpdate(appId: $app, id: $id, input: {name: "Summer"}) { newsletterTemplate { name } }
      newsletterTemplateDelete(appId: $app, id: $id) { deletedId userErrors { code } } }"""
    assert await ask(client, marketing, query, app=app.id, id=identity) == {
        "newsletterTemplateUpdate": {"newsletterTemplate": {"name": "Summer"}},
        "newsletterTemplateDelete": {"deletedId": identity, "userErrors": []},
    }


async def test_viewers_write_none(client: AsyncClient) -> None:
    app = await an_app()
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, app=app.id, input=SPRING) == "FORBIDDEN"


async def test_one_that_does_not_compile_is_a_user_error_with_the_line(client: AsyncClient) -> None:
    app, broken = await an_app(), SPRING | {"htmlContent": "<p>Hello</p>\n{{ surname }}"}
    answer = await ask(client, await logged_in(), CREATE, app=app.id, input=broken)
    assert answer["newsletterTemplateCreate"]["userErrors"] == [
        {"code": "INVALID_INPUT", "field": ["htmlContent"], "message": "Line 2: unknown variables: surname"}
    ]
