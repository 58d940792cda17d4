"""What no schema can express and no client library sends: bytes that are broken in every layer.

Whatever it is, the server refuses it in its own envelope, or answers; it never fails.
"""

from typing import Final

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from tests.contract.requests.calling import APP, SHOP
from tests.fuzz.raw import JSON, Answer, Header, send
from tests.fuzz.world import a_world

APP_PATH: Final = f"/{APP}".encode()

PLACES: Final = [
    *(APP_PATH + path for path in (b"/shops", b"/shops/domains", b"/plans", b"/plans/active")),
    *(b"/users", b"/api-keys", b"/apps", b"/auth/me", b"/health", b"/graphql"),
    *(b"/", b"/docs", b"/graphiql", b"/openapi.json", b"/assets/x"),
]
QUERIES: Final = [
    b"search=%00", b"search=%ff", b"search=\xff\xfe", b"search=%ED%A0%80", b"search=" + b"x" * 300, b"search[$ne]=1",
    b"search={%22$ne%22:null}", b"search=a&search=b", b"page=99999999999999999999999", b"page=-1", b"page=1e3",
    b"page=%EF%BC%91", b"limit=NaN", b"limit=0x10", b"sort=%00", b"sort=-_id", b"appId=%00", b"isActive=null",
    b"plan=%00", b"country=%00", b"installedFrom=0001-01-01T00:00:00%2B14:00", b"installedTo=9999-12-31T23:59:59.9999Z",
    b"installedFrom=now", b"query=%00", b"query={me{id}}&variables={", b"a" * 70_000, b"%", b"=&&=", b"%ff=1", b"?",
]  # fmt: skip

PATHS: Final = [
    b"/%00/shops", b"/%ff/shops", b"/\xff/shops", b"//", b"/../x", b"/%2e%2e/x", b"/%2F/shops", b"/" + b"a/" * 3000,
    b"/$ne/shops", b"/%7B%22$ne%22:null%7D/shops", b"/users/%00", b"/users/" + b"f" * 24, b"/api-keys/%ff",
    *(APP_PATH + b"/shops/" + end for end in (b"%00", b"%ED%A0%80", b"x" * 60_000)),
    *(APP_PATH + b"/plans/" + end for end in (b"%00", b"%0d%0aSet-Cookie:a=b", "é\u2028".encode())),
    *(APP_PATH + b"/events/" + end for end in (b"%00", b"$where", b"a" * 100)),
    *(APP_PATH + b"/newsletter/unsubscribe/" + end for end in (b"%00", b"%ff", b"x" * 39, b"x" * 5000)),
    *(APP_PATH + b"/newsletter/confirm/" + end for end in (b"%00", b"%ff", b"x" * 5000)),
    *(b"/assets/" + end for end in (b"%00", b"%ff", b"..%2f..%2fapp.py", b"..", b"x" * 5000)),
]  # fmt: skip
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"]

HEADERS: Final[list[Header]] = [
    *((b"idempotency-key", value) for value in (b"\xff", b"", b"\0", b"x" * 300, b"a\tb")),
    *((b"x-request-id", value) for value in (b"\xff\0", b"x" * 10_000, b"\x1b[31m")),
    *((b"accept", value) for value in (b"\xff;q=abc", b"text/html;q=abc", b";;;,,,q=", b"*/*;q=nan", b"a" * 10_000)),
    *((b"content-type", value) for value in (b"\xff", b"application/json; charset*=utf-8''%ff", b";", b"text/plain")),
    *((b"host", value) for value in (b"[", b"\xff", b"a b", b"x?y#z", b"", b"test:99999999")),
    *((b"origin", value) for value in (b"\xff", b"null", b"[")),
    *((b"authorization", value) for value in (b"Bearer \xff", b"Bearer a.b.c", b"Basic \xff", b"\0")),
    *((b"x-api-key", value) for value in (b"\xff", b"\0", b"aoa_live_" + b"0" * 38, b"a" * 10_000)),
    *((b"range", value) for value in (b"bytes=zz-1", b"bytes=9-1", b"bytes=" + b"0-1," * 1000)),
    (b"accept-encoding", b"\xff;q=x"), (b"accept-language", b"\xff"), (b"cookie", b"\xff"), (b"content-length", b"abc"),
    (b"if-none-match", b"\xff"), (b"if-modified-since", b"junk"), (b"x-forwarded-for", b"\xff"), (b"upgrade", b"\xff"),
]  # fmt: skip

BODIES: Final = [
    b"", b"\xff", b"\0", b"null", b"[]", b"NaN", b"1", b"{", b"\xef\xbb\xbf{}", b'{"a":1}{"b":2}', b"<a/>",
    b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"data":' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"name":"\\ud800"}', b'{"name":"\xed\xa0\x80"}', b'{"name":"\\u0000"}', b'{"name":"a","name":"b"}', b'{"":1}',
    b'{"name":{"$ne":null}}', b'{"$where":"1"}', b'{"__proto__":{}}', b'{"email":{"$ne":null},"password":{"$ne":""}}',
    b'{"email":"\\u0000@b.co","password":"x"}', b'{"email":"a@b.co","password":"\\u0000aaaaaaaaaaaa"}',
    b'{"email":"' + b"a" * 100_000 + b'@b.co","password":"x"}', b'{"newPassword":"\\u0000aaaaaaaaaaaa"}',
    *(b'{"handle":"a","name":"b","price":%b}' % value for value in (
        b"NaN", b"Infinity", b"1e400", b"1e-400", b'"1E+11"', b'"-0"', b'"1e9999999999"', b"9" * 5000, b'"1_0"')),
    *(b'{"trialDays":%b}' % value for value in (b"9" * 5000, b"1.5", b"true", b'"1"', b"1e2")),
    *(b'{"data":{"a":%b}}' % value for value in (b"NaN", b"1e999", b"9" * 30, b'"\\ud800"', b'"\\u0000"')),
    *(b'{"data":{"%b":1}}' % key for key in (b"", b"$ne", b"a.b", b"a\\u0000", b"\\ud800", b"_id")),
    *(b'{"settings":{"a":%b}}' % value for value in (b"NaN", b'{"$ne":null}', b"[[[[[[[[[[[[1]]]]]]]]]]]]")),
    *(b'{"shopDomain":"a.myshopify.com","data":{"plan":"pro_monthly"},"occurredAt":%b}' % value for value in (
        b'"0001-01-01T00:00:00Z"', b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-14:00"', b"-1e300", b"1")),
    *(b'{"expiresAt":%b}' % value for value in (b'"9999-12-31T23:59:59.999Z"', b"1e300", b'"tomorrow"')),
    *(b'{"query":%b}' % value for value in (
        b'"\\ud800"', b'"{"', b"1", b'"{user(id:\\"\\\\uD800\\"){id}}"', b'"{user(id:\\"\\u0000\\"){id}}"',
        b'"{me{id}}","variables":{"a":1e999}', b'"{me{id}}","variables":[]', b'"\\u0000"')),
]  # fmt: skip
WRITES: Final = [
    *(("POST", APP_PATH + path) for path in (b"/plans", b"/events/x", b"/events/plan-changed")),
    ("POST", APP_PATH + b"/newsletter/subscribe"), ("POST", b"/admin" + APP_PATH + b"/newsletter/subscribers/import"),
    ("POST", APP_PATH + b"/events/app-installed"), ("PATCH", APP_PATH + b"/shops/" + SHOP.encode()),
    *(("POST", path) for path in (b"/users", b"/api-keys", b"/auth/login", b"/auth/hash-password", b"/graphql")),
]  # fmt: skip


def wrong(answer: Answer) -> bool:
    """A failure of the server, or a refusal outside the envelopes. Pages that were not built are an HTML 503."""
    if not answer.headers.get(b"content-type", b"").startswith(b"application/json"):
        return answer.status == 500
    if answer.status < 400 or not answer.body:
        return False
    return not answer.is_refusal and (answer.status >= 500 or "errors" not in answer.json)


@pytest.fixture
async def owner(client: AsyncClient) -> list[Header]:
    world = await a_world(client)
    return [(name.lower().encode(), value.encode()) for name, value in world.owner.items()]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.decode())
async def test_queries(place: bytes, web_app: FastAPI, owner: list[Header]) -> None:
    answers = {query: await send(web_app, "GET", place + b"?" + query, headers=owner) for query in QUERIES}
    assert {query: answer for query, answer in answers.items() if wrong(answer)} == {}


@pytest.mark.parametrize("method", METHODS)
async def test_paths(method: str, web_app: FastAPI, owner: list[Header]) -> None:
    for path in PATHS:
        answer = await send(web_app, method, path, headers=[*owner, JSON], chunks=[b"{}"])
        assert not wrong(answer), (path, answer)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: f"{header[0].decode()} {header[1][:20]!r}")
async def test_headers(header: Header, web_app: FastAPI, owner: list[Header]) -> None:
    """Alone, and beside a valid one of the same name, on whichever side of it."""
    for method, place in [
        ("GET", b"/"),
        ("GET", b"/docs"),
        ("GET", b"/graphql?query={me{id}}"),
        *WRITES[:1],
        WRITES[-1],
    ]:
        for headers in ([header, JSON], [header, JSON, *owner], [*owner, JSON, header]):
            answer = await send(web_app, method, place, headers=headers, chunks=[b'{"query":"{me{id}}"}'])
            assert not wrong(answer), (place, headers, answer)


@pytest.mark.parametrize(("method", "place"), WRITES, ids=str)
async def test_bodies(method: str, place: bytes, web_app: FastAPI, owner: list[Header]) -> None:
    for body in BODIES:
        answer = await send(web_app, method, place, headers=[*owner, JSON], chunks=[body])
        assert not wrong(answer), (body[:80], answer)


async def test_a_query_that_is_not_ascii_under_an_idempotency_key(web_app: FastAPI, owner: list[Header]) -> None:
    headers = [*owner, JSON, (b"idempotency-key", b"1")]
    answer = await send(web_app, "POST", APP_PATH + b"/plans?\xff", headers=headers, chunks=[b"{}"])
    assert answer.status == 400
    assert answer.json == {"success": False, "error": "The query string must be percent-encoded"}
