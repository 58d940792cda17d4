"""What `allover` does: a module per command, or per kind of command.

A module is loaded when it is first asked for: a command loads what it needs, and `allover --help` nothing.
"""

from typing import TYPE_CHECKING

from core.loading import modules_of

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


__getattr__ = modules_of(__name__)
