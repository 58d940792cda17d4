"""The filters of mail templates: Jinja2's own where they are harmless, guarded ones where a number could ask for a
gigabyte, and dates."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Final, Literal

from jinja2 import filters as jinja_filters
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from mail.limits import MAX_WEIGHT, LimitExceeded, check_weight

MAX_PRECISION: Final = 10
DATE_FORMAT: Final = re.compile(r"(?:[^%]|%-?[aAbBdHIjmMpSyYZz]|%%)*")
"""No widths: the C library takes `%1000000000d` at its word."""

HARMLESS: Final = (
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "items", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "rejectattr", "select", "selectattr", "sort",
    "striptags", "title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
)  # fmt: skip


@pass_eval_context
def join(context: EvalContext, items: Iterable[Any], separator: str = "", attribute: str | int | None = None) -> str:
    items = list(items)
    check_weight(items, *[separator] * len(items))
    return jinja_filters.sync_do_join(context, items, separator, attribute)


@pass_eval_context
def replace(context: EvalContext, text: str, old: str, new: str, count: int | None = None) -> str:
    text, old, new = str(text), str(old), str(new)
    if len(text) + text.count(old) * len(new) > MAX_WEIGHT:
        raise LimitExceeded(f"replace makes more than {MAX_WEIGHT:,} characters")
    return jinja_filters.do_replace(context, text, old, new, count)


@pass_eval_context
def nl2br(context: EvalContext, text: str) -> str:
    """What somebody wrote in several lines: in HTML each ends with a <br>."""
    if not context.autoescape:
        return text
    lines = [escape(line) for line in str(text).splitlines()]
    check_weight(lines, "<br>" * len(lines))
    return Markup("<br>\n").join(lines)


def round_to(value: float, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    if abs(precision) > MAX_PRECISION:
        raise LimitExceeded(f"round takes at most {MAX_PRECISION} digits")
    return jinja_filters.do_round(value, precision, method)


def format_date(value: date | str, pattern: str = "%Y-%m-%d") -> str:
    """`{{ trial_ends|date("%-d %B %Y") }}`, of a date or a text that is one (ISO 8601)."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, date):
        raise TypeError("the date filter takes a date")
    if not DATE_FORMAT.fullmatch(pattern):
        raise ValueError(f"{pattern!r} is not a date format: letters as in %Y-%m-%d, without widths")
    return value.strftime(pattern)


FILTERS: Final[dict[str, Callable[..., Any]]] = {name: jinja_filters.FILTERS[name] for name in HARMLESS} | {
    "date": format_date,
    "join": join,
    "nl2br": nl2br,
    "replace": replace,
    "round": round_to,
}
