"""Email alerts, in GraphQL."""

import asyncio
from typing import Any

from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Actor, Role
from resolvers.email_alerts import EmailAlertResolve, resolve_email_alert
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.apps import an_app
from tests.factories.email_alerts import an_email_alert
from tests.factories.people import an_actor, logged_in
from tests.schema.asking import ask, error_of

RESOLVE = """mutation ($id: ID!, $input: EmailAlertResolveInput) {
  emailAlertResolve(id: $id, input: $input) { emailAlert { status note } userErrors { code field } } }"""
WATCH = "subscription { emailAlerts { id status sentence } }"


async def test_alerts_are_listed_and_one_is_read_with_its_app(client: AsyncClient) -> None:
    app = await an_app("banners")
    alert = await an_email_alert(app.id)
    query = """query ($id: ID!) {
      emailAlerts(filter: {status: OPEN}, sortKey: LAST_SEEN_AT) { nodes { kind peakRate app { name } } totalCount }
      emailAlert(id: $id) { sentence numbers { sent count rate mean threshold } resolvedAt } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(alert.id)) == {
        "emailAlerts": {
            "nodes": [{"kind": "BOUNCES", "peakRate": 0.08, "app": {"name": "Banners"}}],
            "totalCount": 1,
        },
        "emailAlert": {
            "sentence": alert.sentence,
            "numbers": {"sent": 150, "count": 12, "rate": 0.08, "mean": 0.01, "threshold": 0.03},
            "resolvedAt": None,
        },
    }


async def test_one_is_resolved_once(client: AsyncClient) -> None:
    alert, marketing = await an_email_alert("banners"), await logged_in(Role.MARKETING)
    first = await ask(client, marketing, RESOLVE, id=str(alert.id), input={"note": "Imported an old list"})
    assert first["emailAlertResolve"]["emailAlert"] == {"status": "RESOLVED", "note": "Imported an old list"}
    second = await ask(client, marketing, RESOLVE, id=str(alert.id))
    assert second["emailAlertResolve"]["userErrors"] == [{"code": "CONFLICT", "field": ["id"]}]


async def test_a_viewer_does_not_resolve(client: AsyncClient) -> None:
    alert = await an_email_alert("banners")
    assert await error_of(client, await logged_in(Role.VIEWER), RESOLVE, id=str(alert.id)) == "FORBIDDEN"


async def test_staff_who_watch_are_told(platform: object) -> None:
    alert = await an_email_alert("banners")
    answers = await subscribed(await an_actor(Role.VIEWER))
    told = asyncio.ensure_future(anext(answers))
    await asyncio.sleep(0)  # it begins to listen
    await resolve_email_alert(await an_actor(), str(alert.id), EmailAlertResolve())
    async with asyncio.timeout(10):
        shown = (await told)["data"]["emailAlerts"]
    assert shown == {"id": str(alert.id), "status": "RESOLVED", "sentence": alert.sentence}
    await answers.aclose()


async def subscribed(actor: Actor) -> Any:
    context = Context(actor, HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    return await engine.subscribe(engine.prepare(Request(WATCH, None, {}), context))
