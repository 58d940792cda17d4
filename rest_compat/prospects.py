"""People whom the company might win as customers, over REST."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import BeforeValidator, Field

from core.inputs import Input
from core.pages import DEFAULT_LIMIT, PAGE_LIMIT, Page
from models.prospects import ProspectStatus
from resolvers import prospect_notes, prospects
from resolvers.import_files import CSV, JSON, CsvRows, JsonRows
from resolvers.prospect_activities import ProspectActivityKind
from resolvers.prospect_import import import_prospects
from resolvers.prospect_notes import ProspectNoteCreate
from resolvers.prospect_rows import COLUMNS, LIST, SPELLINGS, ProspectRow
from resolvers.prospect_timelines import list_prospect_activity
from resolvers.prospects import ProspectCreate, ProspectFilter, ProspectSortKey, ProspectUpdate
from rest_compat.edge import (
    CurrentActor,
    Data,
    DataMessage,
    Listing,
    Message,
    Moment,
    Paged,
    StoredWire,
    Wire,
    page_of,
)
from rest_compat.enrollments import EnrollmentWire
from rest_compat.uploads import CurrentUpload, Uploads

ProspectId = Annotated[str, Path(alias="id", description="The prospect's `_id`, or its address")]
Identity = Annotated[str, BeforeValidator(str)]
Id = Annotated[str, BeforeValidator(str), Field(serialization_alias="_id")]

FILES: Final = Uploads(
    {
        JSON: {
            "type": "object",
            "properties": {LIST: {"type": "array", "items": ProspectRow.model_json_schema()}},
            "required": [LIST],
            "additionalProperties": False,
        },
        CSV: {"type": "string", "description": f"The first row names the columns: {', '.join(COLUMNS)}."},
    },
    largest=25_000_000,
)


class ProspectWire(StoredWire):
    email: str
    name: str
    company: str
    title: str
    domain: str | None
    shop_domain: str | None
    country: str | None
    language: str | None
    source: str
    tags: list[str]
    owner_id: Identity | None
    facts: dict[str, Any]
    score: int | None
    status: ProspectStatus
    status_changed_at: Moment
    contact_id: Identity | None
    last_contacted_at: Moment | None
    last_replied_at: Moment | None
    converted_at: Moment | None
    created_by: str


class ProspectChangeWire(Wire):
    at: Moment
    by: str
    before: ProspectStatus
    after: ProspectStatus
    reason: str | None


class ProspectWithHistoryWire(ProspectWire):
    """`history` has the oldest change first."""

    history: list[ProspectChangeWire]


class ProspectStatsWire(Wire):
    total: int
    by_status: Mapping[ProspectStatus, int]
    by_source: Mapping[str, int]


class ProspectNoteWire(StoredWire):
    prospect_id: Identity
    note: str
    written_by: str


class MailWire(Wire):
    """Of a mail: `at` is when it happened."""

    at: Moment
    delivery_id: Identity | None
    campaign_id: Identity | None
    url: str | None
    detail: str | None


class ProspectActivityWire(Wire):
    """`at` is when we learnt of it; `change` is of the status, `enrollment` is as it is now, `event` of a
    mail."""

    id: Id
    kind: ProspectActivityKind
    at: Moment
    by: str | None
    change: ProspectChangeWire | None
    note: ProspectNoteWire | None
    enrollment: EnrollmentWire | None
    event: MailWire | None


class ProspectRowErrorWire(Wire):
    row: int
    email: str
    error: str


class ProspectsImportWire(Wire):
    """`skipped` are prospects already, or the same as an earlier row; `errors` are the first thousand of the
    `failed`."""

    total: int
    created: int
    skipped: int
    failed: int
    errors: list[ProspectRowErrorWire]
    ignored_columns: list[str]


class ProspectListing(Listing, ProspectFilter):
    sort_keys = ProspectSortKey


class ProspectActivityListing(Input):
    page: int = Field(1, ge=1, le=1_000_000)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=PAGE_LIMIT)


async def list_prospects(actor: CurrentActor, query: Annotated[ProspectListing, Query()]) -> Paged[ProspectWire]:
    """People whom the company might win as customers."""
    found = await prospects.list_prospects(actor, query.window, query, query.order)
    return await page_of(ProspectWire, found, query.window)


async def create_prospect(actor: CurrentActor, body: ProspectCreate) -> DataMessage[ProspectWithHistoryWire]:
    """Adds somebody."""
    created = await prospects.create_prospect(actor, body)
    return DataMessage(data=ProspectWithHistoryWire.of(created), message="Prospect created")


async def prospect_stats(actor: CurrentActor) -> Data[ProspectStatsWire]:
    """How many there are, by status and by where they came from."""
    return Data(data=ProspectStatsWire.of(await prospects.prospect_stats(actor)))


async def import_file(actor: CurrentActor, upload: CurrentUpload) -> Data[ProspectsImportWire]:
    """Takes in a file of at most 50,000 rows, with a reason for each row that is not valid."""
    rows = CsvRows(upload.file, SPELLINGS) if upload.media_type == CSV else JsonRows(upload.file, LIST)
    return Data(data=ProspectsImportWire.of(await import_prospects(actor, rows)))


async def get_prospect(actor: CurrentActor, prospect_id: ProspectId) -> Data[ProspectWithHistoryWire]:
    """One of them, with what became of their status."""
    return Data(data=ProspectWithHistoryWire.of(await prospects.get_prospect(actor, prospect_id)))


async def update_prospect(
    actor: CurrentActor, prospect_id: ProspectId, body: ProspectUpdate
) -> DataMessage[ProspectWithHistoryWire]:
    """Change what is sent, leave the rest; `reason` goes with `status`."""
    updated = await prospects.update_prospect(actor, prospect_id, body)
    return DataMessage(data=ProspectWithHistoryWire.of(updated), message="Prospect updated")


async def delete_prospect(actor: CurrentActor, prospect_id: ProspectId) -> Message:
    """Deletes somebody with the notes about them. What they agreed to or withdrew stays with their contact."""
    await prospects.delete_prospect(actor, prospect_id)
    return Message(message="Prospect deleted")


async def list_activity(
    actor: CurrentActor, prospect_id: ProspectId, query: Annotated[ProspectActivityListing, Query()]
) -> Paged[ProspectActivityWire]:
    """All that happened with somebody, the newest first."""
    window = Page(query.page, query.limit)
    return await page_of(ProspectActivityWire, await list_prospect_activity(actor, prospect_id, window), window)


async def add_note(
    actor: CurrentActor, prospect_id: ProspectId, body: ProspectNoteCreate
) -> DataMessage[ProspectNoteWire]:
    """Writes something down about somebody."""
    note = await prospect_notes.add_prospect_note(actor, prospect_id, body)
    return DataMessage(data=ProspectNoteWire.of(note), message="Note added")
