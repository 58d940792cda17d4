"""Ids as clients write them."""

import re
from typing import Annotated

from bson import ObjectId
from pydantic import Field

APP_ID_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
HANDLE_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
OBJECT_ID_PATTERN = re.compile(r"[0-9a-f]{24}")

AppId = Annotated[str, Field(pattern=APP_ID_PATTERN, min_length=2, max_length=64)]
ObjectIdText = Annotated[str, Field(pattern="^[0-9a-f]{24}$", description="24 hex digits")]
Handle = Annotated[str, Field(pattern=HANDLE_PATTERN, min_length=1, max_length=64)]


def object_id(text: str) -> ObjectId | None:
    """The ObjectId of 24 hex digits; None for anything else, which then is simply not found."""
    return ObjectId(text) if OBJECT_ID_PATTERN.fullmatch(text) else None
