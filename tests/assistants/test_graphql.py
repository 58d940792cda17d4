"""Tools of fields that no path of REST has, and questions in GraphQL."""

from typing import Final

import pytest
from graphql import build_client_schema, parse, validate  # noqa: F401

from assistants.catalogue import fields_without_row
from rest_compat.routes import ALL
from schema.fields import root_fields
from schema.root import SCHEMA
from schema.serving.engine import Engine
from schema.serving.limits import Limits

APP: Final = "banners-all-over"
FIELDS: Final = list(fields_without_row([row for rows in ALL.values() for row in rows], root_fields(SCHEMA)))
ENGINE: Final = Engine(SCHEMA, Limits(), production=True)
REPLY: Final = {"appId": APP, "title": "Hello", "body": "Hello {{ customer_name }}"}

pytestmark = pytest.mark.usefixtures("platform")
