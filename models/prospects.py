"""People whom the company might win as customers: one prospect per address, over all apps."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored

HISTORY_KEPT: Final = 200
NO_SCORE: Final = -1
"""Stands for a score that nobody gave: what is sorted by has to be there."""


class ProspectStatus(StrEnum):
    """`new` was never written to, `contacted` was, `engaged` showed interest, `qualified` is worth the work.
    `do_not_contact` must not be written to; staff alone take that back."""

    NEW = "new"
    CONTACTED = "contacted"
    ENGAGED = "engaged"
    QUALIFIED = "qualified"
    CUSTOMER = "customer"
    DISQUALIFIED = "disqualified"
    DO_NOT_CONTACT = "do_not_contact"


class ProspectChange(Part):
    """A change of status, by whom and why."""

    id: PydanticObjectId = Field(default_factory=PydanticObjectId)
    at: datetime
    by: str
    before: ProspectStatus
    after: ProspectStatus
    reason: str | None = None


class Prospect(Stored):
    """`email_key` is the lower-cased address. `facts` is whatever the company wants to know of them. `contact_id` names
    the contact at the address, from when there is one. `domain` is the company's web site, `shop_domain` its shop.

    `history` is in the order in which things happened, the newest last; `status_changed_at` follows from it.
    `converted_at` is when they became a customer first, `version` guards every write: read, decide, write if nobody
    wrote meanwhile.
    """

    email: str
    email_key: str
    name: str = ""
    company: str = ""
    title: str = ""
    domain: str | None = None
    shop_domain: str | None = None
    country: str | None = None
    language: str | None = None
    source: str = "staff"
    tags: list[str] = Field(default_factory=list)
    owner_id: PydanticObjectId | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    score: int | None = None
    score_key: int = NO_SCORE
    status: ProspectStatus = ProspectStatus.NEW
    status_changed_at: datetime
    history: list[ProspectChange] = Field(default_factory=list)
    contact_id: PydanticObjectId | None = None
    last_contacted_at: datetime | None = None
    last_replied_at: datetime | None = None
    converted_at: datetime | None = None
    search_text: str = ""
    search_words: list[str] = Field(default_factory=list)
    created_by: str
    version: int = 1

    class Settings:
        name = "prospects"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("emailKey", ASCENDING)], unique=True),
            IndexModel([("emailKey", ASCENDING), ("_id", ASCENDING)]),
            *(
                IndexModel([*leading, (sorted_by, DESCENDING), ("_id", DESCENDING)])
                for leading in ([], [("status", ASCENDING)], [("ownerId", ASCENDING)])
                for sorted_by in ("createdAt", "updatedAt", "scoreKey")
            ),
            *(
                IndexModel([(field, ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)])
                for field in ("source", "tags", "country")
            ),
            IndexModel([("shopDomain", ASCENDING)]),
            IndexModel([("searchWords", ASCENDING)]),
        ]


class ProspectNote(Stored):
    """What staff know of a prospect, the newest first in their timeline. `email_key` is the prospect's."""

    prospect_id: PydanticObjectId
    email_key: str
    note: str
    written_by: str

    class Settings:
        name = "prospect_notes"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("prospectId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("emailKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
