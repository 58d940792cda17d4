"""However steps lead on, everybody comes to an end."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from conditions.evaluation import Facts
from core import clock
from models.automations import END, AutomationStep
from resolvers.automation_simulation import simulate
from resolvers.automation_steps import AutomationStepWrite

NUMBER = 8


@some.composite
def courses(draw: some.DrawFn) -> list[AutomationStep]:
    """Steps that lead to the next, to any later one, or to the end."""
    steps = []
    for place in range(draw(some.integers(1, NUMBER))):
        later = some.sampled_from([None, END, *(f"s{n}" for n in range(place + 1, NUMBER))])
        condition = {"field": "shop.isTest", "op": "eq", "value": draw(some.booleans())}
        kinds: list[dict[str, Any]] = [
            {"type": "add_tag", "tag": "a"},
            {"type": "wait", "duration": "1h"},
            {"type": "wait_for_event", "event": "a", "timeout": "1h", "onTimeout": draw(later)},
            {"type": "condition", "condition": condition, "onTrue": draw(later), "onFalse": draw(later)},
        ]
        written = AutomationStepWrite.model_validate({"id": f"s{place}", **draw(some.sampled_from(kinds))})
        steps.append(AutomationStep(**written.model_dump()))
    names = {step.id for step in steps} | {END, None}
    fields = ("on_true", "on_false", "on_timeout")
    known = [{name: None for name in fields if getattr(step, name) not in names} for step in steps]
    return [step.model_copy(update=update) for step, update in zip(steps, known, strict=True)]


@given(courses(), some.booleans(), some.booleans())
@settings(max_examples=80)
def test_everybody_comes_to_an_end_through_each_step_at_most_once(
    steps: list[AutomationStep], is_test: bool, events_come: bool
) -> None:
    happened = list(simulate(steps, Facts(clock.now(), {"shop.isTest": is_test}), events_come=events_come))
    assert happened[-1].sentence == "Comes to its end"
    done = [one.step_id for one in happened if one.step is not None]
    assert len(done) == len(set(done))
    assert [one.at for one in happened] == sorted(one.at for one in happened)
