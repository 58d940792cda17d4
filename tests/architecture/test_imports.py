"""Imports go one way. The rules are in pyproject.toml, under `tool.importlinter`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.architecture.project import ROOT, SOURCES, relative, tree_of

ENTRANCES: Final = {"app", "cli"}
MAY_SEE_EVERYTHING: Final = {"app.py", "cli.py", "commands", "benchmarks"}
INNER: Final = [path for path in SOURCES if path.relative_to(ROOT).parts[0] not in MAY_SEE_EVERYTHING]
MAIL_LEAVES_BY: Final = {"commands/doctor.py", "resolvers/delivering.py"}
"""All that opens a provider of mail: what one sends was asked about before (`can_send`) and is recorded after."""
NOT_SENDING: Final = {"Outcome", "Provider", "Receipt", "Unavailable"}
ASKING_FIRST: Final = [
    path
    for path in SOURCES
    if path.relative_to(ROOT).parts[0] not in ("benchmarks", "mail") and relative(path) not in MAIL_LEAVES_BY
]


def test_every_layer_imports_only_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("path", INNER, ids=relative)
def test_nothing_imports_the_entrances(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported_by(path)} & ENTRANCES


@pytest.mark.parametrize("path", ASKING_FIRST, ids=relative)
def test_mail_leaves_by_one_door(path: Path) -> None:
    providers = {name for name in imported_by(path) if name.startswith("mail.providers")}
    assert providers <= {"mail.providers", *(f"mail.providers.{name}" for name in NOT_SENDING)}


def imported_by(path: Path) -> Iterator[str]:
    """Modules, and names in modules."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
