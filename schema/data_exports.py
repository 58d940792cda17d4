"""Links to a person's data, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from models import data_exports as stored
from models.data_exports import DataExportAccess, DataExportStatus
from resolvers import data_exports, gdpr
from resolvers.data_exports import DataExportCreate, visitor_of
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.contacts import Contact

strawberry.enum(DataExportAccess)
strawberry.enum(DataExportStatus)


@strawberry.type(description="All that is stored about a person, by collection.")
class PersonalData:
    email: str
    language: str | None
    gathered_at: datetime

    @described("Raises an error where that is too much for one answer.")
    async def collections(self) -> JSON:
        return cast(JSON, await cast(gdpr.PersonalData, self).collected())


@strawberry.type(description="Somebody opened the link.")
class DataExportView:
    at: datetime
    access: DataExportAccess
    ip: str | None
    user_agent: str | None


@strawberry.type(description="A link behind which a person sees what is stored about them.")
class DataExport:
    id: ID
    contact_id: ID
    status: DataExportStatus
    language: str | None = strawberry.field(description="That of the page; null leaves it to the browser.")
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    view_count: int
    views: list[DataExportView] = strawberry.field(description="The last openings.")
    created_at: datetime

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.DataExport,
        Loaders.contacts,
        lambda one: one.contact_id,
        "Whose data it is; null for somebody who was erased.",
    )


def data_export(document: stored.DataExport) -> DataExport:
    """The document has all that the type shows."""
    return cast(DataExport, document)


@strawberry.type(description="What is behind a link.")
class OpenedDataExport:
    data: PersonalData
    language: str | None
    expires_at: datetime


@strawberry.input(description="`contactId` is the contact's id or address; `language` that of the page.")
class DataExportCreateInput:
    contact_id: str
    language: Maybe[str | None]


@strawberry.type
class DataExportPayload:
    data_export: DataExport | None = None
    url: str | None = strawberry.field(default=None, description="The link, which is shown this once.")
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class DataExportRevokePayload:
    data_export: DataExport | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class DataExportQueries:
    @query(data_exports.open_data_export)
    async def data_export(self, info: Info, token: str) -> OpenedDataExport:
        visitor = visitor_of(info.context.connection)
        opened = await data_exports.open_data_export(info.context.actor, token, DataExportAccess.VIEWED, visitor)
        return cast(OpenedDataExport, opened)


@strawberry.type
class DataExportMutations:
    @mutation(data_exports.create_data_export)
    async def data_export_create(self, info: Info, input: DataExportCreateInput) -> DataExportPayload:
        issued = await data_exports.create_data_export(info.context.actor, parse(DataExportCreate, input))
        return DataExportPayload(data_export=data_export(issued.data_export), url=issued.url)

    @mutation(data_exports.revoke_data_export)
    async def data_export_revoke(self, info: Info, id: ID) -> DataExportRevokePayload:
        revoked = await data_exports.revoke_data_export(info.context.actor, id)
        return DataExportRevokePayload(data_export=data_export(revoked))
