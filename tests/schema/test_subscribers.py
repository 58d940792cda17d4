"""Newsletter subscribers, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_subscriber
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

CREATE = """mutation ($app: ID!, $input: SubscriberCreateInput!) {
  subscriberCreate(appId: $app, input: $input) { subscriber { id email status } userErrors { code field message } } }"""


async def test_a_subscriber_is_added_changed_tagged_and_deleted(client: AsyncClient) -> None:
    marketing, app = await logged_in(Role.MARKETING), await an_app()
    evidence = {"consent": True, "consentText": "Yes", "consentSource": "phone"}
    created = await ask(client, marketing, CREATE, app=app.id, input={"email": "ada@example.com", **evidence})
    identity = created["subscriberCreate"]["subscriber"].pop("id")
    assert created["subscriberCreate"]["subscriber"] == {"email": "ada@example.com", "status": "ACTIVE"}
    query = """mutation ($app: ID!, $id: ID!) {
      subscriberUpdate(appId: $app, id: $id, input: {name: "Ada"}) { subscriber { name } }
      subscribersTag(appId: $app, input: {ids: [$id], add: ["vip"]}) { count userErrors { code } }
      again: subscriberUpdate(appId: $app, id: $id, input: {}) { subscriber { tags app { name } contact { consents {
        newsletter { state } } } } } }"""
    answer = await ask(client, marketing, query, app=app.id, id=identity)
    assert answer["subscriberUpdate"] == {"subscriber": {"name": "Ada"}}
    assert answer["subscribersTag"] == {"count": 1, "userErrors": []}
    assert answer["again"]["subscriber"] == {
        "tags": ["vip"],
        "app": {"name": "Banners"},
        "contact": {"consents": {"newsletter": {"state": "OPTED_IN"}}},
    }
    query = """mutation ($app: ID!, $id: ID!) {
      subscriberDelete(appId: $app, id: $id) { deletedId userErrors { code } } }"""
    deleted = await ask(client, marketing, query, app=app.id, id=identity)
    assert deleted["subscriberDelete"] == {"deletedId": identity, "userErrors": []}
    again = await ask(client, marketing, query, app=app.id, id=identity)
    assert again["subscriberDelete"] == {"deletedId": None, "userErrors": [{"code": "NOT_FOUND"}]}


async def test_lists_and_statistics(client: AsyncClient) -> None:
    viewer, app, other = await logged_in(Role.VIEWER), await an_app(), await an_app()
    ada = await a_contact("ada@example.com")
    subscriber = await a_subscriber(app.id, ada, tags=["vip"])
    await a_subscriber(other.id, ada)
    query = """query ($app: ID!, $id: ID!, $contact: ID!) {
      subscribers(appId: $app, filter: {tag: "vip", status: ACTIVE}, sortKey: EMAIL) { nodes { email } totalCount }
      subscriber(appId: $app, id: $id) { email }
      subscriberStats(appId: $app) { total active bySource { source count } }
      contact(id: $contact) { subscribers { app { id } status } } }"""
    assert await ask(client, viewer, query, app=app.id, id=str(subscriber.id), contact=str(ada.id)) == {
        "subscribers": {"nodes": [{"email": "ada@example.com"}], "totalCount": 1},
        "subscriber": {"email": "ada@example.com"},
        "subscriberStats": {"total": 1, "active": 1, "bySource": [{"source": "api", "count": 1}]},
        "contact": {"subscribers": [{"app": {"id": one}, "status": "ACTIVE"} for one in sorted([app.id, other.id])]},
    }


async def test_viewers_add_nobody(client: AsyncClient) -> None:
    app = await an_app()
    given = {"email": "ada@example.com"}
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, app=app.id, input=given) == "FORBIDDEN"


async def test_what_a_form_can_correct_is_a_user_error(client: AsyncClient) -> None:
    app, marketing = await an_app(), await logged_in(Role.MARKETING)
    wrong = await ask(client, marketing, CREATE, app=app.id, input={"email": "nobody"})
    (error,) = wrong["subscriberCreate"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["email"])


async def test_another_app_s_subscriber_is_not_found(client: AsyncClient) -> None:
    app, other = await an_app(), await an_app()
    subscriber = await a_subscriber(other.id, await a_contact())
    query = "query ($app: ID!, $id: ID!) { subscriber(appId: $app, id: $id) { email } }"
    assert await error_of(client, await logged_in(), query, app=app.id, id=str(subscriber.id)) == "NOT_FOUND"
