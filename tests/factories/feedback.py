"""What people say about the apps."""

from itertools import count
from typing import Any, Final

from core.actor import Actor
from models.feedback import Feedback
from resolvers.feedback import FeedbackCreate, create_feedback, feedback_of

SYSTEM: Final = Actor.system("tests")

_numbers = count(1)


def saying(**fields: object) -> FeedbackCreate:
    """What somebody sends."""
    return FeedbackCreate.model_validate({"message": "The bar covers the menu", **fields})


async def said(app_id: str, actor: Actor = SYSTEM, **fields: object) -> Feedback:
    return await create_feedback(actor, app_id, saying(**fields))


async def a_feedback(app_id: str, **fields: Any) -> Feedback:
    """Stored as it is; `fields` by attribute name."""
    known = {"message": f"Opinion {next(_numbers)}", "created_by": SYSTEM.label}
    return await feedback_of(app_id, **{**known, **fields}).insert()
