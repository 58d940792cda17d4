"""What changes do to a shop, as pure functions.

Where a shop stands follows from its history, read in the order in which things happened. So it does not matter in which
order word of them arrives: a late event finds its place, and does not undo what came after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from models.shops import ENDED, HISTORY_KEPT, Change, ChangeKind, Shop, ShopStatus, Subscription, SubscriptionStatus

GONE: Final = frozenset({ShopStatus.UNINSTALLED, ShopStatus.REDACTED})
STATUS_BROUGHT: Final = {
    ChangeKind.INSTALLED: ShopStatus.ACTIVE,
    ChangeKind.REINSTALLED: ShopStatus.ACTIVE,
    ChangeKind.UNINSTALLED: ShopStatus.UNINSTALLED,
    ChangeKind.REDACTED: ShopStatus.REDACTED,
}
RANK: Final = {
    ChangeKind.INSTALLED: 0,
    ChangeKind.REINSTALLED: 0,
    ChangeKind.PLAN_CHANGED: 1,
    ChangeKind.UNINSTALLED: 2,
    ChangeKind.STATUS_CHANGED: 3,
    ChangeKind.REDACTED: 4,
}
"""Which of two changes at the same moment comes first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shop stands. A trial runs until `trial_ends_at`, or rests with `trial_seconds_left`: never both."""

    status: ShopStatus
    installed_at: datetime
    uninstalled_at: datetime | None = None
    subscription: Subscription | None = None
    trial_ends_at: datetime | None = None
    trial_seconds_left: int | None = None

    @classmethod
    def of(cls, shop: Shop) -> "Standing":
        return cls(**{name: getattr(shop, name) for name in cls.__slots__})

    def fields(self) -> dict[str, Any]:
        """By the names that they have in the shop."""
        return {name: getattr(self, name) for name in self.__slots__}


def happened(
    standing: Standing | None, history: Sequence[Change], changes: Iterable[Change]
) -> tuple[Standing | None, list[Change]]:
    """Where the shop stands after changes, each of which may be new, late, or known already.

    What is older than a history that was cut is recorded without effect.
    """
    known = {change.event_id for change in history if change.event_id is not None}
    told = list(history)
    for change in sorted(changes, key=_place):
        if change.event_id in known:
            continue
        if not told or _place(change) > _place(told[-1]):
            standing, told_change = _after(standing, change)
            told.append(told_change)
        elif len(told) < HISTORY_KEPT:
            standing, told = replayed([*told, change])
        else:
            told = sorted([*told, change], key=_place)
    return standing, told[-HISTORY_KEPT:]


def replayed(changes: Iterable[Change]) -> tuple[Standing | None, list[Change]]:
    """Where a whole history leads, and the history itself with what each change was a change from."""
    standing: Standing | None = None
    told: list[Change] = []
    for standing, told_change in steps(None, changes):  # noqa: B007  the last one counts
        told.append(told_change)
    return standing, told


def steps(standing: Standing | None, changes: Iterable[Change]) -> Iterator[tuple[Standing, Change]]:
    """Where the shop stands after each of the changes, one after the other."""
    for change in sorted(changes, key=_place):
        standing, told = _after(standing, change)
        yield standing, told


def _place(change: Change) -> tuple[datetime, int, str]:
    return change.at, RANK[change.kind], str(change.event_id)


def _after(standing: Standing | None, change: Change) -> tuple[Standing, Change]:
    """A shop of which nothing was known had the app installed, whatever it is that is heard of it first."""
    before = standing or Standing(ShopStatus.ACTIVE, installed_at=change.at)
    if change.kind is ChangeKind.PLAN_CHANGED:
        return _after_plan(before, change)
    wanted = STATUS_BROUGHT.get(change.kind) or ShopStatus(change.after or "")
    after = _moved(before, _allowed(before.status, wanted, change.kind), change.at)
    told = change.model_copy(
        update={
            "kind": _kind(change.kind, before),
            "before": standing.status.value if standing else None,
            "after": after.status.value,
        }
    )
    return after, told


def _kind(kind: ChangeKind, before: Standing) -> ChangeKind:
    if kind not in (ChangeKind.INSTALLED, ChangeKind.REINSTALLED):
        return kind
    return ChangeKind.REINSTALLED if before.status in GONE else ChangeKind.INSTALLED


def _allowed(status: ShopStatus, wanted: ShopStatus, kind: ChangeKind) -> ShopStatus:
    """Of a redacted shop nothing is changed but by installing the app anew."""
    revives = kind in (ChangeKind.INSTALLED, ChangeKind.REINSTALLED)
    return wanted if revives or status is not ShopStatus.REDACTED else status


def _moved(standing: Standing, status: ShopStatus, at: datetime) -> Standing:
    was_gone, is_gone = standing.status in GONE, status in GONE
    moved = replace(standing, status=status)
    if is_gone and not was_gone:
        return _left(moved, at)
    if was_gone and not is_gone:
        return _returned(moved, at)
    return moved


def _left(standing: Standing, at: datetime) -> Standing:
    """The subscription ends; what is left of the trial is kept."""
    ends = standing.trial_ends_at
    left = replace(standing, uninstalled_at=at, subscription=_cancelled(standing.subscription, at))
    if ends is None or ends <= at:
        return left
    return replace(left, trial_ends_at=None, trial_seconds_left=int((ends - at).total_seconds()))


def _returned(standing: Standing, at: datetime) -> Standing:
    """The rest of the trial runs from now on."""
    returned = replace(standing, installed_at=at, uninstalled_at=None)
    if standing.trial_seconds_left is None:
        return returned
    ends = at + timedelta(seconds=standing.trial_seconds_left)
    return replace(returned, trial_ends_at=ends, trial_seconds_left=None)


def _cancelled(subscription: Subscription | None, at: datetime) -> Subscription | None:
    if subscription is None or subscription.status in ENDED:
        return subscription
    return subscription.model_copy(update={"status": SubscriptionStatus.CANCELLED, "ended_at": at})


def _after_plan(standing: Standing, change: Change) -> tuple[Standing, Change]:
    reported, current = change.subscription, standing.subscription
    if reported is None:
        raise ValueError("a change of plan comes with the subscription that it reports")
    uses = current is not None and current.status not in ENDED
    told = change.model_copy(
        update={"before": current.plan_handle if current and uses else None, "after": reported.plan_handle}
    )
    subscription: Subscription | None = _subscribed(current, reported, change.at)
    if standing.status in GONE:
        subscription = _cancelled(subscription, change.at)
    return _with_trial(replace(standing, subscription=subscription), change.at), told


def _subscribed(current: Subscription | None, reported: Subscription, at: datetime) -> Subscription:
    """The same plan again keeps its price. A subscription is replaced by one that holds, not by word of one that has
    ended or waits for approval."""
    if current is None:
        subscribed = reported
    elif current.status not in ENDED and current.plan_id == reported.plan_id:
        subscribed = current.model_copy(update={"status": reported.status, "is_test": reported.is_test})
    elif reported.status in ENDED or (reported.status is SubscriptionStatus.PENDING and current.status not in ENDED):
        return current
    else:
        subscribed = reported
    return subscribed.model_copy(update={"ended_at": at if subscribed.status in ENDED else None})


def _with_trial(standing: Standing, at: datetime) -> Standing:
    """The first plan that costs something and has a trial starts it: once in the life of a shop."""
    subscription = standing.subscription
    if (
        subscription is None
        or subscription.status is not SubscriptionStatus.ACTIVE
        or not subscription.price
        or not subscription.trial_days
        or standing.trial_ends_at is not None
        or standing.trial_seconds_left is not None
    ):
        return standing
    return replace(standing, trial_ends_at=at + timedelta(days=subscription.trial_days))
