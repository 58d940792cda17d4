"""What several types of wants and feedback are told apart by, in GraphQL."""

import strawberry

from models.priorities import Priority
from models.wants import WantStatus

__all__ = ["Priority", "WantStatus"]

strawberry.enum(Priority)
strawberry.enum(
    WantStatus,
    description="PENDING waits for staff to look at it. COMPLETED, DECLINED and DUPLICATE are decided: they take no "
    "more votes.",
)
