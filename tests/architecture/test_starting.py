"""A process loads what it needs: what each command must not load before it is asked for something."""

import subprocess
import sys
from typing import Final

import pytest

from tests.architecture.project import ROOT

FRAMEWORKS: Final = {"fastapi", "graphql", "mcp", "strawberry", "uvicorn"}
STORES: Final = {"beanie", "pymongo", "redis", "taskiq"}
INTERFACES: Final = {"app", "assistants", "pages", "rest_compat", "schema"}


def loaded_by(module: str) -> set[str]:
    """What a new process has loaded once it has loaded the module. Packages also stand for what is in them."""
    program = f"import {module}, sys; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(names.stdout.split())


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("cli", FRAMEWORKS | STORES | INTERFACES | {"models", "resolvers", "seed", "tasks", "core.settings"}),
        ("commands.backup", FRAMEWORKS | INTERFACES | {"resolvers", "seed", "taskiq", "tasks"}),
        ("commands.people", FRAMEWORKS | INTERFACES | {"seed", "taskiq", "tasks"}),
        ("commands.background", {"graphql", "mcp", "strawberry", "app", "assistants", "pages", "schema", "seed"}),
        ("commands.serve", {"mcp", "assistants.http"}),
    ],
)
def test_a_command_does_not_load(module: str, unneeded: set[str]) -> None:
    assert not loaded_by(module) & unneeded
