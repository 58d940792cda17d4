"""Signing up for a newsletter, confirming it and leaving it, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from core.scopes import Scope
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.mail import a_delivery
from tests.factories.newsletters import READER, confirmation_tokens, contact_of, subscriber_at, unsubscribe_token
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

SUBSCRIBE = """mutation ($app: ID!, $input: SubscriptionRequestInput!) {
  newsletterSubscribe(appId: $app, input: $input) { email name userErrors { code field } } }"""


async def test_somebody_signs_up_confirms_and_leaves(client: AsyncClient) -> None:
    app = await an_app(name="Banners")
    backend = with_key(await an_api_key(app.id, scopes=[Scope.NEWSLETTER_WRITE]))
    asked = await ask(client, backend, SUBSCRIBE, app=app.id, input={"email": READER, "name": "Ada"})
    assert asked["newsletterSubscribe"] == {"email": READER, "name": "Ada", "userErrors": []}
    (token,) = await confirmation_tokens(await subscriber_at(app))
    query = """query ($app: ID!, $token: String!) {
      newsletterConfirmation(appId: $app, token: $token) { appName address text isConfirmed } }"""
    shown = (await ask(client, {}, query, app=app.id, token=token))["newsletterConfirmation"]
    assert shown.pop("text").startswith("Do you want newsletters about Banners")
    assert shown == {"appName": "Banners", "address": "a•••@example.com", "isConfirmed": False}
    query = """mutation ($app: ID!, $token: String!) {
      newsletterConfirm(appId: $app, token: $token) { confirmation { isConfirmed } userErrors { code } } }"""
    confirmed = await ask(client, {}, query, app=app.id, token=token)
    assert confirmed["newsletterConfirm"] == {"confirmation": {"isConfirmed": True}, "userErrors": []}
    token = unsubscribe_token(await a_delivery(await contact_of(), app_id=app.id))
    query = """query ($app: ID!, $token: String!) {
      newsletterUnsubscription(appId: $app, token: $token) { address category } }"""
    shown = await ask(client, {}, query, app=app.id, token=token)
    assert shown["newsletterUnsubscription"] == {"address": "a•••@example.com", "category": "NEWSLETTER"}
    query = """mutation ($app: ID!, $token: String!) {
      newsletterUnsubscribe(appId: $app, token: $token) { unsubscription { appName } userErrors { code } } }"""
    left = await ask(client, {}, query, app=app.id, token=token)
    assert left["newsletterUnsubscribe"] == {"unsubscription": {"appName": "Banners"}, "userErrors": []}
    assert (await subscriber_at(app)).status == "unsubscribed"


async def test_viewers_sign_up_nobody(client: AsyncClient) -> None:
    app, given = await an_app(), {"email": READER}
    assert await error_of(client, await logged_in(Role.VIEWER), SUBSCRIBE, app=app.id, input=given) == "FORBIDDEN"


async def test_links_that_do_not_work(client: AsyncClient) -> None:
    app = await an_app()
    for mutation in ("newsletterConfirm", "newsletterUnsubscribe"):
        query = f'mutation ($app: ID!) {{ {mutation}(appId: $app, token: "x") {{ userErrors {{ code field }} }} }}'
        answer = await ask(client, {}, query, app=app.id)
        assert answer[mutation] == {"userErrors": [{"code": "NOT_FOUND", "field": ["token"]}]}
