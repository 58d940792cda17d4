"""Sequences in GraphQL: every operation's way through the interface, and what people see of them."""

from typing import Any, Final

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import logged_in
from tests.factories.sequences import DAY_MS, a_sequence, an_enrollment, an_outreach_template
from tests.schema.asking import answer

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
