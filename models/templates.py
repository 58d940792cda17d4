"""The mails that an app sends by itself, in every language that it speaks."""

from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored


class Variable(Part):
    """What a template may be given. None is no default: then the value has to be given. `sample` stands for it in
    previews and trials."""

    name: str
    description: str = ""
    default: Any = None
    sample: Any = None


class Template(Stored):
    """One per app, key and language. `key` is what the code that sends it knows; of the template's parts, `subject`,
    `html` and `text` are Jinja's. `version` counts the changes, and guards every write."""

    app_id: str
    key: str
    name: str
    name_key: str
    language: str
    category: str
    subject: str
    html: str | None = None
    text: str | None = None
    variables: list[Variable] = Field(default_factory=list)
    is_active: bool = True
    version: int = 1
    created_by: str
    updated_by: str
    search_text: str = ""
    search_words: list[str] = Field(default_factory=list)

    class Settings:
        name = "templates"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("key", ASCENDING), ("language", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("updatedAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("searchWords", ASCENDING)]),
        ]
