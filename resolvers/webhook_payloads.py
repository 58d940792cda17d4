"""What is in the body of a webhook. A sender that is who it says may still send what nobody expected."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from beanie import PydanticObjectId
from pydantic import BaseModel, BeforeValidator, ConfigDict

from core import clock
from core.errors import InvalidInput
from core.inputs import key_of_email, moment_of

ADDRESS: Final = re.compile(r"[^\s<>\"'(),:;@\[\]\\]{1,64}@[^\s<>\"'(),:;@\[\]\\]{1,190}")
LONGEST_SEARCHED: Final = 2000
"""Characters of a text that addresses are looked for in."""
MOST_ADDRESSES: Final = 50
LONGEST_TOPIC: Final = 100


class Said(BaseModel):
    """The part of a payload that means something to us."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done about an event, for a person; whom and which mail it was about. `forget`: what it said is not kept
    any longer."""

    outcome: str
    contact_id: PydanticObjectId | None = None
    delivery_id: PydanticObjectId | None = None
    forget: bool = False


def moment_or_none(value: Any) -> datetime | None:
    """ISO 8601, and never in the future. Times are told for information: one that can't be read is not worth losing
    the rest."""
    try:
        return min(moment_of(value), clock.now())
    except ValueError:
        return None


LenientMoment = Annotated[datetime | None, BeforeValidator(moment_or_none)]


def payload_of(body: bytes | str) -> dict[str, Any]:
    """Raises `InvalidInput` for what is no JSON object."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    if not isinstance(payload, dict):
        raise InvalidInput("The body must be a JSON object")
    return payload


def moment_in(payload: Mapping[str, Any], name: str) -> datetime | None:
    return moment_or_none(payload.get(name))


def topic_in(payload: Mapping[str, Any], name: str = "type") -> str:
    return checked_topic(payload.get(name), name)


def checked_topic(topic: Any, name: str) -> str:
    if not isinstance(topic, str) or not 0 < len(topic) <= LONGEST_TOPIC or not topic.isprintable():
        raise InvalidInput(f"{name} must say what happened, in at most {LONGEST_TOPIC} characters", name)
    return topic


def addresses_in(payload: Mapping[str, Any]) -> Set[str]:
    """Every e-mail address that stands anywhere in it, in lower case."""
    found: set[str] = set()
    waiting: list[Any] = [payload]
    while waiting and len(found) < MOST_ADDRESSES:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and "@" in value:
            found.update(key_of_email(address) for address in ADDRESS.findall(value[:LONGEST_SEARCHED]))
    return found
