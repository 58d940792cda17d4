"""How people are taken out of what they said. That something was said, and how they rated the app, stays."""

from typing import Any, Final

from models.base import touched
from models.feedback import Feedback
from resolvers.holdings import Holding, overwriting

NOBODY: Final[dict[str, Any]] = {
    "email": None,
    "emailKey": None,
    "name": "",
    "message": "",
    "page": None,
    "context": {},
    "note": None,
    "searchText": "",
}


async def redact_feedback_of_shop(app_id: str, domain: str) -> None:
    """Takes the people of a shop out of what they said."""
    await Feedback.find({"appId": app_id, "shopDomain": domain}).update(touched(NOBODY))


FEEDBACK: Final = Holding(
    Feedback,
    lambda person: {"emailKey": person.contact.email_key},
    frozenset({"app_id", "rating", "message", "name", "shop_domain", "page", "app_version", "created_at"}),
    overwriting(lambda person: NOBODY),
)
