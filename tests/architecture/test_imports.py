"""Imports go one way. The rules are in pyproject.toml, under `tool.importlinter`."""

import ast
from pathlib import Path
from typing import Final

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.architecture.project import ROOT, SOURCES, relative, tree_of

ENTRANCES: Final = {"app", "cli"}
MAY_SEE_EVERYTHING: Final = {"app.py", "cli.py", "commands", "benchmarks"}
INNER: Final = [path for path in SOURCES if path.relative_to(ROOT).parts[0] not in MAY_SEE_EVERYTHING]


def test_every_layer_imports_only_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("path", INNER, ids=relative)
def test_nothing_imports_the_entrances(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree_of(path))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & ENTRANCES
