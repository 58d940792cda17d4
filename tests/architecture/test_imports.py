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
PROVIDERS: Final = "mail.providers"
MAIL_LEAVES_BY: Final = {"commands/doctor/mail.py", "resolvers/outbox.py"}
"""All that opens a provider of mail. What the outbox sends was asked about before (`can_send`), and is recorded."""
SENDING_NOTHING: Final = {"Outcome", "Provider", "Receipt", "Unavailable", "open_signer"}
NEVER_SENDING: Final = [
    path
    for path in SOURCES
    if path.relative_to(ROOT).parts[0] not in ("benchmarks", "mail") and relative(path) not in MAIL_LEAVES_BY
]


def test_every_layer_imports_only_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("path", INNER, ids=relative)
def test_nothing_imports_the_entrances(path: Path) -> None:
    assert not {module.split(".")[0] for module, _ in imports_of(path)} & ENTRANCES


@pytest.mark.parametrize("path", NEVER_SENDING, ids=relative)
def test_mail_leaves_by_one_door(path: Path) -> None:
    imported = {name or module for module, name in imports_of(path) if f"{module}.{name}".startswith(PROVIDERS)}
    assert imported <= SENDING_NOTHING


def imports_of(path: Path) -> Iterator[tuple[str, str | None]]:
    """Modules, each with a name that is taken from it, or None for the module itself."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
