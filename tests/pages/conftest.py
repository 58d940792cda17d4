"""The browser that other pages are tested with too."""

from tests.public_pages.conftest import chromium

__all__ = ["chromium"]
