"""What `allover` does: a module per command, or per kind of command.

A module is loaded when it is first asked for: a command loads what it needs, and `allover --help` nothing.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from core.loading import loading

if TYPE_CHECKING:
    from commands import (
        assistant,
        background,
        backup,
        configuration,
        description,
        doctor,
        erasing,
        inbound,
        metrics,
        people,
        seeding,
        serve,
    )

    __all__ = [
        "assistant",
        "background",
        "backup",
        "configuration",
        "description",
        "doctor",
        "erasing",
        "inbound",
        "metrics",
        "people",
        "seeding",
        "serve",
    ]


def __getattr__(name: str) -> ModuleType:
    if find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"There is no module {__name__}.{name}")
    with loading():
        return import_module(f"{__name__}.{name}")
