"""Programs that some tests need besides Python."""

import os
import shutil
from typing import Final

import pytest

REQUIRE_ALL: Final = "ALLOVER_REQUIRE_ALL"
"""Set where everything must be there (CI): what is missing fails a test then, instead of skipping it."""


def require_command(command: str, package: str) -> str:
    """Its path. Skips the test where it is missing, naming the Debian package that has it."""
    path = shutil.which(command)
    if path is not None:
        return path
    reason = f"needs {command}: apt-get install {package}"
    if os.environ.get(REQUIRE_ALL):
        pytest.fail(reason)
    pytest.skip(reason)
