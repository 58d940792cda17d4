"""Aggregation expressions on dates, in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from embedded_mongo.errors import MongoError, refused
from embedded_mongo.values import MISSING, Document, type_name

Evaluate = Callable[[Document], Any]
Compile = Callable[[Any], Evaluate]

_DEFAULT_FORMAT = "%Y-%m-%dT%H:%M:%S.%LZ"
_UTC_NAMES = frozenset({"UTC", "GMT", "Etc/UTC", "Z", "+00", "+0000", "+00:00"})

_PARTS: dict[str, Callable[[datetime], int]] = {
    "$year": lambda date: date.year,
    "$month": lambda date: date.month,
    "$dayOfMonth": lambda date: date.day,
    "$hour": lambda date: date.hour,
    "$minute": lambda date: date.minute,
    "$second": lambda date: date.second,
    "$millisecond": lambda date: date.microsecond // 1000,
    "$dayOfYear": lambda date: date.timetuple().tm_yday,
    "$dayOfWeek": lambda date: date.isoweekday() % 7 + 1,
    "$isoWeek": lambda date: date.isocalendar().week,
    "$isoWeekYear": lambda date: date.isocalendar().year,
    "$isoDayOfWeek": lambda date: date.isoweekday(),
}
_FORMATS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda date: f"{date.year:04}",
    "m": lambda date: f"{date.month:02}",
    "d": lambda date: f"{date.day:02}",
    "H": lambda date: f"{date.hour:02}",
    "M": lambda date: f"{date.minute:02}",
    "S": lambda date: f"{date.second:02}",
    "L": lambda date: f"{date.microsecond // 1000:03}",
    "j": lambda date: f"{date.timetuple().tm_yday:03}",
    "u": lambda date: str(date.isoweekday()),
    "w": lambda date: str(date.isoweekday() % 7 + 1),
    "G": lambda date: f"{date.isocalendar().year:04}",
    "V": lambda date: f"{date.isocalendar().week:02}",
    "z": lambda _: "+0000",
    "Z": lambda _: "0",
    "%": lambda _: "%",
}


def _midnight(date: datetime) -> datetime:
    return date.replace(hour=0, minute=0, second=0, microsecond=0)


_TRUNCATIONS: dict[str, Callable[[datetime], datetime]] = {
    "year": lambda date: _midnight(date).replace(month=1, day=1),
    "quarter": lambda date: _midnight(date).replace(month=(date.month - 1) // 3 * 3 + 1, day=1),
    "month": lambda date: _midnight(date).replace(day=1),
    "week": lambda date: _midnight(date) - timedelta(days=date.isoweekday() % 7),  # weeks start on Sunday
    "day": _midnight,
    "hour": lambda date: date.replace(minute=0, second=0, microsecond=0),
    "minute": lambda date: date.replace(second=0, microsecond=0),
    "second": lambda date: date.replace(microsecond=0),
}


def _date_of(value: Any, name: str) -> datetime | None:
    if value is None or value is MISSING:
        return None
    if type(value) is ObjectId:
        return value.generation_time.astimezone(UTC).replace(tzinfo=None)
    if type(value) is not datetime:
        raise MongoError(16006, f"{name} can't convert from type {type_name(value)} to Date")
    return value


def _part(name: str) -> Callable[[Any, Compile], Evaluate]:
    take = _PARTS[name]

    def make(operand: Any, compile_expression: Compile) -> Evaluate:
        if type(operand) is dict and not next(iter(operand), "").startswith("$"):
            operand = _options(operand, name, ("date",))["date"]
        if type(operand) is list:
            if len(operand) != 1:
                raise MongoError(40536, f"{name} accepts exactly one argument if given an array")
            operand = operand[0]
        date_of = compile_expression(operand)

        def evaluate(document: Document) -> int | None:
            date = _date_of(date_of(document), name)
            return None if date is None else take(date)

        return evaluate

    return make


def _options(operand: Any, name: str, known: tuple[str, ...]) -> Document:
    if type(operand) is not dict or "date" not in operand:
        raise MongoError(18628, f"{name} needs an object with 'date'")
    if str(operand.get("timezone", "UTC")) not in _UTC_NAMES:
        raise refused(f"a timezone other than UTC in {name}")
    for option in operand:
        if option not in (*known, "timezone"):
            raise refused(f"option {option} of {name}")
    return operand


def _to_string(operand: Any, compile_expression: Compile) -> Evaluate:
    options = _options(operand, "$dateToString", ("date", "format", "onNull"))
    pieces = _pieces(options.get("format", _DEFAULT_FORMAT))
    date_of = compile_expression(options["date"])
    on_null = compile_expression(options.get("onNull"))

    def evaluate(document: Document) -> Any:
        date = _date_of(date_of(document), "$dateToString")
        return on_null(document) if date is None else "".join(piece(date) for piece in pieces)

    return evaluate


def _pieces(text: Any) -> list[Callable[[datetime], str]]:
    if type(text) is not str or text.startswith("$"):
        raise refused("a computed format of $dateToString")
    pieces: list[Callable[[datetime], str]] = []
    characters = iter(text)
    for character in characters:
        if character != "%":
            pieces.append(_literal(character))
            continue
        letter = next(characters, "")
        if letter not in _FORMATS:
            raise MongoError(18536, f"Invalid format character '%{letter}' in format string")
        pieces.append(_FORMATS[letter])
    return pieces


def _literal(character: str) -> Callable[[datetime], str]:
    return lambda _: character


def _truncate(operand: Any, compile_expression: Compile) -> Evaluate:
    options = _options(operand, "$dateTrunc", ("date", "unit"))
    truncate = _TRUNCATIONS.get(str(options.get("unit")))
    if truncate is None:
        raise refused(f"the unit {options.get('unit')} of $dateTrunc")
    date_of = compile_expression(options["date"])

    def evaluate(document: Document) -> datetime | None:
        date = _date_of(date_of(document), "$dateTrunc")
        return None if date is None else truncate(date)

    return evaluate


DATE_EXPRESSIONS: dict[str, Callable[[Any, Compile], Evaluate]] = {
    **{name: _part(name) for name in _PARTS},
    "$dateToString": _to_string,
    "$dateTrunc": _truncate,
}
