"""What the steps of automations do. Each is named for tracker, run and step: done again, it has no second effect."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId

from core import clock
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from models.apps import App
from models.automation_trackers import AutomationTracker, TimelineKind
from models.automations import AutomationStep, AutomationStepType
from models.contacts import Contact
from models.sequences import Sequence
from models.shops import Shop, ShopStatus
from models.slack_routing import SlackTopic
from resolvers.automation_mail import SYSTEM, Origin, decide_mail, send_step_mail
from resolvers.automation_news import Happening, announce
from resolvers.automation_texts import filled
from resolvers.automation_webhooks import leave_webhook
from resolvers.enrolling import Enroll, enroll
from resolvers.shop_writes import changed, write_shop
from resolvers.slack_messages import tell_slack

MOST_TAGS: Final = 50
MOST_FIELDS: Final = 50


@dataclass(frozen=True, slots=True)
class Doing:
    """A step of a run that is to be done now."""

    tracker: AutomationTracker
    step: AutomationStep
    shop: Shop
    app: App

    @property
    def key(self) -> str:
        return Origin(self.tracker.id, self.tracker.run, self.step.id).source


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it, for the timeline."""

    sentence: str
    kind: TimelineKind = TimelineKind.DONE
    delivery_id: PydanticObjectId | None = None


async def do_step(doing: Doing) -> Done:
    """Raises `InvalidInput` for what can't be done, now or ever."""
    return await EFFECTS[doing.step.type](doing)


async def _send_email(doing: Doing) -> Done:
    decision = await decide_mail(doing.app, doing.shop, doing.step, clock.now(), source=doing.key)
    if decision.to is None:
        return Done(decision.sentence, TimelineKind.NOT_DONE)
    delivery = await send_step_mail(doing.app, doing.shop, doing.step, decision.to, doing.key)
    return Done(f"{decision.sentence} is left to the workers", delivery_id=delivery.id)


async def _set_field(doing: Doing) -> Done:
    name, value = doing.step.field or "", doing.step.value

    def decide(shop: Shop | None) -> Shop | None:
        known = _living(shop)
        fields = {**known.custom_fields, name: value}
        if len(fields) > MOST_FIELDS:
            raise InvalidInput(f"The shop has {MOST_FIELDS} fields already", "field")
        return changed(known, {"custom_fields": fields})

    await write_shop(doing.shop.app_id, doing.shop.domain, decide)
    await _announce(doing, "shop.field_set", {"field": name, "value": value})
    return Done(f"Set {name} to {value}")


async def _add_tag(doing: Doing) -> Done:
    tag = doing.step.tag or ""

    def decide(shop: Shop | None) -> Shop | None:
        known = _living(shop)
        if tag in known.tags:
            return None
        if len(known.tags) >= MOST_TAGS:
            raise InvalidInput(f"The shop has {MOST_TAGS} tags already", "tag")
        return changed(known, {"tags": [*known.tags, tag]})

    await write_shop(doing.shop.app_id, doing.shop.domain, decide)
    await _announce(doing, "shop.tagged", {"tag": tag})
    return Done(f"Tagged the shop {tag}")


async def _notify_slack(doing: Doing) -> Done:
    topic = doing.step.topic or SlackTopic.ALERTS
    await tell_slack(SYSTEM, topic, doing.app.id, filled(doing.step.text or "", doing.shop), key=doing.key)
    return Done(f"Told Slack, topic {topic.value}")


async def _webhook(doing: Doing) -> Done:
    job = await leave_webhook(doing.tracker, doing.step, doing.shop, key=doing.key)
    return Done(f"The webhook is left to the workers, as job {job.id}")


async def _enroll(doing: Doing) -> Done:
    """Whoever is in the sequence already stays in it, once."""
    sequence = found(await Sequence.get(object_id(doing.step.sequence_id or "")), "Sequence")
    if sequence.app_id not in (None, doing.app.id):
        raise NotFound("Sequence not found")
    key = doing.shop.email_key
    contact = await Contact.find_one({"emailKey": key, "erasedAt": None}) if key else None
    if contact is None:
        return Done("Not enrolled: nobody is known at the shop's address", TimelineKind.NOT_DONE)
    enrolled = await enroll(SYSTEM, str(sequence.id), Enroll.model_validate({"contactIds": [str(contact.id)]}))
    for rejected in enrolled.rejected:
        return Done(f"Not enrolled: {rejected.sentence}", TimelineKind.NOT_DONE)
    return Done(f"Enrolled in {sequence.name}")


EFFECTS: Final[Mapping[AutomationStepType, Callable[[Doing], Awaitable[Done]]]] = {
    AutomationStepType.SEND_EMAIL: _send_email,
    AutomationStepType.SET_FIELD: _set_field,
    AutomationStepType.ADD_TAG: _add_tag,
    AutomationStepType.NOTIFY_SLACK: _notify_slack,
    AutomationStepType.WEBHOOK: _webhook,
    AutomationStepType.ENROLL: _enroll,
}


def _living(shop: Shop | None) -> Shop:
    if shop is None or shop.status is ShopStatus.REDACTED:
        raise InvalidInput("The shop's data was erased")
    return shop


async def _announce(doing: Doing, name: str, data: Mapping[str, Any]) -> None:
    """What automations do may start others, and says which it came from."""
    tracker = doing.tracker
    happening = Happening(
        f"{doing.key}:{name}", tracker.app_id, tracker.shop_domain, name, clock.now(), data, tracker.chain
    )
    await announce([happening])
