"""Automations, over REST."""

from typing import Any

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.automations import WAIT, an_automation, tagging, worked_off
from tests.factories.people import logged_in
from tests.factories.shops import a_shop, an_event

CONFIGS = "/admin/automations/configs"
SENT: dict[str, Any] = {
    "slug": "onboarding",
    "description": "The first week",
    "trigger": "app-installed",
    "steps": [{"type": "send_email", "templateKey": "welcome"}, WAIT],
}


async def test_one_is_made_changed_switched_and_deleted(client: AsyncClient) -> None:
    app, marketing = await an_app("banners"), await logged_in(Role.MARKETING)
    answer = await client.post(CONFIGS, json={"appId": app.id, **SENT}, headers=marketing)
    made = answer.json()["data"]
    assert (answer.status_code, made["enabled"], made["appId"], made["name"]) == (201, False, "banners", "onboarding")
    assert made["steps"] == [
        {"id": "step-1", "type": "send_email", "templateKey": "welcome"},
        {"id": "step-2", "type": "wait", "duration": "3d"},
    ]
    path = f"{CONFIGS}/{made['_id']}"
    replaced = (await client.put(path, json={"appId": app.id, **SENT, "slug": "hello"}, headers=marketing)).json()
    assert (replaced["data"]["slug"], replaced["data"]["version"]) == ("hello", 1)
    patched = (await client.patch(path, json={"steps": [WAIT]}, headers=marketing)).json()
    assert (patched["data"]["version"], patched["data"]["description"]) == (2, "The first week")
    toggled = (await client.post(f"{path}/toggle", headers=marketing)).json()
    assert (toggled["data"]["enabled"], toggled["message"]) == (True, "Automation switched on")
    assert (await client.delete(path, headers=marketing)).json() == {"success": True, "message": "Automation deleted"}
    assert (await client.delete(path, headers=marketing)).status_code == 404


async def test_what_is_wrong_is_named(client: AsyncClient) -> None:
    await an_app("banners")
    marketing = await logged_in(Role.MARKETING)
    wrong = {"type": "condition", "condition": {"field": "plan.handel", "op": "eq", "value": "pro"}}
    answer = await client.post(CONFIGS, json={"appId": "banners", **SENT, "steps": [wrong]}, headers=marketing)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("steps.0.condition: field: there is no field plan.handel: did you mean")
    config = await an_automation(await an_app())
    other = await client.put(f"{CONFIGS}/{config.id}", json={"appId": "banners", **SENT}, headers=marketing)
    assert (other.status_code, other.json()["error"]) == (400, "appId: an automation stays with its app")


async def test_a_shop_is_followed_and_taken_out(client: AsyncClient) -> None:
    app = await an_app("banners")
    config, shop = await an_automation(app, WAIT, tagging("done")), await a_shop(app.id)
    await an_event(app.id, "banner-published", shop.domain)
    await worked_off()
    staff, path = await logged_in(Role.MARKETING), f"/admin/automations/banners/trackers/{shop.domain}"
    tracker = (await client.get(path, headers=staff)).json()["data"]
    assert (tracker["status"], tracker["stepId"], tracker["configId"]) == ("active", "step-2", str(config.id))
    timeline = (await client.get(f"{path}/timeline", headers=staff)).json()["data"]
    assert [(entry["kind"], entry["sentence"]) for entry in timeline] == [
        ("entered", "Entered by banner-published"),
        ("waiting", "Waits for 3 days"),
    ]
    listed = (await client.get("/admin/automations/banners/trackers?status=active", headers=staff)).json()
    assert (len(listed["data"]), listed["pagination"]["total"]) == (1, 1)
    left = await client.patch(f"{path}?automation={config.slug}", json={"action": "exit"}, headers=staff)
    assert left.json()["data"]["status"] == "exited"
    stats = (await client.get("/admin/automations/banners/stats", headers=staff)).json()["data"]
    assert (stats["automations"], stats["enabled"], stats["trackers"], stats["exited"]) == (1, 1, 1, 1)
    assert (await client.delete(path, headers=staff)).json()["message"] == "Tracker deleted"
    assert (await client.get(path, headers=staff)).status_code == 404


async def test_it_needs_a_login_of_staff(client: AsyncClient) -> None:
    assert (await client.get(CONFIGS)).status_code == 401
    viewer = await logged_in(Role.VIEWER)
    assert (await client.get(CONFIGS, headers=viewer)).status_code == 200
    assert (await client.post(CONFIGS, json={"appId": "banners", **SENT}, headers=viewer)).status_code == 403
