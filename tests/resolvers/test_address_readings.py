"""An address is found however it is written, and nobody else's is."""

import base64
import html
import json
import quopri
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.erasure_certificates import Trace
from resolvers.address_readings import Marker

ADDRESS: Final = "Ada@tea.example"
DIGEST: Final = "5f" * 32
MARKER: Final = Marker(ADDRESS, [DIGEST])
FOUND: Final = frozenset({Trace.ADDRESS})

ENCODINGS: Final[dict[str, Callable[[str], bytes]]] = {
    "as it is": str.encode,
    "in capitals": lambda text: text.upper().encode(),
    "in a nested object": lambda text: bson.encode({"a": [{"b": text}]}),
    "as the name of a field": lambda text: bson.encode({text: 1}),
    "percent-encoded": lambda text: quote(text, safe="").encode(),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "every character percent-encoded": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).replace(b"@", b"=40"),
    "quoted-printable, over two lines": lambda text: text.replace("tea", "te=\r\na").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(b"-" * 50 + text.encode()),
    "escaped for HTML": lambda text: html.escape(text).replace("@", "&#64;").encode(),
    "escaped for JSON": lambda text: json.dumps(text).replace("@", "\\u0040").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 in base64": lambda text: base64.b64encode(text.encode("utf-16")),
    "a URL in base64": lambda text: base64.b64encode(f"https://tea.example/?to={quote(text)}".encode()),
}


@pytest.mark.parametrize("encoded", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_it_is_found_however_it_is_written(encoded: Callable[[str], bytes]) -> None:
    for text in (ADDRESS, f"Write to <{ADDRESS}>, please", f"line\n{ADDRESS}\n"):
        assert MARKER.traces_in(encoded(text)) == FOUND


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from(["percent-encoded", "base64 in lines", "escaped for JSON"]))
def test_whatever_is_around_it(before: bytes, encoding: str) -> None:
    assert MARKER.traces_in(before + b" " + ENCODINGS[encoding](f" {ADDRESS} ") + b" \xff\0") == FOUND


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_text_do_no_harm(content: bytes) -> None:
    assert MARKER.traces_in(content) == frozenset()


@pytest.mark.parametrize(
    "other",
    ["lada@tea.example", "ada+news@tea.example", "x.ada@tea.example", "ada@tea.example.org", "ada@tea.examples"],
)
def test_a_longer_address_is_somebody_elses(other: str) -> None:
    assert MARKER.traces_in(f"to {other}, and so on".encode()) == frozenset()


def test_a_bounce_address_has_it_with_an_equals_sign() -> None:
    assert MARKER.traces_in(b"Return-Path: <bounce+ada=tea.example@mail.example>") == FOUND


def test_a_domain_is_found_in_both_its_spellings() -> None:
    marker = Marker("ädä@täa.example", [])
    for text in ("ÄDÄ@TÄA.example", "ädä@xn--ta-via.example"):
        assert marker.traces_in(text.encode()) == FOUND


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper(), "d9a5f0a9"])
def test_its_digests_are_told_from_it(digest: str) -> None:
    expected = frozenset({Trace.DIGEST}) if len(digest) == 64 else frozenset()
    assert MARKER.traces_in(f"key-{digest}".encode()) == expected
