"""What all documents share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from beanie import Document, PydanticObjectId, UpdateResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from core import clock


class Part(BaseModel):
    """An object inside a document; camelCase in the database, as in both interfaces."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Record(Document):
    """A document, camelCase in the database; declares its own `id`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    if not TYPE_CHECKING:
        # Beanie can parse documents lazily, which we never ask for; its look-up in Python made every attribute ten
        # times as slow to read as Python's own.
        __getattribute__ = object.__getattribute__
        # Beanie's looks whether the database is connected; with one in Python, Pydantic takes half as long again to
        # read a document.
        __init__ = BaseModel.__init__

        @classmethod
        def __pydantic_init_subclass__(cls, **options: Any) -> None:
            # Pydantic sets the private attributes, all of which are Beanie's, once for each class from here to
            # Beanie's: a third of what reading a document takes.
            cls.model_post_init = _setting_private_attributes(cls)

    @classmethod
    async def change(
        cls, filters: Mapping[str, Any], update: Mapping[str, Any], *, upsert: bool = False
    ) -> Self | None:
        """One atomic update. Returns the document as it is afterwards; None when none matched."""
        changed = await cls.find_one(filters).update(update, response_type=UpdateResponse.NEW_DOCUMENT, upsert=upsert)
        return cast(Self | None, changed)


def _setting_private_attributes(document: type[Record]) -> Callable[[Record, Any], None]:
    attributes = document.__private_attributes__.items()
    same = {name: attribute.default for name, attribute in attributes if attribute.default_factory is None}
    made = [(name, attribute.default_factory) for name, attribute in attributes if attribute.default_factory]
    assign = object.__setattr__

    def set_private_attributes(self: Record, context: Any) -> None:
        private = same.copy()
        for name, make in made:
            private[name] = make()
        assign(self, "__pydantic_private__", private)

    return set_private_attributes


class Stored(Record):
    """A record with an ObjectId."""

    id: PydanticObjectId = Field(default_factory=PydanticObjectId, alias="_id")
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


def touched(changes: dict[str, Any]) -> dict[str, Any]:
    """A `$set` of the changes that also moves `updatedAt`."""
    return {"$set": changes | {"updatedAt": clock.now()}}


def differences(current: Record, wanted: Record) -> dict[str, Any]:
    """What is to be set for one document to become another of its kind, by stored names."""
    return {
        info.alias or name: getattr(wanted, name)
        for name, info in type(wanted).model_fields.items()
        if getattr(current, name) != getattr(wanted, name)
    }
