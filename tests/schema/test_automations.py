"""Automations, in GraphQL."""

import asyncio
from typing import Any

from beanie import PydanticObjectId
from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Role
from models.email_jobs import Progress
from resolvers.automation_backtests import do_backtest_run
from resolvers.automation_trackers import AutomationTrackerChange, TrackerAction, change_automation_tracker
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.apps import an_app, mail_held
from tests.factories.automations import (
    MAIL,
    SYSTEM,
    WAIT,
    a_mail,
    an_automation,
    tagging,
    tracker_of,
    worked_off,
)
from tests.factories.people import an_actor, logged_in
from tests.factories.shops import a_shop, an_event
from tests.schema.asking import ask, error_of

CREATE = """mutation ($app: ID!, $input: AutomationCreateInput!) {
  automationCreate(appId: $app, input: $input) {
    automation { id slug enabled steps { id type templateKey duration condition } }
    userErrors { code field message } } }"""
UPDATE = """mutation ($id: ID!, $input: AutomationUpdateInput!) {
  automationUpdate(id: $id, input: $input) { automation { version name } userErrors { field message } } }"""
WATCH = 'subscription { automationTrackerChanged(appId: "banners") { shopDomain status automation { slug } } }'
STEPS: list[dict[str, Any]] = [
    {"type": "SEND_EMAIL", "templateKey": "welcome"},
    {"type": "CONDITION", "condition": {"field": "plan.handle", "op": "eq", "value": "pro"}},
]


async def test_one_is_made_changed_replaced_switched_and_deleted(client: AsyncClient) -> None:
    await an_app("banners")
    marketing = await logged_in(Role.MARKETING)
    sent = {"slug": "onboarding", "trigger": "app-installed", "steps": STEPS}
    made = (await ask(client, marketing, CREATE, app="banners", input=sent))["automationCreate"]
    assert made["userErrors"] == []
    assert made["automation"]["steps"][1]["condition"] == {"field": "plan.handle", "op": "eq", "value": "pro"}
    made_id = made["automation"]["id"]
    updated = await ask(client, marketing, UPDATE, id=made_id, input={"name": "Onboarding", "steps": STEPS[:1]})
    assert updated["automationUpdate"]["automation"] == {"version": 2, "name": "Onboarding"}
    rest = """mutation ($id: ID!, $input: AutomationReplaceInput!) {
      automationReplace(id: $id, input: $input) { automation { name version } }
      automationToggle(id: $id) { automation { enabled } }
      automationDelete(id: $id) { deletedId cancelledTrackers message } }"""
    found = await ask(client, marketing, rest, id=made_id, input=sent)
    assert found == {
        "automationReplace": {"automation": {"name": "onboarding", "version": 3}},
        "automationToggle": {"automation": {"enabled": True}},
        "automationDelete": {"deletedId": made_id, "cancelledTrackers": 0, "message": "Automation deleted"},
    }


async def test_what_a_form_can_correct_is_named(client: AsyncClient) -> None:
    await an_app("banners")
    wrong = {"slug": "onboarding", "trigger": "app-installed", "steps": [{"type": "WAIT", "duration": "long"}]}
    found = await ask(client, await logged_in(Role.MARKETING), CREATE, app="banners", input=wrong)
    (error,) = found["automationCreate"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["steps", "0", "duration"])
    assert await error_of(client, {}, CREATE, app="banners", input=wrong) == "UNAUTHENTICATED"


async def test_everything_is_reached_from_an_app_and_a_shop(client: AsyncClient) -> None:
    app = await an_app("banners")
    await a_mail(app)
    shop = await a_shop(app.id, "tea.myshopify.com", email="ada@tea.example.com")
    await an_automation(app, MAIL, tagging("welcomed"), WAIT, slug="hello", enabled=True)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    query = """{
      app(id: "banners") { automations(first: 5) { nodes { slug counts { active trackers } } totalCount } }
      shop(appId: "banners", id: "tea.myshopify.com") { tags customFields automations {
        status stepId dueAt automation { slug } shop { domain }
        timeline { kind sentence delivery { status category } } } }
      automationTrackers(appId: "banners", filter: {status: ACTIVE}) { nodes { shopDomain run } totalCount }
      automationEvents(appId: "banners") { nodes { name decisions { entered sentence automation { slug } } } }
      automationStats(appId: "banners") { automations enabled active } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query)
    (tracker,) = found["shop"]["automations"]
    assert found["app"]["automations"]["nodes"] == [{"slug": "hello", "counts": {"active": 1, "trackers": 1}}]
    assert (found["shop"]["tags"], tracker["status"], tracker["stepId"]) == (["welcomed"], "ACTIVE", None)
    assert tracker["timeline"][1]["delivery"] == {"status": "QUEUED", "category": "PRODUCT"}
    assert found["automationTrackers"] == {"nodes": [{"shopDomain": shop.domain, "run": 1}], "totalCount": 1}
    assert found["automationEvents"]["nodes"] == [
        {
            "name": "banner-published",
            "decisions": [{"entered": True, "sentence": "Entered", "automation": {"slug": "hello"}}],
        }
    ]
    assert found["automationStats"] == {"automations": 1, "enabled": 1, "active": 1}


async def test_a_tracker_is_paused_and_deleted(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, WAIT), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    tracker = await tracker_of(config, shop)
    change = """mutation ($id: ID!) {
      automationTrackerUpdate(id: $id, input: {action: PAUSE, reason: "Holidays"}) {
        tracker { status timeline { sentence } } userErrors { message } }
      automationTrackerDelete(id: $id) { deletedId } }"""
    found = await ask(client, await logged_in(Role.MARKETING), change, id=str(tracker.id))
    assert found["automationTrackerUpdate"]["tracker"]["status"] == "PAUSED"
    assert found["automationTrackerUpdate"]["tracker"]["timeline"][-1]["sentence"] == "Paused: Holidays"
    assert found["automationTrackerDelete"]["deletedId"] == str(tracker.id)


async def test_trials(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, tagging("hello")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    query = """query ($id: ID!, $domain: String!) {
      automationDryRun(id: $id, input: {shopDomain: $domain, event: {size: 3}}) {
        enters sentence steps { stepId type happens sentence } }
      automationBacktest(id: $id, input: {days: 30}) { events entered isPartial shops { shopDomain } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query, id=str(config.id), domain=shop.domain)
    assert found["automationDryRun"]["steps"][0] == {
        "stepId": "step-1", "type": "ADD_TAG", "happens": True, "sentence": "Tags the shop hello",
    }  # fmt: skip
    assert found["automationBacktest"] == {
        "events": 1, "entered": 1, "isPartial": False, "shops": [{"shopDomain": shop.domain}],
    }  # fmt: skip


async def test_a_backtest_is_left_to_the_workers(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, tagging("hello")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    begin = """mutation ($id: ID!) { automationBacktestRunCreate(id: $id, input: {days: 30}) {
      backtestRun { id status progress { total } result { events } } userErrors { code field message } } }"""
    marketing = await logged_in(Role.MARKETING)
    begun = (await ask(client, marketing, begin, id=str(config.id)))["automationBacktestRunCreate"]
    run = begun["backtestRun"]
    assert (run["status"], run["result"], begun["userErrors"]) == ("PENDING", None, [])
    second = (await ask(client, marketing, begin, id=str(config.id)))["automationBacktestRunCreate"]
    assert (second["backtestRun"], second["userErrors"][0]["code"]) == (None, "CONFLICT")
    assert await error_of(client, await logged_in(Role.VIEWER), begin, id=str(config.id)) == "FORBIDDEN"
    await do_backtest_run(SYSTEM, PydanticObjectId(run["id"]), Progress())
    query = """query ($id: ID!, $run: ID!) {
      automationBacktestRun(id: $run) { status days automation { id } job { type }
        result { events mostEvents isPartial entered } }
      automation(id: $id) { latestBacktestRun { id status } mailHold { reason } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query, id=str(config.id), run=run["id"])
    assert found["automationBacktestRun"] == {
        "status": "COMPLETED", "days": 30, "automation": {"id": str(config.id)}, "job": {"type": "automation.backtest"},
        "result": {"events": 1, "mostEvents": 1_000_000, "isPartial": False, "entered": 1},
    }  # fmt: skip
    assert found["automation"] == {"latestBacktestRun": {"id": run["id"], "status": "COMPLETED"}, "mailHold": None}


async def test_a_shop_that_is_held_says_since_when(client: AsyncClient) -> None:
    app = await an_app("banners")
    await mail_held(app.id)
    await a_mail(app)
    config, shop = await an_automation(app, MAIL), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    tracker = await tracker_of(config, shop)
    query = """query ($id: ID!) { automationTracker(id: $id) {
      heldSince timeline { kind } automation { mailHold { reason } } } }"""
    found = (await ask(client, await logged_in(Role.VIEWER), query, id=str(tracker.id)))["automationTracker"]
    assert found["heldSince"] is not None
    assert (found["timeline"][-1]["kind"], found["automation"]["mailHold"]["reason"]) == ("HELD", "60 errors")


async def test_changes_of_trackers_are_told(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, WAIT), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    tracker = await tracker_of(config, shop)
    context = Context(await an_actor(Role.VIEWER), HTTPConnection({"type": "http", "headers": []}))
    engine = Engine(SCHEMA, Limits(), production=True)
    stream: Any = await engine.subscribe(engine.prepare(Request(WATCH, None, {}), context))
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)  # it begins to listen
    await change_automation_tracker(SYSTEM, str(tracker.id), AutomationTrackerChange(action=TrackerAction.PAUSE))
    told = (await asyncio.wait_for(first, 10))["data"]["automationTrackerChanged"]
    assert told == {"shopDomain": shop.domain, "status": "PAUSED", "automation": {"slug": config.slug}}
    await stream.aclose()


async def test_admins_alone_see_the_webhooks_secret(client: AsyncClient) -> None:
    await an_app("banners")
    query = '{ automationWebhookSecret(appId: "banners") }'
    secret = (await ask(client, await logged_in(Role.ADMIN), query))["automationWebhookSecret"]
    assert secret.startswith("whsec_")
    assert await error_of(client, await logged_in(Role.MARKETING), query) == "FORBIDDEN"


async def test_a_shop_is_found_by_its_domain(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, WAIT), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    query = """query ($domain: String!, $slug: String) {
      shopAutomationTracker(appId: "banners", shopDomain: $domain, automation: $slug) { run status }
      shopAutomationTimeline(appId: "banners", shopDomain: $domain) { entry { kind } tracker { run } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query, domain=shop.domain, slug=config.slug)
    assert found["shopAutomationTracker"] == {"run": 1, "status": "ACTIVE"}
    assert [one["entry"]["kind"] for one in found["shopAutomationTimeline"]] == ["ENTERED", "WAITING"]
    change = """mutation ($domain: String!) {
      shopAutomationTrackerUpdate(appId: "banners", shopDomain: $domain, input: {action: EXIT}) { tracker { status } }
      shopAutomationTrackerDelete(appId: "banners", shopDomain: $domain) { deletedId userErrors { message } } }"""
    changed = await ask(client, await logged_in(Role.MARKETING), change, domain=shop.domain)
    assert changed["shopAutomationTrackerUpdate"]["tracker"]["status"] == "EXITED"
    assert changed["shopAutomationTrackerDelete"]["deletedId"] is not None
