"""Answers that staff give often, with placeholders for whom and what they are about."""

from typing import Any, ClassVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored
from models.tickets import TicketTopic


class CannedReply(Stored):
    """`shortcut` is what staff type to get it, unique within the app. `body` is a Jinja2 template of plain text."""

    app_id: str
    title: str
    title_key: str
    shortcut: str
    body: str
    topic: TicketTopic | None = None
    is_active: bool = True
    search_text: str = ""
    created_by: str
    updated_by: str

    class Settings:
        name = "canned_replies"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("shortcut", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("shortcut", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("titleKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
