"""What an operation accepts: Pydantic models beside the resolvers are built from these."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from core.errors import InvalidInput

T = TypeVar("T")

DEEPEST: Final = 10
MOST_VALUES: Final = 1000
PROBLEMS_SHOWN: Final = 5


OMITTED: Final[Any] = None
"""The default of a field that an update may leave out. Null itself is refused, unless the field's type allows it."""


def _without_null_defaults(schema: dict[str, Any]) -> None:
    """A field that may be left out is not one that is null by default."""
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]


class Input(BaseModel):
    """camelCase on the wire, unknown fields refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        json_schema_extra=_without_null_defaults,
    )

    def sent(self) -> dict[str, Any]:
        """What was sent, by attribute name: an omitted field is not null."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def assignments(self) -> dict[str, Any]:
        """A `$set` of what was sent, under stored names; an object within is merged field by field."""
        return dict(_paths(self, ""))


def _paths(data: Input, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in data.sent().items():
        path = prefix + to_camel(name)
        if isinstance(value, Input):
            yield from _paths(value, path + ".")
        else:
            yield path, value


def _without_operators(value: dict[str, Any]) -> dict[str, Any]:
    """Refuses what MongoDB could take for an operator or a path, and what is nested or large beyond reason."""
    budget = MOST_VALUES

    def check(node: Any, depth: int) -> None:
        nonlocal budget
        budget -= 1
        if depth > DEEPEST or budget < 0:
            raise ValueError(f"must have at most {DEEPEST} levels and {MOST_VALUES} values")
        if isinstance(node, dict):
            for key, item in node.items():
                if not isinstance(key, str) or not key or key[0] == "$" or "." in key or "\0" in key:
                    raise ValueError(f"key {key!r} is not allowed: keys have no dot and do not begin with $")
                check(item, depth + 1)
        elif isinstance(node, list):
            for item in node:
                check(item, depth + 1)
        elif isinstance(node, str) and len(node) > 10_000:
            raise ValueError("texts in it must have at most 10,000 characters")
        elif isinstance(node, float) and not math.isfinite(node):
            raise ValueError("numbers in it must be finite")
        elif isinstance(node, int) and not -(2**63) <= node < 2**63:
            raise ValueError("numbers in it must fit 64 bits")

    check(value, 0)
    return value


def iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds and `Z`, as JavaScript writes it; the moment must be in UTC."""
    text = orjson.dumps(moment, option=orjson.OPT_UTC_Z).decode()  # three times as fast as `isoformat`
    return f"{text[1:24]}Z" if len(text) == len('"2026-01-31T09:00:00.000000Z"') else f"{text[1:20]}.000Z"


def moment_of(text: Any) -> datetime:
    """A date and time from ISO 8601. Raises `ValueError`."""
    try:
        return _utc(datetime.fromisoformat(text))
    except (TypeError, ValueError, OverflowError):
        raise ValueError("must be an ISO 8601 date and time, such as 2026-01-31T09:00:00Z") from None


def _utc(value: datetime) -> datetime:
    """Without an offset it is UTC; kept to the millisecond, as MongoDB does."""
    moment = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(value: Any) -> datetime:
    return _utc(value) if isinstance(value, datetime) else moment_of(value)


def _shop_domain(value: str) -> str:
    domain = value.lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com", domain):
        raise ValueError("must be a domain such as example.myshopify.com")
    return domain


def origin_of(value: str) -> str:
    """Scheme, host and, where it is not the usual one, port. Raises `ValueError`."""
    if not re.fullmatch(r"https?://[a-z0-9.-]{1,253}(:\d{1,5})?", value.lower()):
        raise ValueError("must be an origin such as https://admin.example.com, without a path")
    origin = value.lower()
    # Browsers leave out the port that the scheme implies.
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


def _without_control_characters(value: str) -> str:
    value = value.replace("\r\n", "\n")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
        raise ValueError("must not contain control characters")
    return value


def _web_address(value: str) -> str:
    if not value.lower().startswith(("https://", "http://")):
        raise ValueError("must be a web address that begins with https:// or http://")
    return value


def each_once(values: list[T]) -> list[T]:
    """The values in their order, without repetitions."""
    return list(dict.fromkeys(values))


Text = Annotated[str, AfterValidator(_without_control_characters)]
Verbatim = Annotated[str, StringConstraints(strip_whitespace=False), AfterValidator(_without_control_characters)]
"""Spaces at its ends stay."""
Name = Annotated[Text, Field(min_length=1, max_length=120)]
ShortText = Annotated[Text, Field(max_length=200)]
LongText = Annotated[Text, Field(max_length=5000)]
Search = Annotated[Text, Field(max_length=200)]
Email = Annotated[EmailStr, Field(max_length=254)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
ShopDomain = Annotated[str, Field(max_length=100), AfterValidator(_shop_domain)]
Origin = Annotated[str, Field(max_length=270), AfterValidator(origin_of)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
Locale = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, description="BCP 47")]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
WebAddress = Annotated[Text, Field(max_length=2000), AfterValidator(_web_address)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_without_operators)]


def key_of_email(address: str) -> str:
    """Under which an address is unique: without regard to case."""
    return address.strip().casefold()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field (camelCase, dotted; empty for the whole)."""

    field: str
    message: str


def problems_of(errors: Iterable[Any]) -> list[Problem]:
    """Pydantic's error details, as sentences for people. `loc` must already be relative to the input."""
    return [Problem(".".join(str(part) for part in error["loc"]), _sentence(error)) for error in errors]


def invalid_input(error: ValidationError) -> InvalidInput:
    """One error that names every field, up to five of them."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    problems = problems_of(details)[:PROBLEMS_SHOWN]
    sentences = [f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems]
    return InvalidInput("; ".join(sentences), problems[0].field or None)


def _sentence(error: Any) -> str:
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a known field"
        case "json_invalid":
            return "The body is not valid JSON"
        case _:
            return str(error["msg"]).removeprefix("Value error, ")
