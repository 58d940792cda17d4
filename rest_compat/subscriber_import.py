"""Files of newsletter subscribers, over REST: comma-separated values, or JSON."""

from typing import Final

from resolvers.import_files import CSV, JSON, CsvRows, JsonRows
from resolvers.subscriber_import import import_subscribers
from resolvers.subscriber_rows import COLUMNS, LIST, SPELLINGS, SubscriberRow
from rest_compat.edge import AppId, CurrentActor, Data, Wire
from rest_compat.uploads import CurrentUpload, Uploads

FILES: Final = Uploads(
    {
        JSON: {
            "type": "object",
            "properties": {LIST: {"type": "array", "items": SubscriberRow.model_json_schema()}},
            "required": [LIST],
            "additionalProperties": False,
        },
        CSV: {"type": "string", "description": f"The first row names the columns: {', '.join(COLUMNS)}."},
    },
    largest=50_000_000,
)


class RowErrorWire(Wire):
    row: int
    email: str | None
    reason: str


class ImportWire(Wire):
    """Of those who are in, `withoutConsent` get no newsletter, because nobody said that they agreed to it. `errors` are
    the first thousand rows that were skipped."""

    total: int
    imported: int
    updated: int
    unchanged: int
    skipped: int
    without_consent: int
    errors: list[RowErrorWire]
    ignored_columns: list[str]


async def import_file(actor: CurrentActor, app_id: AppId, upload: CurrentUpload) -> Data[ImportWire]:
    """Take in subscribers from a file, with a reason for each row left out."""
    rows = CsvRows(upload.file, SPELLINGS) if upload.media_type == CSV else JsonRows(upload.file, LIST)
    return Data(data=ImportWire.of(await import_subscribers(actor, app_id, rows)))
