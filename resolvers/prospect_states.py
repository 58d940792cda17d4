"""What a prospect becomes: pure functions of what it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from beanie import PydanticObjectId

from core.errors import InvalidInput
from core.inputs import each_once
from core.words import words_of
from models.prospects import HISTORY_KEPT, NO_SCORE, Prospect, ProspectChange, ProspectStatus
from resolvers.contact_writes import searchable

NEW, CONTACTED, ENGAGED, QUALIFIED, CUSTOMER, DISQUALIFIED, DO_NOT_CONTACT = ProspectStatus

UNREACHABLE: Final[Mapping[ProspectStatus, frozenset[ProspectStatus]]] = {
    NEW: frozenset(),
    CONTACTED: frozenset({NEW}),
    ENGAGED: frozenset({NEW}),
    QUALIFIED: frozenset({NEW}),
    CUSTOMER: frozenset({NEW, CONTACTED}),
    DISQUALIFIED: frozenset(),
    DO_NOT_CONTACT: frozenset(),
}
"""Where a prospect does not go from a status. Staff put a wrong one right, but nobody is new twice, unless they were
put aside."""
WORKED_ON: Final = frozenset({NEW, CONTACTED, ENGAGED, QUALIFIED})
"""With one of these a prospect may be written to."""

MOST_TAGS: Final = 50
SEARCHED: Final = ("email", "name", "company", "domain", "shop_domain")


def check_move(before: ProspectStatus, after: ProspectStatus) -> None:
    """Raises `InvalidInput` naming `status`."""
    if after in UNREACHABLE[before]:
        raise InvalidInput(f"status: a prospect that is {before} does not become {after} again", "status")


def moved(
    prospect: Prospect,
    after: ProspectStatus,
    *,
    at: datetime,
    by: str,
    reason: str | None = None,
    change_id: PydanticObjectId | None = None,
) -> Prospect:
    """With another status, and a line in its history, after those that it has already. The same status changes
    nothing."""
    if after is prospect.status:
        return prospect
    at = max(at, prospect.status_changed_at)
    change = ProspectChange(
        id=change_id or PydanticObjectId(), at=at, by=by, before=prospect.status, after=after, reason=reason
    )
    became = {"converted_at": prospect.converted_at or at} if after is CUSTOMER else {}
    history = [*prospect.history, change][-HISTORY_KEPT:]
    return changed(prospect, status=after, status_changed_at=at, history=history, **became)


def changed(prospect: Prospect, **fields: Any) -> Prospect:
    """A copy with other values in some fields, by attribute name."""
    copy: Prospect = prospect.model_copy(update=fields)
    return copy


def with_reason(change: ProspectChange, reason: str | None) -> ProspectChange:
    copy: ProspectChange = change.model_copy(update={"reason": reason})
    return copy


def tagged(prospect: Prospect, added: Sequence[str], removed: Sequence[str]) -> Prospect:
    """What is in both is added. Raises `InvalidInput` naming `addTags` where they are too many."""
    tags = each_once([*(tag for tag in prospect.tags if tag not in removed), *added])
    if len(tags) > max(MOST_TAGS, len(prospect.tags)):
        raise InvalidInput(f"addTags: a prospect has at most {MOST_TAGS} tags", "addTags")
    return changed(prospect, tags=tags)


def derived(prospect: Prospect) -> Prospect:
    """What lists sort and search by follows from the rest."""
    texts = {"search_text": search_text_of(prospect), "search_words": search_words_of(prospect)}
    return changed(prospect, score_key=score_key_of(prospect.score), **texts)


def score_key_of(score: int | None) -> int:
    return NO_SCORE if score is None else score


def search_text_of(described: object) -> str:
    """Of a prospect, or of a row that becomes one."""
    return searchable(*(getattr(described, name) or "" for name in SEARCHED))


def search_words_of(described: object) -> list[str]:
    """As `search_text_of`, for the search over everything."""
    return words_of(*(getattr(described, name) for name in SEARCHED))
