"""Files that people attach to what they write, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from models import attachments as stored
from resolvers import attachments
from resolvers.attachments import AttachmentUpload
from schema.edge import Info, UserError, mutation, parse, query


@strawberry.type(description="A file. What it is was told by its content, not by its name.")
class Attachment:
    id: ID
    url: str = strawberry.field(
        description="A download for whoever has this address, for the next three quarters of an hour at least."
    )
    key: str
    filename: str
    mimetype: str
    size: int = strawberry.field(description="Bytes.")
    uploaded_at: datetime


def attachment(document: stored.Attachment) -> Attachment:
    """The document has all that the type shows."""
    return cast(Attachment, document)


@strawberry.input(
    description="A small file in Base64. Larger ones are sent as a form: POST /{appId}/attachments, whose ids the "
    "inputs here take as well."
)
class AttachmentUploadInput:
    filename: str
    content: str


@strawberry.type
class AttachmentUploadPayload:
    attachment: Attachment | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AttachmentQueries:
    @query(attachments.get_attachment)
    async def attachment(self, info: Info, app_id: ID, id: ID) -> Attachment:
        return attachment(await attachments.get_attachment(info.context.actor, app_id, id))

    @query(attachments.get_linked_attachment)
    async def linked_attachment(self, info: Info, app_id: ID, id: ID, token: str) -> Attachment:
        return attachment(await attachments.get_linked_attachment(info.context.actor, app_id, id, token))


@strawberry.type
class AttachmentMutations:
    @mutation(attachments.upload_attachments)
    async def attachment_upload(self, info: Info, app_id: ID, input: AttachmentUploadInput) -> AttachmentUploadPayload:
        file = parse(AttachmentUpload, input).file()
        (stored_file,) = await attachments.upload_attachments(info.context.actor, app_id, [file])
        return AttachmentUploadPayload(attachment=attachment(stored_file))
