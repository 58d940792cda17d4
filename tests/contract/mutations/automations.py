"""Mutations of automations, and of the shops that go through them."""

from typing import Final

from tests.contract.mutations.sample import Sample
from tests.contract.requests.automations import CONFIG, a_config, a_tracker

PAUSE: Final = {"action": "pause", "reason": "They asked us to"}
SAMPLES: Final[dict[str, Sample]] = {
    "automationBacktestRunCreate": Sample(a_config, {"input": {"days": 30}}),
    "automationTrackerUpdate": Sample(a_tracker, {"input": PAUSE}),
    "automationTrackerDelete": Sample(a_tracker),
    "shopAutomationTrackerUpdate": Sample(a_tracker, {"input": PAUSE, "automation": CONFIG["slug"]}),
    "shopAutomationTrackerDelete": Sample(a_tracker, {"automation": CONFIG["slug"]}),
}
