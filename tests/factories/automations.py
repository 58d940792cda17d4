"""Automations, and shops that go through them."""

from datetime import timedelta
from itertools import count
from typing import Any, Final

from core import clock
from core.actor import Actor
from models.apps import App
from models.automation_trackers import AutomationTracker
from models.automations import AutomationConfig
from models.shops import Shop
from resolvers.automation_events import work_off_events
from resolvers.automation_runner import run_due_trackers
from resolvers.automations import AutomationCreate, create_automation
from resolvers.template_inputs import TemplateCreate
from resolvers.templates import create_template

SYSTEM: Final = Actor.system("tests")
TAG: Final[dict[str, Any]] = {"type": "add_tag", "tag": "welcomed"}
MAIL: Final[dict[str, Any]] = {"type": "send_email", "templateKey": "welcome"}
WAIT: Final[dict[str, Any]] = {"type": "wait", "duration": "3d"}

_numbers = count(1)


def tagging(tag: str) -> dict[str, Any]:
    return {"type": "add_tag", "tag": tag}


async def an_automation(app: App, *steps: dict[str, Any], **given: Any) -> AutomationConfig:
    """Switched on; it begins when a banner is published, unless another trigger is given."""
    sent = {"slug": f"automation-{next(_numbers)}", "trigger": "banner-published", "enabled": True}
    data = AutomationCreate.model_validate({**sent, "steps": list(steps) or [TAG], **given})
    return await create_automation(SYSTEM, app.id, data)


async def a_mail(app: App, key: str = "welcome") -> None:
    """A template that automations can send."""
    template = {"key": key, "language": "en", "category": "automation", "subject": "Hello {{ shop_name }}"}
    told = {"html": "<p>Welcome</p>", "variables": [{"name": "shop_name", "default": "you"}]}
    await create_template(SYSTEM, app.id, TemplateCreate.model_validate({**template, **told}))


async def worked_off() -> None:
    """All that is due by now."""
    while await work_off_events(SYSTEM) or await run_due_trackers(SYSTEM):
        continue


async def later(days: float) -> None:
    """All that is due then."""
    with clock.shifted(timedelta(days=days)):
        await worked_off()


async def tracker_of(config: AutomationConfig, shop: Shop | str) -> AutomationTracker:
    domain = shop if isinstance(shop, str) else shop.domain
    named = {"appId": config.app_id, "configId": config.id, "shopDomain": domain}
    tracker = await AutomationTracker.find_one(named)
    assert tracker is not None, "the shop did not enter"
    return tracker


def told(tracker: AutomationTracker) -> list[tuple[str, str]]:
    return [(entry.kind.value, entry.sentence) for entry in tracker.timeline]
