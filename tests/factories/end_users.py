"""End users of an app, who have proved that an address is theirs."""

from bson import ObjectId

from core.actor import Actor


def an_end_user(app_id: str, email: str = "merchant@example.com") -> Actor:
    return Actor.end_user(str(ObjectId()), app_id, email)
