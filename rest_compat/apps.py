"""Apps, over REST."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from core.pages import PAGE_LIMIT, Slice
from resolvers import apps
from resolvers.apps import AppFilter, AppSortKey, Features, features_of
from rest_compat.edge import CurrentActor, Listing, Paged, Wire, page_of


class FeaturesWire(Wire):
    can_edit_templates: bool
    can_edit_users: bool
    can_view_metrics: bool


class AppWire(Wire):
    id: str
    name: str
    features: FeaturesWire


@dataclass(frozen=True, slots=True)
class ShownApp:
    id: str
    name: str
    features: Features


class AppListing(Listing, AppFilter):
    """All apps fit a page: clients that know no pages see every app."""

    sort_keys = AppSortKey

    limit: int = Field(PAGE_LIMIT, ge=1, le=PAGE_LIMIT)
    sort: str = Field("name", max_length=60)


async def list_apps(actor: CurrentActor, query: Annotated[AppListing, Query()]) -> Paged[AppWire]:
    """The company's apps, with what the caller may do in them."""
    found: Slice[Any] = await apps.list_apps(actor, query.window, query, query.order)
    features = features_of(actor)
    shown = [ShownApp(id=app.id, name=app.name, features=features) for app in found.items]
    return await page_of(AppWire, replace(found, items=shown), query.window)
