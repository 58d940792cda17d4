"""People in logs: their addresses are in what apps say of their work."""

from typing import Any, Final

from models.logs import LogEntry
from resolvers.holdings import Holding, overwriting

WITHOUT_TEXTS: Final[dict[str, Any]] = {
    "message": "", "messageKey": "", "dataJson": None, "error": None, "addressDigests": [],
}  # fmt: skip
"""An entry that was about somebody still says when it was, of which level, module and error, so that it counts."""

LOGS: Final = Holding(
    LogEntry,
    lambda person: {"addressDigests": {"$in": [*person.digests]}},
    frozenset({"app_id", "created_at", "module", "message"}),
    overwriting(lambda person: WITHOUT_TEXTS),
)
