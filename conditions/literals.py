"""What fields are compared with, as JSON has it."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from conditions import patterns
from conditions.durations import duration_of, relative_moment_of
from conditions.fields import EQUALITY, LISTED, Field, Kind, Operator
from conditions.tree import Literal

LONGEST_TEXT: Final = 200
LONGEST_LIST: Final = 100
LARGEST: Final = 2**53
"""Whole numbers beyond it are not exact in JSON."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
KINDS: Final[tuple[tuple[Kind, Callable[[Any], bool], str], ...]] = (
    (Kind.TEXT, lambda json: isinstance(json, str), "a text"),
    (Kind.NUMBER, lambda json: isinstance(json, int | float) and not isinstance(json, bool), "a number"),
    (Kind.BOOLEAN, lambda json: isinstance(json, bool), "true or false"),
)

Report = Callable[[tuple[str | int, ...], str], None]
"""Told where within the value something is wrong, and what."""


def value_of(json: Any, operator: Operator, of: Field, report: Report) -> Literal | tuple[Literal, ...]:
    """What the operator compares the field with. What is wrong with it is reported."""
    if operator in LISTED:
        return _list_of(json, of, report)
    try:
        return literal_of(json, of) if operator in EQUALITY else READ.get(operator, _number)(json)
    except ValueError as error:
        report((), str(error))
        return None


def literal_of(json: Any, of: Field) -> Literal:
    """One value of the field's kind, or null. Raises `ValueError`."""
    if json is None:
        return None
    if of.kind is Kind.MOMENT:
        raise ValueError("must be null: moments are compared by before, after and within_last")
    wanted = [(kind, fits, words) for kind, fits, words in KINDS if of.kind in (kind, Kind.VALUE)]
    for kind, fits, _ in wanted:
        if fits(json):
            return _fitting(json, kind, of)
    raise ValueError(f"must be {', '.join(words for *_, words in wanted)} or null")


def moment_of(json: Any) -> Literal:
    """Raises `ValueError`."""
    try:
        relative = relative_moment_of(json)
        if relative is not None:
            return relative
        moment = datetime.fromisoformat(json)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("must be a moment such as 2026-01-31T09:00:00Z, now, now+3d or now-12h") from None


def _list_of(json: Any, of: Field, report: Report) -> tuple[Literal, ...]:
    if not isinstance(json, list) or not 0 < len(json) <= LONGEST_LIST:
        report((), f"must be a list of 1 to {LONGEST_LIST} values")
        return ()
    found = []
    for number, one in enumerate(json):
        try:
            if one is None:
                raise ValueError("must not be null: ask for null by eq")
            found.append(literal_of(one, of))
        except ValueError as error:
            report((number,), str(error))
    return tuple(found)


def _fitting(json: Any, kind: Kind, of: Field) -> Literal:
    if kind is Kind.NUMBER:
        return _number(json)
    if kind is Kind.BOOLEAN:
        return bool(json)
    text = _text(json)
    if of.values and text not in of.values:
        raise ValueError(f"must be one of {', '.join(sorted(of.values))}")
    return text


def _number(json: Any) -> int | float:
    if isinstance(json, bool) or not isinstance(json, int | float) or not math.isfinite(json) or abs(json) > LARGEST:
        raise ValueError("must be a number of at most 16 digits")
    return json


def _text(json: Any) -> str:
    if not isinstance(json, str) or not json or len(json) > LONGEST_TEXT or CONTROL.search(json):
        raise ValueError(f"must be a text of 1 to {LONGEST_TEXT} characters, without control characters")
    return json


def _boolean(json: Any) -> bool:
    if not isinstance(json, bool):
        raise ValueError("must be true or false")
    return json


def _pattern(json: Any) -> str:
    if not isinstance(json, str):
        raise ValueError("must be a regular expression")
    patterns.check(json)
    return json


READ: Final[Mapping[Operator, Callable[[Any], Literal]]] = {
    Operator.EXISTS: _boolean,
    Operator.CONTAINS: _text,
    Operator.MATCHES: _pattern,
    Operator.BEFORE: moment_of,
    Operator.AFTER: moment_of,
    Operator.WITHIN_LAST: duration_of,
}
"""The others compare numbers."""
