"""What the commands print: results on standard output, so that they can be piped; all else on standard error."""

import re
from typing import Final

from rich.console import Console

OUTPUT: Final = Console()
MESSAGES: Final = Console(stderr=True)


def without_password(url: str) -> str:
    """A connection URL that can be shown."""
    return re.sub(r"(//[^:/?#]*):.*@", r"\1:***@", url)
