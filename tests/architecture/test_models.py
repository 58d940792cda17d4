"""What holds for all documents."""

from typing import Any

import pytest
from beanie import Document
from pymongo import IndexModel

from core.mongo import Mongo
from models import DOCUMENTS


def indexes_of(document: type[Document]) -> list[IndexModel]:
    settings: Any = document.Settings
    return list(settings.indexes)


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_every_declared_index_is_created(document: type[Document], mongo: Mongo) -> None:
    """Of two indexes over the same fields, in whatever order, Beanie creates only one, and says nothing."""
    created = await document.get_pymongo_collection().index_information()
    assert {index.document["name"] for index in indexes_of(document)} <= created.keys()
