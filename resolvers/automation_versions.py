"""The steps that a shop goes through: those of the version that it began with."""

from collections.abc import Mapping, Sequence

from models.automation_trackers import AutomationTracker
from models.automations import AutomationConfig, AutomationStep, AutomationVersion, version_id

Steps = Sequence[AutomationStep]


async def steps_of(tracker: AutomationTracker) -> Steps | None:
    """None where the automation is gone."""
    return (await steps_of_all([tracker], await configs_of([tracker]))).get(key_of(tracker))


async def configs_of(trackers: Sequence[AutomationTracker]) -> dict[object, AutomationConfig]:
    """By id."""
    ids = [*{tracker.config_id for tracker in trackers}]
    return {config.id: config for config in await AutomationConfig.find({"_id": {"$in": ids}}).to_list()}


async def steps_of_all(
    trackers: Sequence[AutomationTracker], configs: Mapping[object, AutomationConfig]
) -> dict[str, Steps]:
    """By version. What the automation is now was read first: if it has changed since, the version is kept by then."""
    wanted = {key_of(tracker): tracker for tracker in trackers}
    current = {version_id(config.id, config.version): config.steps for config in configs.values()}
    earlier = [key for key in wanted if key not in current]
    kept = await AutomationVersion.find({"_id": {"$in": earlier}}).to_list() if earlier else []
    return {**current, **{version.id: version.steps for version in kept}}


def key_of(tracker: AutomationTracker) -> str:
    return version_id(tracker.config_id, tracker.version)
