"""What a prospect may hold, wherever it is sent from."""

import re
from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator, Field

from core.inputs import JsonObject, ShortText

LARGEST_FACTS: Final = 10_000
HOST: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def _host(value: str) -> str:
    """The host of a web address, which people paste as it is."""
    host = re.sub(r"^https?://", "", value.lower()).partition("/")[0].removeprefix("www.")
    if not HOST.fullmatch(host):
        raise ValueError("must be the domain of a web site, such as example.com")
    return host


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(value)) > LARGEST_FACTS:
        raise ValueError(f"must have at most {LARGEST_FACTS:,} bytes")
    return value


WebSite = Annotated[str, Field(max_length=300), AfterValidator(_host)]
Facts = Annotated[JsonObject, AfterValidator(_small)]
Score = Annotated[int, Field(ge=0, le=100)]
Source = Annotated[ShortText, Field(min_length=1)]
