"""Signing in to an app by a link or a code, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from core.scopes import Scope
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import MERCHANT, asked, mailed
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

REQUEST = """mutation ($app: ID!, $input: MagicLinkRequestInput!) {
  magicLinkRequest(appId: $app, input: $input) { isAccepted userErrors { code field } } }"""
VERIFY = """mutation ($app: ID!, $input: MagicLinkVerifyInput!) {
  magicLinkVerify(appId: $app, input: $input) { token expiresAt endUser { email } userErrors { code field } } }"""


async def test_somebody_asks_for_a_code_and_signs_in(client: AsyncClient) -> None:
    app = await an_app()
    backend = with_key(await an_api_key(app.id, scopes=[Scope.MAGIC_LINKS_WRITE]))
    answer = await ask(client, backend, REQUEST, app=app.id, input={"email": MERCHANT})
    assert answer["magicLinkRequest"] == {"isAccepted": True, "userErrors": []}
    found = await mailed(app.id)
    session = await ask(client, {}, VERIFY, app=app.id, input={"email": MERCHANT, "code": found.code})
    headers = {"Authorization": f"Bearer {session['magicLinkVerify']['token']}"}
    assert (await ask(client, headers, "{ currentEndUser { email } }"))["currentEndUser"] == {"email": MERCHANT}


async def test_a_link_leads_to_the_app(client: AsyncClient) -> None:
    app = await an_app(name="Banners")
    await app.set({"allowedOrigins": ["https://banners.example.com"]})
    token = (await asked(app, redirectUrl="https://banners.example.com/in")).token
    query = "query ($app: ID!, $token: String!) { magicLink(appId: $app, token: $token) { appName address leadsTo } }"
    assert (await ask(client, {}, query, app=app.id, token=token))["magicLink"] == {
        "appName": "Banners",
        "address": "m•••@example.com",
        "leadsTo": "https://banners.example.com",
    }
    query = """mutation ($app: ID!, $token: String!) {
      magicLinkFollow(appId: $app, token: $token) { url code userErrors { code } } }"""
    followed = (await ask(client, {}, query, app=app.id, token=token))["magicLinkFollow"]
    assert followed.pop("url").startswith("https://banners.example.com/in#token=")
    assert followed == {"code": None, "userErrors": []}
    assert await error_of(client, {}, query, app=app.id, token=token) == "GONE"


async def test_viewers_ask_for_nobody(client: AsyncClient) -> None:
    given = {"email": MERCHANT}
    code = await error_of(client, await logged_in(Role.VIEWER), REQUEST, app=(await an_app()).id, input=given)
    assert code == "FORBIDDEN"


async def test_a_wrong_code_signs_nobody_in(client: AsyncClient) -> None:
    given = {"email": MERCHANT, "code": "000000"}
    assert await error_of(client, {}, VERIFY, app=(await an_app()).id, input=given) == "UNAUTHENTICATED"


async def test_a_page_that_the_app_does_not_allow_is_a_user_error(client: AsyncClient) -> None:
    given = {"email": MERCHANT, "redirectUrl": "https://evil.example"}
    answer = await ask(client, await logged_in(), REQUEST, app=(await an_app()).id, input=given)
    assert answer["magicLinkRequest"] == {
        "isAccepted": False,
        "userErrors": [{"code": "INVALID_INPUT", "field": ["redirectUrl"]}],
    }
