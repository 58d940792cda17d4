"""What contacts are made of, in GraphQL."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from models import contacts as stored
from schema.apps import App
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.shops import Shop

LazyShop = Annotated["Shop", strawberry.lazy("schema.shops")]


@strawberry.type(description="A shop whose address is the contact's.")
class ContactShop:
    app_id: ID
    domain: str
    has_app: bool = strawberry.field(description="Whether the shop has the app now.")

    app: App | None = loaded(stored.ContactShop, Loaders.apps, lambda one: one.app_id)

    shop: LazyShop | None = loaded(
        stored.ContactShop, Loaders.shops, lambda one: (one.app_id, one.domain), "All that the app knows of it."
    )


@strawberry.type(description="In how many documents of a collection a person was.")
class ErasedDocuments:
    collection: str
    count: int
