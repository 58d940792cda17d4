"""One entry: read fast where it is plain, and then as it would be read slowly."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from resolvers.log_entries import LogEntryCreate, plain

WORDS = st.text("aB1 ._-:/é\n\t\x00<", max_size=8)
ANYTHING = st.none() | st.booleans() | st.integers() | WORDS | st.lists(WORDS, max_size=2)
ERRORS = st.dictionaries(
    st.sampled_from(["name", "message", "stack", "type", "isErrorInstance", "more"]), ANYTHING, max_size=3
)
ENTRIES = st.fixed_dictionaries(
    {"level": st.sampled_from(["debug", "info", "warn", "error", "ERROR", ""]), "message": WORDS | ANYTHING},
    optional={
        "module": WORDS | ANYTHING,
        "shopDomain": st.sampled_from(["tea.myshopify.com", "Tea.myshopify.com", "tea.example.com", "", None]),
        "data": st.none() | st.dictionaries(WORDS, ANYTHING, max_size=2),
        "error": st.none() | ERRORS,
        "timestamp": st.sampled_from(["2026-01-31T09:00:00Z", "2026-01-31 09:00+02:00", "x", "", 1769850000000, None]),
        "requestId": WORDS | ANYTHING,
        "traceId": WORDS,
        "more": ANYTHING,
    },
)


def slowly(entry: LogEntryCreate) -> dict[str, Any]:
    """By attribute, without what was left out of the error."""
    read = dict(entry) | {"level": entry.level.value}
    read["error"] = entry.error.model_dump(by_alias=True, exclude_unset=True) if entry.error else None
    return read


@given(ENTRIES)
def test_reading_fast_is_as_reading_slowly(sent: dict[str, Any]) -> None:
    read = plain(sent)
    if read is not None:
        assert read._asdict() == slowly(LogEntryCreate.model_validate(sent))


def test_what_is_usual_is_read_fast() -> None:
    usual = {
        "level": "error",
        "message": "Order 12 of Größenwahn & Söhne: not synchronised",
        "module": "orders.sync",
        "shopDomain": "tea-and-cakes.myshopify.com",
        "data": {"orderId": 12},
        "error": {"name": "TypeError", "message": "no", "stack": "TypeError: no\n    at sync (/app/a.js:1:2)"},
        "timestamp": "2026-01-31T09:00:00.123Z",
        "requestId": "0b5a6b2e-req",
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    assert plain(usual) is not None


def test_what_is_not_plain_is_left_to_pydantic() -> None:
    for odd in ("text", None, {"level": "info"}, {"level": "info", "message": " x"}, {"level": "x", "message": "x"}):
        assert plain(odd) is None
