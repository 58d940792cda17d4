"""Files and functions small enough to be read at once, and named for what they are about."""

from pathlib import Path
from typing import Final

import pytest

from tests.architecture.project import FILES, ROOT, SOURCES, functions_of, relative

LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 50
TABLES: Final = {"rest_compat/routes.py"}
"""Read from top to bottom, a row per line: they are as long as what they list."""
NAMES_THAT_SAY_NOTHING: Final = {"utils", "util", "common", "helpers", "helper", "services", "managers", "misc"}


@pytest.mark.parametrize("path", [path for path in SOURCES if relative(path) not in TABLES], ids=relative)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_functions_are_short(path: Path) -> None:
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions_of(path)}
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_names_say_what_is_in_the_file(path: Path) -> None:
    assert not {*path.relative_to(ROOT).parts[:-1], path.stem} & NAMES_THAT_SAY_NOTHING
