"""What contacts are made of, in GraphQL."""

from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID

from schema.apps import App
from schema.edge import Info, described

if TYPE_CHECKING:
    from schema.shops import Shop

LazyShop = Annotated["Shop", strawberry.lazy("schema.shops")]


@strawberry.type(description="A shop whose address is the contact's.")
class ContactShop:
    app_id: ID
    domain: str
    has_app: bool = strawberry.field(description="Whether the shop has the app now.")

    @strawberry.field
    async def app(self, info: Info) -> App | None:
        return cast(App | None, await info.context.loaders.apps.load(self.app_id))

    @described("All that the app knows of it.")
    async def shop(self, info: Info) -> LazyShop | None:
        return cast(LazyShop | None, await info.context.loaders.shops.load((self.app_id, self.domain)))


@strawberry.type(description="In how many documents of a collection a person was.")
class ErasedDocuments:
    collection: str
    count: int
