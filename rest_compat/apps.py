"""Apps, over REST."""

from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import Field

from core.actor import Actor
from core.pages import PAGE_LIMIT
from models.apps import App
from resolvers import apps
from resolvers.apps import AppFilter, AppSortKey, features_of
from rest_compat.edge import CurrentActor, Listing, Paged, Wire, paged


class FeaturesWire(Wire):
    can_edit_templates: bool
    can_edit_users: bool
    can_view_metrics: bool


class AppWire(Wire):
    id: str
    name: str
    features: FeaturesWire


class AppListing(Listing, AppFilter):
    """All apps fit a page: clients that know no pages see every app."""

    sort_keys = AppSortKey

    limit: int = Field(PAGE_LIMIT, ge=1, le=PAGE_LIMIT)
    sort: str = Field("name", max_length=60)


async def list_apps(actor: CurrentActor, query: Annotated[AppListing, Query()]) -> Paged[AppWire]:
    """The company's apps, with what the caller may do in them."""
    found = await apps.list_apps(actor, query.window, query, query.order)
    return await paged(partial(_app_wire, actor), found, query.window)


def _app_wire(actor: Actor, app: App) -> AppWire:
    return AppWire(id=app.id, name=app.name, features=FeaturesWire.of(features_of(actor)))
