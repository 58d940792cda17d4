"""Files that people attach, over REST."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response

from core import clock
from core.actor import Role
from core.scopes import Scope
from models.attachments import LINK_VALID
from models.files import CHUNK_SIZE
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.attachments import PNG, stored_counts
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import logged_in

UPLOAD: Final = "/banners/attachments"
FORM: Final = {"Content-Type": "multipart/form-data; boundary=x"}
NONE_CHOSEN: Final = b'--x\r\nContent-Disposition: form-data; name="attachments"; filename=""\r\n\r\n\r\n--x--\r\n'
CONTENT: Final = b"0123456789" * (CHUNK_SIZE // 4)


@pytest.fixture
async def backend(platform: object) -> Mapping[str, str]:
    await an_app("banners")
    return with_key(await an_api_key("banners", scopes=[Scope.TICKETS_READ, Scope.TICKETS_WRITE]))


def form(*files: tuple[str, bytes], part: str = "attachments") -> dict[str, Any]:
    """What httpx sends as a form."""
    return {"files": [(part, (name, content, "text/html")) for name, content in files]}


async def sent(client: AsyncClient, headers: Mapping[str, str], *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    answer = await client.post(UPLOAD, headers=headers, **form(*files))
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def got(client: AsyncClient, file: Mapping[str, Any], **headers: str) -> Response:
    """By its link."""
    return await client.get(file["url"], headers=headers)


async def test_files_go_up_and_come_down(client: AsyncClient, backend: Mapping[str, str]) -> None:
    image, text = await sent(client, backend, ("photo.png", PNG), ("Grüße.txt", CONTENT))
    assert {name: text[name] for name in ("filename", "mimetype", "size", "key")} == {
        "filename": "Grüße.txt",
        "mimetype": "text/plain",
        "size": len(CONTENT),
        "key": text["_id"],
    }
    assert text["uploadedAt"].endswith("Z")
    for path, headers in ((f"{UPLOAD}/{text['_id']}", backend), (text["url"], {})):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (200, CONTENT)
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt" in answer.headers["content-disposition"]
        assert answer.headers["content-length"] == str(len(CONTENT))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["content-type"] == "text/plain"
    assert (await got(client, image)).headers["content-type"] == "image/png"


class TestAPart:
    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=5-", 5, len(CONTENT)),
            ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
            (f"bytes={CHUNK_SIZE - 1}-{CHUNK_SIZE}", CHUNK_SIZE - 1, CHUNK_SIZE + 1),
            ("bytes=3-999999999", 3, len(CONTENT)),
            ("bytes=-999999999", 0, len(CONTENT)),
        ],
    )
    async def test_is_sent_where_one_is_asked_for(
        self, asked: str, start: int, stop: int, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        (file,) = await sent(client, backend, ("a.txt", CONTENT))
        answer = await got(client, file, Range=asked)
        assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"

    @pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "bytes=-", "lines=1-2", "bytes=5-2", "bytes=x-", "", "bytes=1"])
    async def test_is_the_whole_where_it_is_not_clear_which(
        self, asked: str, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        (file,) = await sent(client, backend, ("a.txt", b"0123456789"))
        answer = await got(client, file, Range=asked)
        assert (answer.status_code, answer.content) == (200, b"0123456789")

    @pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
    async def test_that_is_not_there_is_a_416(
        self, asked: str, client: AsyncClient, backend: Mapping[str, str]
    ) -> None:
        (file,) = await sent(client, backend, ("a.txt", b"0123456789"))
        answer = await got(client, file, Range=asked)
        assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")

    async def test_is_of_the_same_file_or_the_whole(self, client: AsyncClient, backend: Mapping[str, str]) -> None:
        (file,) = await sent(client, backend, ("a.txt", b"0123456789"))
        tag = (await got(client, file)).headers["etag"]
        assert (await got(client, file, **{"Range": "bytes=0-0", "If-Range": tag})).status_code == 206
        assert (await got(client, file, **{"Range": "bytes=0-0", "If-Range": '"other"'})).status_code == 200
        known = await got(client, file, **{"If-None-Match": tag})
        assert (known.status_code, known.content) == (304, b"")


async def test_one_that_was_sent_before_is_not_stored_twice(client: AsyncClient, backend: Mapping[str, str]) -> None:
    """The boundary of a form is another one each time."""
    headers = {**backend, "Idempotency-Key": "1"}
    first, second = [await client.post(UPLOAD, headers=headers, **form(("a.png", PNG))) for _ in range(2)]
    assert first.json() == second.json()
    assert await stored_counts() == (1, 1, 1)
    other = await client.post(UPLOAD, headers=headers, **form(("b.png", PNG)))
    assert other.status_code == 409


async def test_who_may(client: AsyncClient, backend: Mapping[str, str]) -> None:
    ada, eve = [bearer_of(await a_stored_end_user("banners", f"{name}@example.com")) for name in ("ada", "eve")]
    (file,) = await sent(client, ada, ("a.png", PNG))
    path = f"{UPLOAD}/{file['_id']}"
    statuses = [
        (await client.get(path, headers=headers)).status_code
        for headers in (ada, await logged_in(Role.VIEWER), eve, backend, {})
    ]
    assert statuses == [200, 200, 404, 404, 401]
    assert (await client.post(UPLOAD, **form(("a.png", PNG)))).status_code == 401
    viewer = await client.post(UPLOAD, headers=await logged_in(Role.VIEWER), **form(("a.png", PNG)))
    assert viewer.status_code == 403


async def test_links_that_do_not_work(client: AsyncClient, backend: Mapping[str, str]) -> None:
    (file,) = await sent(client, backend, ("a.png", PNG))
    assert (await client.get(f"{UPLOAD}/{file['_id']}/x")).status_code == 404
    with clock.shifted(LINK_VALID):
        expired = await got(client, file)
    assert (expired.status_code, expired.json()["success"]) == (410, False)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (form(("a.exe", b"MZ\0")), "attachments: a.exe is of a kind that is not taken"),
        (form(("a.png", b"")), "attachments: a.png is empty"),
        (form(*[("a.png", PNG)] * 6), "Too many files. Maximum number of files is 5."),
        (form(("a.png", PNG), part="file"), "file: is not a known file: send files as attachments"),
        ({"data": {"a": "b"}, **form(("a.png", PNG))}, "a: is not a known field"),
        ({"headers": FORM, "content": NONE_CHOSEN}, "attachments: send 1 to 5 files"),
        ({"headers": FORM, "content": NONE_CHOSEN[:-3]}, "attachments: the form was cut off"),
        ({"json": {"attachments": []}}, "attachments: send 1 to 5 files"),
        ({"headers": {"Content-Type": "multipart/form-data"}, "content": b"x"}, "Missing boundary"),
        (
            {"headers": FORM, "content": b"--y\r\n"},
            "Invalid multipart data",
        ),
    ],
)
async def test_what_is_not_taken_is_a_400(
    request_: dict[str, Any], sentence: str, client: AsyncClient, backend: Mapping[str, str]
) -> None:
    headers = {**backend, **request_.pop("headers", {})}
    answer = await client.post(UPLOAD, headers=headers, **request_)
    assert (answer.status_code, answer.json()["error"][: len(sentence)]) == (400, sentence)
    assert await stored_counts() == (0, 0, 0)
