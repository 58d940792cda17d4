"""The people who sign in to apps, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.end_users import MERCHANT, a_stored_end_user, bearer_of
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

CURRENT = "{ currentEndUser { email shopDomain app { id name } } }"


async def test_an_end_user_asks_who_they_are_and_signs_out(client: AsyncClient) -> None:
    app = await an_app(name="Banners")
    user = await a_stored_end_user(app.id, shop_domain="tea.myshopify.com")
    headers = bearer_of(user)
    assert (await ask(client, headers, CURRENT))["currentEndUser"] == {
        "email": MERCHANT,
        "shopDomain": "tea.myshopify.com",
        "app": {"id": app.id, "name": "Banners"},
    }
    query = "mutation ($id: ID!) { endUserSignOut(id: $id) { endedId userErrors { code } } }"
    ended = await ask(client, headers, query, id=str(user.id))
    assert ended["endUserSignOut"] == {"endedId": str(user.id), "userErrors": []}
    assert await error_of(client, headers, CURRENT) == "UNAUTHENTICATED"


async def test_staff_list_end_users_and_switch_them_off(client: AsyncClient) -> None:
    app, contact = await an_app(name="Banners"), await a_contact(MERCHANT, name="Mo")
    user = await a_stored_end_user(app.id, contact_id=contact.id)
    support = await logged_in(Role.SUPPORT)
    query = """query ($app: ID!) { endUsers(appId: $app, filter: {search: "merchant"}) {
      nodes { id email isActive loginCount app { name } contact { name endUsers { email } } } totalCount } }"""
    shown = {"id": str(user.id), "email": MERCHANT, "isActive": True, "loginCount": 1}
    assert (await ask(client, support, query, app=app.id))["endUsers"] == {
        "nodes": [{**shown, "app": {"name": "Banners"}, "contact": {"name": "Mo", "endUsers": [{"email": MERCHANT}]}}],
        "totalCount": 1,
    }
    query = """mutation ($id: ID!) { endUserUpdate(id: $id, input: {isActive: false}) {
      endUser { isActive } userErrors { code } } }"""
    updated = await ask(client, support, query, id=str(user.id))
    assert updated["endUserUpdate"] == {"endUser": {"isActive": False}, "userErrors": []}
    query = "query ($id: ID!) { endUser(id: $id) { isActive } }"
    assert (await ask(client, support, query, id=str(user.id)))["endUser"] == {"isActive": False}
    assert await error_of(client, bearer_of(user), CURRENT) == "UNAUTHENTICATED"


async def test_readers_switch_nobody_off(client: AsyncClient) -> None:
    user = await a_stored_end_user((await an_app()).id)
    query = "mutation ($id: ID!) { endUserSignOut(id: $id) { userErrors { code } } }"
    assert await error_of(client, await logged_in(Role.VIEWER), query, id=str(user.id)) == "FORBIDDEN"


async def test_an_end_user_who_is_not_there(client: AsyncClient) -> None:
    query = 'mutation { endUserUpdate(id: "x", input: {}) { userErrors { code message } } }'
    answer = await ask(client, await logged_in(), query)
    assert answer["endUserUpdate"] == {"userErrors": [{"code": "NOT_FOUND", "message": "End user not found"}]}
