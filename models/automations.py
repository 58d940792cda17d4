"""Automations: what happens to a shop, step by step, after something happened. The shops under way are in
`automation_trackers`."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Record, Stored
from models.contacts import ConsentCategory
from models.slack_routing import SlackTopic

SCHEDULE: Final = "schedule"
"""The trigger of an automation that the clock starts."""
END: Final = "end"
"""Where a step can lead to instead of a later one."""


class AutomationStepType(StrEnum):
    SEND_EMAIL = "send_email"
    WAIT = "wait"
    WAIT_FOR_EVENT = "wait_for_event"
    CONDITION = "condition"
    SET_FIELD = "set_field"
    ADD_TAG = "add_tag"
    NOTIFY_SLACK = "notify_slack"
    ENROLL = "enroll"
    WEBHOOK = "webhook"


class AutomationReentry(StrEnum):
    """Whether a shop that has been through may begin again; never while it is under way."""

    NEVER = "never"
    AFTER_COOLDOWN = "after_cooldown"
    ALWAYS = "always"


class AutomationStep(Part):
    """`id` is unique among the steps. What else there is depends on the type. `on_true`, `on_false` and `on_timeout`
    are ids of later steps, or `end`; None is the next step, but after a condition that does not hold the end."""

    id: str
    type: AutomationStepType
    template_key: str | None = None
    category: ConsentCategory | None = None
    language: str | None = None
    values: dict[str, Any] | None = None
    duration: str | None = None
    event: str | None = None
    timeout: str | None = None
    on_timeout: str | None = None
    condition: dict[str, Any] | None = None
    on_true: str | None = None
    on_false: str | None = None
    field: str | None = None
    value: Any = None
    tag: str | None = None
    topic: SlackTopic | None = None
    text: str | None = None
    sequence_id: str | None = None
    url: str | None = None


class AutomationRhythm(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


class AutomationSchedule(Part):
    """In UTC, on the hour. `weekday` is 1 (Monday) to 7."""

    rhythm: AutomationRhythm
    hour: int = 9
    weekday: int = 1


class AutomationConfig(Stored):
    """`trigger` is the name of the event that lets a shop enter, if `condition` holds; the names in `exit_on` end it.

    `version` counts what shops go through: each finishes on the version that it began with, and earlier ones are in
    `automation_versions`. `revision` counts all changes, and guards every write. `next_run_at` is when the clock starts
    it next.
    """

    app_id: str
    slug: str
    name: str
    name_key: str
    description: str = ""
    trigger: str
    schedule: AutomationSchedule | None = None
    condition: dict[str, Any] | None = None
    steps: list[AutomationStep]
    exit_on: list[str] = Field(default_factory=list)
    reentry: AutomationReentry = AutomationReentry.NEVER
    cooldown: str | None = None
    enabled: bool = False
    version: int = 1
    revision: int = 1
    next_run_at: datetime | None = None
    created_by: str
    updated_by: str
    search_text: str = ""

    class Settings:
        name = "automation_configs"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("slug", ASCENDING)], unique=True),
            *(
                IndexModel([*leading, (sorted_by, DESCENDING), ("_id", DESCENDING)])
                for leading in ([], [("appId", ASCENDING)])
                for sorted_by in ("createdAt", "updatedAt", "nameKey")
            ),
            IndexModel([("appId", ASCENDING), ("trigger", ASCENDING), ("enabled", ASCENDING)]),
            IndexModel([("nextRunAt", ASCENDING)]),
        ]


class AutomationVersion(Record):
    """What shops went through that entered before the automation was changed. Its id is `<config id>:<version>`."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    app_id: str
    config_id: PydanticObjectId
    version: int
    steps: list[AutomationStep]
    ended_at: datetime

    class Settings:
        name = "automation_versions"
        indexes: ClassVar[list[Any]] = [IndexModel([("configId", ASCENDING), ("version", DESCENDING)])]


def version_id(config_id: PydanticObjectId, version: int) -> str:
    return f"{config_id}:{version}"
