"""What newsletters begin from: mails without a campaign yet."""

from typing import Any, ClassVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class NewsletterTemplate(Stored):
    """One per app and name, without regard to case. A campaign that begins from one has a copy of its own."""

    app_id: str
    name: str
    name_key: str
    subject: str
    html_content: str
    text_content: str | None = None
    is_active: bool = True
    created_by: str

    class Settings:
        name = "newsletter_templates"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
