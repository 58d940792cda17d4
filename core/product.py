"""What this is called, and which it is."""

from typing import Final

TITLE: Final = "All Over Apps"
VERSION: Final = "1.0.0"
