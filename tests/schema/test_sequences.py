"""Sequences in GraphQL: every operation's way through the interface, and what people see of them."""

from typing import Final

import pytest

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
