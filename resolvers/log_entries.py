"""One entry of a log: what it may hold, and as what it is kept. Telling texts are cut, secrets are masked.

Most entries are plain: they are read without Pydantic, in a fifth of the time. Whatever is not plain is left to it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from bson import ObjectId
from pydantic import BeforeValidator, Field, ValidationError

from core.addresses import digest_of_email
from core.errors import InvalidInput
from core.inputs import Input, Moment, ShopDomain, Text, invalid_input, moment_of
from core.runtime import runtime
from models.logs import PREFIX, LogLevel
from resolvers.log_fingerprints import Fingerprint, fingerprint_of
from resolvers.log_masking import masked_json, masked_text

UNNAMED: Final = "app"
"""The module of entries that name none."""
FAST_CLOCK: Final = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""
LONGEST_MESSAGE: Final = 10_000
LONGEST_STACK: Final = 20_000
LONGEST_NAME: Final = 200
LARGEST_DATA: Final = 32_000
"""Characters of its JSON."""
MOST_ADDRESSES: Final = 20

UNPRINTABLE: Final = re.compile("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Colours of terminals, control characters, halves of characters."""
ADDRESS: Final = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}", re.ASCII)
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
PLAIN_SHOP: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com")


def _milliseconds(value: Any) -> Any:
    """Loggers of JavaScript write the time as a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            raise ValueError("must be an ISO 8601 date and time, or milliseconds since 1970") from None
    return value


Id = Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME)]


class LogErrorCreate(Input):
    """What was thrown: `name` and `type` such as `TypeError`, and the stack as the language writes it."""

    name: str | None = None
    message: str | None = None
    stack: str | None = None
    type: str | None = None
    is_error_instance: bool = True


class LogEntryCreate(Input):
    """`timestamp` is when it was logged (ISO 8601, or milliseconds since 1970), now where it is left out. `data` is
    anything; values of keys such as `password` or `token` are masked, and what looks like a credential in texts."""

    level: LogLevel
    message: str = Field(min_length=1)
    module: Annotated[Text, Field(min_length=1, max_length=100)] = UNNAMED
    shop_domain: ShopDomain | None = None
    data: dict[str, Any] | None = None
    error: LogErrorCreate | None = None
    timestamp: Annotated[Moment, BeforeValidator(_milliseconds)] | None = None
    request_id: Id | None = None
    trace_id: Id | None = None


class Read(NamedTuple):
    """An entry that is valid."""

    level: str
    message: str
    module: str
    shop_domain: str | None
    data: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    timestamp: datetime | None
    request_id: str | None
    trace_id: str | None


@dataclass(slots=True)
class LogReader:
    """Reads the entries of one batch. `prefix` is what their ids begin with."""

    app_id: str
    now: datetime
    kept: timedelta
    prefix: bytes
    _digests: dict[str, str] = field(default_factory=dict)

    def stored(self, number: int, sent: Any) -> dict[str, Any]:
        """The entry as it is kept. Raises `InvalidInput` naming what is wrong with it."""
        read = plain(sent) or _read(sent)
        at = read.timestamp or self.now
        if not self.now - self.kept < at <= self.now + FAST_CLOCK:
            raise InvalidInput(
                f"timestamp: must be of the last {self.kept.days} days, and not in the future", "timestamp"
            )
        message = _clean(read.message, LONGEST_MESSAGE)
        entry: dict[str, Any] = {
            "_id": ObjectId(self.prefix + number.to_bytes(3, "big")),
            "appId": self.app_id,
            "level": read.level,
            "module": read.module,
            "message": message,
            "messageKey": message[:PREFIX].casefold(),
            "shopDomain": read.shop_domain,
            "hour": at.replace(minute=0, second=0, microsecond=0),
            "createdAt": at,
            "receivedAt": self.now,
            "expiresAt": at + self.kept,
        }
        if read.request_id is not None:
            entry["requestId"] = read.request_id
        if read.trace_id is not None:
            entry["traceId"] = read.trace_id
        if read.data:
            entry["dataJson"] = _json(read.data)
        if read.error is not None:
            entry["error"] = _cleaned_error(read.error)
        if read.error is not None or read.level == LogLevel.ERROR:
            entry["fingerprint"] = fingerprint_of_entry(entry).value
        if digests := self._addresses_in(entry):
            entry["addressDigests"] = digests
        return entry

    def _addresses_in(self, entry: Mapping[str, Any]) -> list[str]:
        texts = [entry["message"], entry.get("dataJson", "")]
        if "error" in entry:
            texts += [text for text in entry["error"].values() if isinstance(text, str)]
        found = {address.casefold() for text in texts if "@" in text for address in ADDRESS.findall(text)}
        return [self._digest(address) for address in sorted(found)[:MOST_ADDRESSES]]

    def _digest(self, address: str) -> str:
        if address not in self._digests:
            self._digests[address] = digest_of_email(runtime().settings, address)
        return self._digests[address]


def fingerprint_of_entry(entry: Mapping[str, Any]) -> Fingerprint:
    """Of an entry as it is kept."""
    error = entry.get("error") or {}
    type_ = error.get("type") or error.get("name") or ""
    return fingerprint_of(type_, error.get("message") or entry["message"], error.get("stack") or "", entry["module"])


def plain(sent: Any) -> Read | None:
    """As `LogEntryCreate` reads it; None where that has to look."""
    if type(sent) is not dict:
        return None
    read: dict[str, Any] = {
        "level": None, "message": None, "module": UNNAMED, "shop_domain": None, "data": None, "error": None,
        "timestamp": None, "request_id": None, "trace_id": None,
    }  # fmt: skip
    for name, value in sent.items():
        attribute, read_plain = _READERS.get((name, type(value)), _NO_READER)
        plain_value = read_plain(value)
        if plain_value is None:
            return None
        read[attribute] = plain_value
    return Read(**read) if read["level"] and read["message"] else None


def _read(sent: Any) -> Read:
    if not isinstance(sent, dict):
        raise InvalidInput("must be an object")
    try:
        entry = LogEntryCreate.model_validate(sent)
    except ValidationError as error:
        raise invalid_input(error) from None
    values = dict(entry)
    values["level"] = entry.level.value
    values["error"] = entry.error.model_dump(by_alias=True) if entry.error else None
    return Read(**values)


def _plain_text(value: str) -> str | None:
    return value if value and not (value[0].isspace() or value[-1].isspace()) else None


def _plain_name(value: str) -> str | None:
    return value if PLAIN_NAME.fullmatch(value) else None


def _plain_error(value: dict[Any, Any]) -> dict[str, Any] | None:
    for name, item in value.items():
        if name == "isErrorInstance":
            if type(item) is not bool:
                return None
        elif name not in ("name", "message", "stack", "type") or type(item) is not str or _plain_text(item) is None:
            return None
    return value


def _plain_moment(value: str) -> datetime | None:
    try:
        return moment_of(value)
    except ValueError:
        return None


_LEVELS: Final = {level.value: level.value for level in LogLevel}
_NO_READER: Final[tuple[str, Callable[[Any], Any]]] = ("", lambda value: None)
_READERS: Final[Mapping[tuple[Any, type], tuple[str, Callable[[Any], Any]]]] = {
    ("level", str): ("level", _LEVELS.get),
    ("message", str): ("message", _plain_text),
    ("module", str): ("module", _plain_name),
    ("shopDomain", str): ("shop_domain", lambda value: value if PLAIN_SHOP.fullmatch(value) else None),
    ("data", dict): ("data", lambda value: value),
    ("error", dict): ("error", _plain_error),
    ("timestamp", str): ("timestamp", _plain_moment),
    ("requestId", str): ("request_id", _plain_name),
    ("traceId", str): ("trace_id", _plain_name),
}
"""By the name and the type of a value: the attribute, and what reads it where it is plain."""


def _clean(text: str, longest: int) -> str:
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return masked_text(UNPRINTABLE.sub(" ", text) if UNPRINTABLE.search(text) else text)


def _cleaned_error(error: Mapping[str, Any]) -> dict[str, Any]:
    longest = {"message": LONGEST_MESSAGE, "stack": LONGEST_STACK}
    cleaned: dict[str, Any] = {
        name: _clean(value, longest.get(name, LONGEST_NAME)) for name, value in error.items() if isinstance(value, str)
    }
    return cleaned | {"isErrorInstance": error.get("isErrorInstance", True)}


def _json(data: Mapping[str, Any]) -> str:
    """Without secrets. Raises `InvalidInput` for what is too much, or none."""
    try:
        text = masked_json(dict(data))
    except TypeError as error:
        raise InvalidInput(f"data: {error}", "data") from None
    if len(text) > LARGEST_DATA:
        raise InvalidInput(f"data: must have at most {LARGEST_DATA:,} characters as JSON", "data")
    return text
