"""A browser shows mail too."""

from tests.public_pages.conftest import chromium

__all__ = ["chromium"]
