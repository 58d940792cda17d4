"""Ids as clients write them, and ids that follow from what they are of."""

import hashlib
import re
from typing import Annotated

from beanie import PydanticObjectId
from bson import ObjectId
from pydantic import Field

APP_ID_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
HANDLE_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
OBJECT_ID_PATTERN = re.compile(r"[0-9a-f]{24}")

AppId = Annotated[str, Field(pattern=APP_ID_PATTERN, min_length=2, max_length=64)]
ObjectIdText = Annotated[str, Field(pattern="^[0-9a-f]{24}$", description="24 hex digits")]
Handle = Annotated[str, Field(pattern=HANDLE_PATTERN, min_length=1, max_length=64)]


def derived_id(named: str | bytes) -> PydanticObjectId:
    """The same id for the same name, always: whoever stores something under it again, after a crash or beside somebody
    else, stores it once. BLAKE2b (RFC 7693) of 12 bytes; characters that UTF-8 has no place for count as `?`."""
    name = named if isinstance(named, bytes) else named.encode("utf-8", "replace")
    return PydanticObjectId(hashlib.blake2b(name, digest_size=12).digest())


def object_id(text: str) -> ObjectId | None:
    """The ObjectId of 24 hex digits; None for anything else, which then is simply not found."""
    return ObjectId(text) if OBJECT_ID_PATTERN.fullmatch(text) else None
