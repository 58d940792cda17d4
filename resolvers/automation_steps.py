"""What the steps of an automation must hold, and which event lets a shop enter: the inputs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from conditions.durations import duration_of
from core.errors import InvalidInput
from core.inputs import Input, LongText, ShortText, Text
from core.outgoing import LONGEST_URL, target_of
from models.automations import END, SCHEDULE, AutomationRhythm, AutomationStepType
from models.contacts import ConsentCategory
from models.slack_routing import SlackTopic
from resolvers.app_events import LONGEST_NAME, NAME
from resolvers.automation_conditions import valid_condition
from resolvers.event_effects import canonical

MOST_STEPS: Final = 50
SHORTEST_COOLDOWN: Final = timedelta(hours=1)
KEY: Final = r"^[a-z][a-zA-Z0-9_-]{0,63}$"
PLATFORM_EVENTS: Final[Mapping[str, str]] = {
    "ticket.created": "A customer of the shop asks something",
    "ticket.resolved": "What it asked is answered",
    "ticket.breached": "It waits for longer than it should",
    "ticket.rated": "It says how content it is: event.score, 1 to 5",
    "feedback.received": "It says something about the app: event.type, event.rating",
    "contact.consent_changed": "Its person agrees to mail, or withdraws: event.category, event.state",
    "email.opened": "Its person opens a mail: event.source",
    "email.clicked": "Its person follows a link of a mail",
    "email.bounced": "A mail to its person comes back",
    "email.complained": "Its person reports a mail as spam",
    "email.unsubscribed": "Its person unsubscribes",
    "email.replied": "Its person answers a mail",
    "shop.tagged": "An automation tagged it: event.tag",
    "shop.field_set": "An automation set one of its fields: event.field, event.value",
    SCHEDULE: "The clock, as schedule says",
}
"""What automations can begin with besides the events that the apps' backends report."""


def _trigger(name: str) -> str:
    if name in PLATFORM_EVENTS:
        return name
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        platform = ", ".join(sorted(PLATFORM_EVENTS))
        raise ValueError(f"must be an event of the app in snake or kebab case, such as plan-changed, or {platform}")
    return canonical(name)


def _event(name: str) -> str:
    if name == SCHEDULE:
        raise ValueError("must be an event, not the clock")
    return _trigger(name)


def _duration(text: str) -> str:
    duration_of(text)
    return text


def _cooldown(text: str) -> str:
    if duration_of(text) < SHORTEST_COOLDOWN:
        raise ValueError("must be at least 1h")
    return text


def _open_url(url: str) -> str:
    try:
        return target_of(url).url
    except InvalidInput as error:
        raise ValueError(error.message) from None


def _plain_value(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool) or len(str(value)) > 200:
        raise ValueError("must be a text of at most 200 characters, a number, true or false")
    return value


TriggerName = Annotated[Text, AfterValidator(_trigger)]
EventName = Annotated[Text, AfterValidator(_event)]
Duration = Annotated[str, Field(max_length=10), AfterValidator(_duration)]
Cooldown = Annotated[str, Field(max_length=10), AfterValidator(_cooldown)]
Key = Annotated[str, Field(pattern=KEY)]
Tag = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
Condition = Annotated[dict[str, Any], AfterValidator(valid_condition)]
Url = Annotated[Text, Field(max_length=LONGEST_URL), AfterValidator(_open_url)]
Values = Annotated[dict[Key, Annotated[Any, AfterValidator(_plain_value)]], Field(max_length=20)]
PlainValue = Annotated[Any, AfterValidator(_plain_value)]


class AutomationStepWrite(Input):
    """What a step takes depends on its type; `id` is `step-1` and so on where it is left out. `values` are what the
    template is given, `{plan.name}` and the like in them replaced by what is known of the shop, as in `text`."""

    type: AutomationStepType
    id: Key | None = None
    template_key: Annotated[ShortText, Field(min_length=1)] | None = None
    category: ConsentCategory | None = None
    language: Annotated[ShortText, Field(min_length=2, max_length=35)] | None = None
    values: Values | None = None
    duration: Duration | None = None
    event: EventName | None = None
    timeout: Duration | None = None
    on_timeout: Key | None = None
    condition: Condition | None = None
    on_true: Key | None = None
    on_false: Key | None = None
    field: Key | None = None
    value: PlainValue | None = None
    tag: Tag | None = None
    topic: SlackTopic | None = None
    text: Annotated[LongText, Field(min_length=1, max_length=2000)] | None = None
    sequence_id: Annotated[str, Field(pattern="^[0-9a-f]{24}$")] | None = None
    url: Url | None = None

    @model_validator(mode="after")
    def _has_what_its_type_takes(self) -> "AutomationStepWrite":
        required, optional = TAKES[self.type]
        given = {name for name, value in self if value is not None} - {"type", "id"}
        names = type(self).model_fields
        if missing := sorted(names[name].alias or name for name in required - given):
            raise ValueError(f"{self.type.value} needs {', '.join(missing)}")
        if unknown := sorted(names[name].alias or name for name in given - required - optional):
            raise ValueError(f"{self.type.value} takes no {', '.join(unknown)}")
        return self


TAKES: Final[Mapping[AutomationStepType, tuple[set[str], set[str]]]] = {
    AutomationStepType.SEND_EMAIL: ({"template_key"}, {"category", "language", "values"}),
    AutomationStepType.WAIT: ({"duration"}, set()),
    AutomationStepType.WAIT_FOR_EVENT: ({"event", "timeout"}, {"on_timeout"}),
    AutomationStepType.CONDITION: ({"condition"}, {"on_true", "on_false"}),
    AutomationStepType.SET_FIELD: ({"field", "value"}, set()),
    AutomationStepType.ADD_TAG: ({"tag"}, set()),
    AutomationStepType.NOTIFY_SLACK: ({"text"}, {"topic"}),
    AutomationStepType.ENROLL: ({"sequence_id"}, set()),
    AutomationStepType.WEBHOOK: ({"url"}, set()),
}
"""By the type of a step: what it needs, and what it takes besides."""


class AutomationScheduleWrite(Input):
    """When the clock looks for shops for which the condition holds: in UTC, on the hour."""

    rhythm: AutomationRhythm
    hour: Annotated[int, Field(ge=0, le=23)] = 9
    weekday: Annotated[int, Field(ge=1, le=7)] = 1


def _connected(steps: list[AutomationStepWrite]) -> list[AutomationStepWrite]:
    """Steps with ids, which lead forward alone: every shop comes to an end."""
    named = [step if step.id else step.model_copy(update={"id": f"step-{n}"}) for n, step in enumerate(steps, 1)]
    places = {step.id: number for number, step in enumerate(named)}
    if len(places) < len(named) or END in places:
        raise ValueError(f"every step needs an id of its own, and none can be {END}")
    for number, step in enumerate(named):
        for target in filter(None, (step.on_true, step.on_false, step.on_timeout)):
            if target != END and places.get(target, -1) <= number:
                raise ValueError(f"{step.id} can't lead to {target}: it must be the id of a later step, or {END}")
    return named


Steps = Annotated[list[AutomationStepWrite], Field(min_length=1, max_length=MOST_STEPS), AfterValidator(_connected)]
ExitOn = Annotated[list[EventName], Field(max_length=10)]
