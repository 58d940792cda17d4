"""Rows of a file of prospects."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.inputs import invalid_input, key_of_email
from resolvers.prospect_rows import ProspectRow, Row, row_of

WORDS: Final = st.sampled_from(["Ada", " Ada ", "", "Tea & Cakes", "=1+1", "\0", "x" * 61, "x" * 201, "Jürgen O'Neil"])
VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "email": st.sampled_from(["Ada@Example.com", "ada@localhost", "nobody", " ada@example.com ", None]),
    "name": WORDS | st.integers(),
    "company": WORDS,
    "title": WORDS,
    "domain": st.sampled_from(["https://www.tea.example/", "tea", "tea.example", "www.tea.example", "Tea.example", ""]),
    "shopDomain": st.sampled_from(["Tea.myshopify.com", "tea.example"]),
    "country": st.sampled_from(["GB", "gb", None]),
    "language": st.sampled_from(["en", "de-AT", "Deutsch!", None]),
    "source": WORDS,
    "tags": st.sampled_from(["tea|cakes", "tea;tea", ["tea", "tea"], ["", "tea"], [1], "|", "x" * 61]),
    "facts": st.sampled_from(['{"employees": 4}', "{", "[]", {"shops": 2}, {"$ne": 1}, {}]),
    "score": st.sampled_from(["70", "070", "100", "101", "\u0667", 70, 101, "many", None]),
    "status": st.sampled_from(["new", "customer", "won"]),
    "shoeSize": st.just("38"),
}


def read_slowly(values: dict[str, Any]) -> Row | str:
    try:
        read = dict(ProspectRow.model_validate(values))
    except ValidationError as error:
        return invalid_input(error).message
    return Row(1, key_of_email(read["email"]), **read)


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_reading_fast_and_reading_slowly_come_to_the_same(values: dict[str, Any]) -> None:
    assert row_of(1, values) == read_slowly(values)


def test_a_plain_row_is_read_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProspectRow, "model_validate", None)
    row = row_of(7, {"email": "Ada@Example.com", "name": "Ada", "company": "Tea", "language": "en", "tags": "tea|vip"})
    assert isinstance(row, Row)
    assert (row.number, row.key, row.email) == (7, "ada@example.com", "Ada@example.com")
    assert (row.tags, row.source, row.facts) == (["tea", "vip"], "import", {})
