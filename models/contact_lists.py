"""Lists of people that were drawn up for a reason, so that a campaign can go to exactly them."""

from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class ContactListReason(StrEnum):
    """`error`: whose shops an error happened to. `want`: who asked for something, or voted for it."""

    ERROR = "error"
    WANT = "want"


class ContactList(Stored):
    """`subject` is what it is about: an error's fingerprint or a want's id. `key` names the occasion, where there is to
    be one list of it however often it is drawn up."""

    app_id: str
    reason: ContactListReason
    subject: str
    name: str
    size: int = 0
    key: str | None = None
    created_by: str

    class Settings:
        name = "contact_lists"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("reason", ASCENDING), ("subject", ASCENDING), ("_id", DESCENDING)]),
            IndexModel([("key", ASCENDING)], unique=True, partialFilterExpression={"key": {"$type": "string"}}),
        ]


class ContactListMember(Stored):
    """Who they are is read from the contact: somebody who was erased is nobody here."""

    list_id: PydanticObjectId
    contact_id: PydanticObjectId

    class Settings:
        name = "contact_list_members"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("listId", ASCENDING), ("contactId", ASCENDING)], unique=True),
            IndexModel([("listId", ASCENDING), ("_id", ASCENDING)]),
        ]
