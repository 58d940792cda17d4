"""The way to the provider of mail, of which a process has one: each message is marked before its first byte goes out,
and what became of it is written before anything else is made of it.

Marks and outcomes of messages that are under way at the same time share their writes.
"""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from beanie import PydanticObjectId
from pymongo import UpdateMany, UpdateOne

from core import clock
from core.group_commit import GroupCommit
from core.measurements import count_delivery, count_handover
from core.settings import Settings
from mail.message import Outgoing
from mail.providers import Outcome, Provider, Receipt
from mail.providers.opening import open_provider
from models.deliveries import NEVER_TWICE, Delivery, DeliveryStatus, Refusal, becoming
from models.email_events import BounceKind, EmailEventType
from resolvers.email_events import insert_events, stored_event_about
from resolvers.mail_secrets import without_secrets

ATTEMPTS: Final = 24
"""How often a message is offered to a server that does not take it just now: for a quarter of an hour where its job
offers it three times in a row (a campaign's), for most of a day where it offers it once."""
UNANSWERED: Final = 5
"""How often a message is offered to a server that may have taken it."""
PATIENCE: Final = 5.0
"""Seconds for which a provider may want to be left alone without a word to the jobs; for longer, they are put off."""
SLOTS: Final = 10
"""Messages between mark and outcome for each that the provider takes at a time: the others wait for the database."""
LINGER: Final = 0.01
"""Seconds in which marks, and outcomes, gather."""
WRITTEN_TOGETHER: Final = 100
LONGEST_RESPONSE: Final = 500
LAST_SECONDS: Final = 0.8
"""What a message under way has to end in when its worker stops."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a delivery ended, or that it is to be tried again (`queued`): by the provider's `receipt` for what was marked
    with `claim`; or without having been handed over, by a `refusal` or a `problem`."""

    delivery: Delivery
    status: DeliveryStatus
    claim: str | None = None
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    problem: str | None = None
    at: datetime = field(default_factory=clock.now)

    @property
    def response(self) -> str | None:
        said = self.receipt.response if self.receipt else self.problem
        return without_secrets(self.delivery, said)[:LONGEST_RESPONSE] if said else None

    @property
    def bounce(self) -> BounceKind | None:
        """What it says of the address that the mail was refused."""
        said = self.receipt.bounce if self.receipt and self.status is DeliveryStatus.FAILED else None
        return BounceKind(said.value) if said else None


class Outbox:
    """`slots` bounds the messages that are marked and not settled: what a crash can leave uncertain."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.under_way = 0
        self.slots = asyncio.Semaphore(SLOTS * provider.at_once)
        self._process = secrets.token_hex(8)
        self._not_before = 0.0
        self._marks = itertools.count()
        self._marking = GroupCommit(self._mark, WRITTEN_TOGETHER, linger=LINGER)
        self._settling = GroupCommit(self._settle, WRITTEN_TOGETHER, linger=LINGER)

    @property
    def pause(self) -> float:
        """For how many seconds the provider is to be left alone: until then nothing is sent."""
        return max(self._not_before - asyncio.get_running_loop().time(), 0.0)

    async def send(self, delivery: Delivery, message: Outgoing) -> DeliveryStatus | None:
        """Hands over a message that may be sent, while the caller has a slot. Returns where its delivery stands then;
        None where the delivery was not queued any more, and nothing was sent.

        Whoever is cancelled waits a little for what is under way: a message that was begun is better ended.
        """
        if self.pause:
            return DeliveryStatus.QUEUED
        under_way = asyncio.create_task(self._hand_over(delivery, message))
        try:
            return await asyncio.shield(under_way)
        except asyncio.CancelledError:
            await asyncio.wait({under_way}, timeout=LAST_SECONDS)
            under_way.cancel()
            raise

    async def settle(self, settlement: Settlement) -> DeliveryStatus:
        """Says how a delivery ended, also one that was never handed over."""
        await self._settling.add(settlement)
        count_delivery(settlement.delivery.kind.value, settlement.status.value)
        return settlement.status

    async def _hand_over(self, delivery: Delivery, message: Outgoing) -> DeliveryStatus | None:
        self.under_way += 1
        try:
            claim = await self._marking.add(delivery.id)
            if claim is None:
                return None
            receipt = await self._provided(message)
            if receipt.retry_after is not None and receipt.retry_after > PATIENCE:
                self._not_before = asyncio.get_running_loop().time() + receipt.retry_after
            return await self.settle(Settlement(delivery, _status_after(delivery, receipt), claim, receipt))
        finally:
            self.under_way -= 1

    async def _provided(self, message: Outgoing) -> Receipt:
        started = asyncio.get_running_loop().time()
        receipt = await self.provider.send(message)
        count_handover(self.provider.name, receipt.outcome.value, asyncio.get_running_loop().time() - started)
        return receipt

    async def _mark(self, ids: Sequence[PydanticObjectId]) -> Sequence[str | None]:
        """The claim on each of them that was queued, and is the caller's to send now."""
        claim = f"{self._process}:{next(self._marks)}"
        queued = {"_id": {"$in": list(ids)}, "status": DeliveryStatus.QUEUED.value}
        marked = {"status": DeliveryStatus.SENDING.value, "claim": claim, "updatedAt": clock.now()}
        deliveries = Delivery.get_pymongo_collection()
        changed = await deliveries.update_many(queued, {"$set": marked, "$inc": {"attempts": 1}})
        claims = dict.fromkeys(ids, claim)
        if changed.modified_count < len(claims):
            mine = deliveries.find({"_id": {"$in": list(ids)}, "claim": claim}, {"_id": 1})
            claims = {row["_id"]: claim async for row in mine}
        # Whoever asks twice for the same one gets it once.
        return [claims.pop(identity, None) for identity in ids]

    async def _settle(self, settlements: Sequence[Settlement]) -> Sequence[None]:
        """Events first: they are what a delivery is judged by that was left behind in `sending`."""
        await insert_events([event for one in settlements if (event := self._event(one))])
        await Delivery.get_pymongo_collection().bulk_write(self._updates(settlements), ordered=False)
        return [None] * len(settlements)

    def _event(self, settlement: Settlement) -> dict[str, Any] | None:
        type_ = EVENT_OF.get(settlement.status)
        if type_ is None:
            return None
        return stored_event_about(
            settlement.delivery,
            type_,
            source=self.provider.name,
            at=settlement.at,
            detail=settlement.refusal.value if settlement.refusal else settlement.response,
            bounce=settlement.bounce.value if settlement.bounce else None,
        )

    def _updates(self, settlements: Sequence[Settlement]) -> list[UpdateOne | UpdateMany]:
        """Most were simply sent: those are one update."""
        plain = [one for one in settlements if _is_plain(one)]
        others = [self._update(one) for one in settlements if not _is_plain(one)]
        if not plain:
            return [*others]
        at = max(one.at for one in plain)
        sent = {
            **becoming(DeliveryStatus.SENT),
            "provider": self.provider.name,
            "sentAt": at,
            "lastEventAt": at,
            "updatedAt": at,
        }
        return [*others, UpdateMany(_held(plain), {"$set": sent})]

    def _update(self, settlement: Settlement) -> UpdateOne:
        at, receipt = settlement.at, settlement.receipt
        changes: dict[str, Any] = {
            **becoming(settlement.status),
            "response": settlement.response,
            "lastEventAt": at,
            "updatedAt": at,
        }
        if receipt is None:
            never_marked = {"_id": settlement.delivery.id, "status": DeliveryStatus.QUEUED.value}
            return UpdateOne(never_marked, {"$set": changes | {"refusal": settlement.refusal}})
        changes |= {"provider": self.provider.name, "providerId": receipt.provider_id}
        if settlement.status is DeliveryStatus.SENT:
            changes["sentAt"] = at
        # What stood in the way was not the message: it was not one of its attempts.
        uncounted = settlement.status is DeliveryStatus.QUEUED and receipt.retry_after is not None
        return UpdateOne(_held([settlement]), {"$set": changes} | ({"$inc": {"attempts": -1}} if uncounted else {}))


EVENT_OF: Final = {
    DeliveryStatus.SENT: EmailEventType.SENT,
    DeliveryStatus.FAILED: EmailEventType.FAILED,
    DeliveryStatus.SUPPRESSED: EmailEventType.SUPPRESSED,
}


def _status_after(delivery: Delivery, receipt: Receipt) -> DeliveryStatus:
    """A message of which nobody can say whether it was taken is not sent again, but for what answers a person's own
    doing: that is better sent twice, under the same Message-ID, than not at all."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            return DeliveryStatus.SENT
        case Outcome.REFUSED:
            return DeliveryStatus.FAILED
        case Outcome.UNCERTAIN if delivery.kind in NEVER_TWICE:
            return DeliveryStatus.UNCERTAIN
        case Outcome.DEFERRED if receipt.retry_after is not None:
            return DeliveryStatus.QUEUED
    most = UNANSWERED if receipt.outcome is Outcome.UNCERTAIN else ATTEMPTS
    return DeliveryStatus.FAILED if delivery.attempts + 1 >= most else DeliveryStatus.QUEUED


def _held(settlements: Sequence[Settlement]) -> dict[str, Any]:
    """Matches what this process marked: also where somebody who took it for dead called it uncertain meanwhile."""
    return {
        "_id": {"$in": [one.delivery.id for one in settlements]},
        "claim": {"$in": [*{one.claim for one in settlements}]},
        "status": {"$in": [DeliveryStatus.SENDING.value, DeliveryStatus.UNCERTAIN.value]},
    }


def _is_plain(settlement: Settlement) -> bool:
    receipt = settlement.receipt
    return settlement.status is DeliveryStatus.SENT and receipt is not None and receipt.provider_id is None


_current: Outbox | None = None


@asynccontextmanager
async def sending_mail(settings: Settings, provider: Provider | None = None) -> AsyncIterator[Outbox]:
    """Within the block this process can send, by the provider that the settings name."""
    global _current  # noqa: PLW0603 - one provider per process, opened with its worker
    chosen = provider or open_provider(settings)
    _current = Outbox(chosen)
    try:
        yield _current
    finally:
        _current = None
        await chosen.close()


def is_sending() -> bool:
    """Whether this process has messages under way."""
    return _current is not None and _current.under_way > 0


def outbox() -> Outbox:
    if _current is None:
        raise RuntimeError("This process sends no mail: see sending_mail")
    return _current
