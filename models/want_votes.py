"""Who wants something: one vote per want and identity."""

from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored


class WantVote(Stored):
    """`identity` is who votes: `email:<lower-cased address>`, or `shop:<domain>` of a shop whose address is not known;
    of somebody who was erased it stands for nobody. `shop_domain` is the shop that they voted from, where that was
    said. `merged_from` are the wants that the vote was cast for before they were merged."""

    app_id: str
    want_id: PydanticObjectId
    identity: str
    email: str | None = None
    email_key: str | None = None
    shop_domain: str | None = None
    cast_by: str
    merged_from: list[PydanticObjectId] = Field(default_factory=list)

    class Settings:
        name = "want_votes"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("appId", ASCENDING), ("wantId", ASCENDING), ("identity", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("wantId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("wantId", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("appId", ASCENDING), ("mergedFrom", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("shopDomain", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("emailKey", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
        ]
