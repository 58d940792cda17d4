"""Files that people attach to what they write, over REST: up by a form, down as a download and nothing else."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path, Request
from pydantic import BeforeValidator, Field
from starlette.responses import Response, StreamingResponse

from models.attachments import Attachment
from resolvers import attachments
from resolvers.attachment_files import read_file
from resolvers.attachment_names import content_disposition
from resolvers.attachments import FIELD, LARGEST, MOST, NewFile
from rest_compat.edge import AppId, CurrentActor, Data, Moment, Wire, failure
from rest_compat.uploads import CurrentFiles, Files, Forms

FILES: Final = Forms(FIELD, MOST, LARGEST)
HARMLESS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-transform",
    "Accept-Ranges": "bytes",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Of a download, whatever it holds, besides `Content-Disposition: attachment`; the gate adds `nosniff`."""
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

AttachmentId = Annotated[str, Path(alias="id")]
Token = Annotated[str, Path(alias="token")]


class AttachmentWire(Wire):
    """`url` works for whoever has it, for the next three quarters of an hour at least; `key` is the id."""

    id: Annotated[str, BeforeValidator(str), Field(serialization_alias="_id")]
    url: str
    key: str
    filename: str
    mimetype: str
    size: int
    uploaded_at: Moment


async def upload_attachments(actor: CurrentActor, app_id: AppId, files: CurrentFiles) -> Data[list[AttachmentWire]]:
    """Upload files, to be attached to what is written within a day."""
    stored = await attachments.upload_attachments(actor, app_id, new_files(files))
    return Data(data=[AttachmentWire.of(attachment) for attachment in stored])


async def download_attachment(actor: CurrentActor, request: Request, app_id: AppId, id: AttachmentId) -> Response:
    """Download a file, as a whole or in part."""
    return _download(request, await attachments.get_attachment(actor, app_id, id))


async def download_linked_attachment(
    actor: CurrentActor, request: Request, app_id: AppId, id: AttachmentId, token: Token
) -> Response:
    """Download a file by its link, which is the credential."""
    return _download(request, await attachments.get_linked_attachment(actor, app_id, id, token))


def new_files(files: Files) -> list[NewFile]:
    """As the resolver takes them."""
    return [NewFile(file.filename, file.file) for file in files]


def _download(request: Request, attachment: Attachment) -> Response:
    """Conditional and ranged requests by RFC 9110, sections 13 and 14: of several ranges the whole is sent."""
    tag = f'"{attachment.sha256}"'
    headers = {**HARMLESS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range", "") if request.headers.get("if-range", tag) == tag else ""
    part = _part(asked, attachment.size)
    if part is not None and not part:
        there_is = {**headers, "Content-Range": f"bytes */{attachment.size}"}
        return failure(f"The file has {attachment.size} bytes: there is no such part", 416, there_is)
    whole = range(attachment.size)
    sent = part or whole
    headers |= {
        "Content-Disposition": content_disposition(attachment.filename),
        "Content-Length": str(len(sent)),
        "Content-Type": attachment.mimetype,
    }
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{attachment.size}"
    content = read_file(attachment.id, sent.start, sent.stop)
    return StreamingResponse(content, 206 if part else 200, headers)


def _part(asked: str, size: int) -> range | None:
    """None for the whole; empty for what is not there."""
    found = RANGE.fullmatch(asked)
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        return range(max(0, size - int(found[2])), size)
    stop = min(int(found[2]) + 1, size) if found[2] else size
    return range(int(found[1]), stop) if int(found[1]) <= int(found[2] or found[1]) else None
