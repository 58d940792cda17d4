"""Logging in, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import PASSWORD, a_user, logged_in
from tests.schema.asking import ask, error_of

LOG_IN = """
mutation ($email: String!, $password: String!) {
  logIn(input: {email: $email, password: $password}) { token user { email role } userErrors { code field } }
}
"""


async def test_a_login_gives_a_token_that_opens_the_rest(client: AsyncClient) -> None:
    user = await a_user(Role.SUPPORT)
    session = (await ask(client, {}, LOG_IN, email=user.email, password=PASSWORD))["logIn"]
    assert session["user"] == {"email": user.email, "role": "SUPPORT"}
    headers = {"Authorization": f"Bearer {session['token']}"}
    assert (await ask(client, headers, "{ me { id } }"))["me"] == {"id": str(user.id)}
    refreshed = (await ask(client, headers, "mutation { tokenRefresh { token } }"))["tokenRefresh"]
    assert refreshed["token"] != session["token"]


async def test_signing_out_everywhere_ends_the_token(client: AsyncClient) -> None:
    headers = await logged_in()
    await ask(client, headers, "mutation { signOutEverywhere { user { id } } }")
    assert await error_of(client, headers, "{ me { id } }") == "UNAUTHENTICATED"


async def test_nobody_is_not_somebody(client: AsyncClient) -> None:
    assert await error_of(client, {}, "{ me { id } }") == "UNAUTHENTICATED"
    assert await error_of(client, {}, LOG_IN, email="nobody@example.com", password="x") == "UNAUTHENTICATED"


async def test_what_is_no_address_is_a_user_error(client: AsyncClient) -> None:
    session = (await ask(client, {}, LOG_IN, email="nobody", password="x"))["logIn"]
    assert session["userErrors"] == [{"code": "INVALID_INPUT", "field": ["email"]}]
