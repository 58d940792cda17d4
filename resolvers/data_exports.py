"""Links behind which people see, and take along, what is stored about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import Field
from starlette.requests import HTTPConnection

from core import clock
from core.access import MARKETING, STAFF, allow, allow_all
from core.actor import Actor
from core.errors import Gone, NotFound, found
from core.ids import object_id
from core.inputs import Input, Locale
from core.mongo import slice_of
from core.pages import Slice, Sort, Window
from core.runtime import runtime
from core.tokens import fingerprint, random_token
from models.apps import App
from models.base import touched
from models.contacts import Contact
from models.data_exports import VALID, DataExport, DataExportAccess, DataExportStatus, DataExportView
from resolvers.contacts import get_contact
from resolvers.gdpr import PersonalData, gather

VIEWS_KEPT: Final = 100
LONGEST_USER_AGENT: Final = 300


class DataExportCreate(Input):
    """`language` is that of the page: the contact's where it is left out, the browser's where that is not known."""

    contact_id: str = Field(max_length=300)
    language: Locale | None = None


@dataclass(frozen=True, slots=True)
class IssuedDataExport:
    """The link is shown once."""

    data_export: DataExport
    url: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a link, as far as a request tells."""

    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedDataExport:
    """What is behind a link, in which language to show it (None leaves it to the browser), and until when. `apps` are
    the names of all apps by id."""

    data: PersonalData
    language: str | None
    expires_at: datetime
    apps: Mapping[str, str]


class ClosedLink(Gone):
    """The link of an export that is not shown any more: why, and in which language to say so."""

    def __init__(self, data_export: DataExport, message: str) -> None:
        super().__init__(message)
        self.has_expired = data_export.status is DataExportStatus.EXPIRED
        self.language = data_export.language


@allow(MARKETING)
async def create_data_export(actor: Actor, data: DataExportCreate) -> IssuedDataExport:
    """Makes a link for a person to see what is stored about them. It is valid for 7 days, and shown this once."""
    contact = await get_contact(actor, data.contact_id)
    token = random_token()
    data_export = await DataExport(
        contact_id=contact.id,
        digest=fingerprint(token),
        language=data.language or contact.language,
        created_by=actor.label,
        expires_at=clock.now() + VALID,
    ).insert()
    return IssuedDataExport(data_export, f"{runtime().settings.public_url.rstrip('/')}/data-export/{token}")


@allow(MARKETING)
async def revoke_data_export(actor: Actor, data_export_id: str) -> DataExport:
    """Ends a link before its time."""
    identity = object_id(data_export_id)
    revoked = touched({"revokedAt": clock.now()})
    return found(
        await DataExport.change({"_id": identity, "revokedAt": None}, revoked) if identity else None, "Data export"
    )


@allow(STAFF)
async def list_data_exports(actor: Actor, contact_id: str, window: Window) -> Slice[DataExport]:
    """The links that a contact was given, the newest first, and when they were opened."""
    return await data_exports_of(actor, await get_contact(actor, contact_id), window)


@allow(STAFF)
async def data_exports_of(actor: Actor, contact: Contact, window: Window) -> Slice[DataExport]:
    """The links that a contact was given, the newest first, and when they were opened."""
    return await slice_of(DataExport, {"contactId": contact.id}, Sort("createdAt", descending=True), window)


@allow_all
async def open_data_export(
    actor: Actor, token: str, access: DataExportAccess, visitor: Visitor = Visitor()
) -> OpenedDataExport:
    """What is stored about a person, for whoever has the link. Each opening is recorded.

    Raises `NotFound` for a link that never was, `ClosedLink` for one that has expired or was revoked.
    """
    data_export = await DataExport.find_one({"digest": fingerprint(token)})
    if data_export is None:
        raise NotFound("This link does not exist")
    contact = await Contact.find_one({"_id": data_export.contact_id, "erasedAt": None})
    if data_export.status is DataExportStatus.REVOKED or contact is None:
        raise ClosedLink(data_export, "This link was withdrawn")
    if data_export.status is DataExportStatus.EXPIRED:
        raise ClosedLink(data_export, "This link has expired: ask for a new one")
    view = DataExportView(at=clock.now(), access=access, ip=visitor.ip, user_agent=visitor.user_agent)
    await DataExport.change({"_id": data_export.id}, _with_view(view))
    apps = {app.id: app.name for app in await App.find_all().to_list()}
    return OpenedDataExport(await gather(contact), data_export.language, data_export.expires_at, apps)


def visitor_of(connection: HTTPConnection) -> Visitor:
    """A user agent is cut to what is worth keeping."""
    agent = connection.headers.get("user-agent")
    return Visitor(connection.client.host if connection.client else None, agent and agent[:LONGEST_USER_AGENT])


def _with_view(view: DataExportView) -> Mapping[str, Any]:
    seen = view.model_dump(by_alias=True)
    return {"$push": {"views": {"$each": [seen], "$slice": -VIEWS_KEPT}}, "$inc": {"viewCount": 1}}
