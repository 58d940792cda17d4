"""Files that people attach, in GraphQL."""

import base64
from typing import Any

from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, backend_of, with_key
from tests.factories.apps import an_app
from tests.factories.attachments import PNG, uploaded
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

UPLOAD = """mutation ($app: ID!, $input: AttachmentUploadInput!) { attachmentUpload(appId: $app, input: $input) {
  attachment { id filename mimetype size url } userErrors { code field message } } }"""
READ = "query ($app: ID!, $id: ID!) { attachment(appId: $app, id: $id) { filename url key } }"
LINKED = """query ($app: ID!, $id: ID!, $token: String!) {
  linkedAttachment(appId: $app, id: $id, token: $token) { filename } }"""


def given(name: str, content: bytes) -> dict[str, Any]:
    return {"filename": name, "content": base64.b64encode(content).decode()}


async def test_a_small_file_is_uploaded_and_found(client: AsyncClient) -> None:
    app = await an_app()
    backend = with_key(await an_api_key(app.id))
    answer = (await ask(client, backend, UPLOAD, app=app.id, input=given("a.png", PNG)))["attachmentUpload"]
    file = answer["attachment"]
    assert answer["userErrors"] == []
    assert (file["filename"], file["mimetype"], file["size"]) == ("a.png", "image/png", len(PNG))
    assert (await client.get(file["url"])).content == PNG
    found = (await ask(client, backend, READ, app=app.id, id=file["id"]))["attachment"]
    assert (found["filename"], found["key"]) == ("a.png", file["id"])
    token = file["url"].rsplit("/", 1)[-1]
    linked = await ask(client, {}, LINKED, app=app.id, id=file["id"], token=token)
    assert linked["linkedAttachment"] == {"filename": "a.png"}


async def test_viewers_upload_nothing(client: AsyncClient) -> None:
    app = await an_app()
    viewer = await logged_in(Role.VIEWER)
    assert await error_of(client, viewer, UPLOAD, app=app.id, input=given("a.png", PNG)) == "FORBIDDEN"


async def test_what_is_not_taken_is_a_user_error(client: AsyncClient) -> None:
    app, owner = await an_app(), await logged_in()
    for sent, field in ((given("a.exe", b"MZ\0"), "attachments"), ({"filename": "a", "content": "?"}, "content")):
        answer = (await ask(client, owner, UPLOAD, app=app.id, input=sent))["attachmentUpload"]
        assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [("INVALID_INPUT", [field])]


async def test_one_of_another_app_is_not_found(client: AsyncClient) -> None:
    app, other = await an_app(), await an_app()
    (file,) = await uploaded(backend_of(app.id), app.id)
    assert await error_of(client, await logged_in(), READ, app=other.id, id=file.key) == "NOT_FOUND"
