"""Tools of fields that no path of REST has, and questions in GraphQL."""

from typing import Any, Final

import pytest
from graphql import build_client_schema, parse, validate  # noqa: F401

from assistants.catalogue import fields_without_row
from assistants.selections import document_of
from core.actor import Actor, Role
from core.scopes import Scope
from rest_compat.routes import ALL
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.assistants.conversations import called, text_of
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor

APP: Final = "banners-all-over"
FIELDS: Final = list(fields_without_row([row for rows in ALL.values() for row in rows], root_fields(SCHEMA)))
ENGINE: Final = Engine(SCHEMA, Limits(), production=True)
REPLY: Final = {"appId": APP, "title": "Hello", "body": "Hello {{ customer_name }}"}

pytestmark = pytest.mark.usefixtures("platform")
