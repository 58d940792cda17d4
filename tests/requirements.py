"""Programs that some tests need besides Python."""

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

REQUIRE_ALL: Final = "ALLOVER_REQUIRE_ALL"
"""Set where everything must be there (CI): what is missing fails a test then, instead of skipping it."""
FOR_ADMINISTRATORS: Final = "/usr/sbin:/sbin"
"""Where Debian has some that are not in everybody's `PATH`."""


def require_command(command: str, package: str) -> str:
    """Its path. Skips the test where it is missing, naming the Debian package that has it."""
    path = shutil.which(command) or shutil.which(command, path=FOR_ADMINISTRATORS)
    return path or _missing(f"needs {command}: apt-get install {package}")


def require_installed(folder: Path) -> None:
    """Skips the test where what the folder's `package-lock.json` names is not installed."""
    if not (folder / "node_modules").exists():
        _missing(f"needs Node, and `npm ci` in {folder.name} (`make test` does it)")


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE_ALL):
        pytest.fail(reason)
    pytest.skip(reason)
