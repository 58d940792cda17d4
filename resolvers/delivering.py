"""Does the jobs that send: asks for every recipient whether they may be written to, at the last moment, and sends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import JsonValue

from core import clock
from core.access import allow
from core.actor import Actor
from core.errors import DomainError, RateLimited, Unavailable, found
from core.group_commit import GroupCommit
from mail.templates import TemplateProblem
from models.apps import App
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory
from models.deliveries import SETTLED, Delivery, DeliveryKind, DeliveryStatus, Refusal
from models.email_jobs import Progress
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.automation_holds import held_among, put_off
from resolvers.campaign_settling import settle_campaign
from resolvers.delivery_recovery import recover_deliveries
from resolvers.mail_contents import message_for
from resolvers.outbox import Settlement, outbox
from resolvers.outreach_gate import Gate, gates_of, take_back
from resolvers.sending import Verdict, can_send_all

BATCH: Final = 100
"""Recipients who are decided on together."""
FRESH: Final = timedelta(seconds=1)
"""How old a decision may be when the message goes out."""
ENDED_WELL: Final = SETTLED - {DeliveryStatus.FAILED}
"""In the progress of a job: all that nothing is left to do of, and that did not fail."""
NEWSLETTER: Final = ConsentCategory.NEWSLETTER
NOT_SUBSCRIBED: Final = Verdict(Refusal.NOT_SUBSCRIBED)
NOT_ENROLLED: Final = Verdict(Refusal.NOT_ENROLLED)
WAITING: Final = 8
"""Deliveries of one job that wait for each message that the provider takes at a time: enough to keep the outbox busy
alone, while another job begins or ends."""
PAUSES: Final = (1.0, 5.0)
"""Seconds before what a server did not take is offered again, within the same job."""


@dataclass(frozen=True, slots=True)
class Part:
    """The deliveries of a campaign that one job sends, as long as the campaign's run is this one."""

    campaign_id: PydanticObjectId
    chunk: int
    run: int

    def having(self, status: DeliveryStatus) -> dict[str, Any]:
        """Matches those with a status."""
        return {"campaignId": self.campaign_id, "status": status.value, "chunk": self.chunk}

    async def count(self, *statuses: DeliveryStatus) -> int:
        """How many have one of these."""
        having = {"campaignId": self.campaign_id, "status": {"$in": [status.value for status in statuses]}}
        return await Delivery.find({**having, "chunk": self.chunk}).count()

    async def goes_on(self) -> bool:
        """Whether nobody has paused, cancelled or restarted the campaign."""
        sending = {"_id": self.campaign_id, "status": CampaignStatus.SENDING.value, "run": self.run}
        return await Campaign.find(sending).count() == 1


@dataclass(frozen=True, slots=True)
class Decided:
    """`is_put_off`: it may be sent, but not now."""

    delivery: Delivery
    verdict: Verdict
    at: datetime
    is_put_off: bool = False


Decide = Callable[[Delivery], Awaitable[Decided | None]]
"""Decides again on what had to wait; None where its campaign was stopped meanwhile."""


@allow()
async def deliver_chunk(
    actor: Actor, campaign_id: PydanticObjectId, chunk: int, run: int, progress: Progress | None = None
) -> dict[str, JsonValue]:
    """Sends what is queued of one part of a campaign. Doing it again sends nothing twice. `progress` follows, in
    recipients.

    Raises `Unavailable` where servers did not take the mail for some, and `RateLimited` where the provider wants a
    pause: they are tried again later.
    """
    campaign = found(await Campaign.get(campaign_id), "Campaign")
    app, part = await App.get(campaign.app_id), Part(campaign_id, chunk, run)
    await recover_deliveries(await Delivery.find(part.having(DeliveryStatus.SENDING)).to_list())
    progress = progress or Progress()
    progress.total, progress.failed = await part.count(*DeliveryStatus), await part.count(DeliveryStatus.FAILED)
    progress.done = progress.total - progress.failed - await part.count(DeliveryStatus.QUEUED)
    left = 0
    for pause in (0.0, *PAUSES):
        await asyncio.sleep(pause)
        await _send_round(part, app, progress)
        left = await part.count(DeliveryStatus.QUEUED)
        if left == 0 or outbox().pause or not await part.goes_on():
            break
    await settle_campaign(campaign_id)
    if left and await part.goes_on():
        raise _later(f"{left} recipients could not be reached: they are tried again later")
    return {"left": left}


@allow()
async def deliver_one(actor: Actor, delivery_id: PydanticObjectId) -> dict[str, JsonValue]:
    """Sends one mail that is not a campaign's. What a crash left half-way goes out again, under the same Message-ID.

    Raises `Unavailable` where the server did not take it, and `RateLimited` where the provider wants a pause: it is
    tried again later.
    """
    delivery = found(await Delivery.get(delivery_id), "Delivery")
    if delivery.status is DeliveryStatus.SENDING:
        await recover_deliveries([delivery])
        delivery = found(await Delivery.get(delivery_id), "Delivery")
    if delivery.status is not DeliveryStatus.QUEUED:
        return {"status": delivery.status.value}
    app = await App.get(delivery.app_id) if delivery.app_id else None

    async def decide(of: Delivery) -> Decided:
        (decided,) = await _decide([of], app)
        return decided

    status = await _send(await decide(delivery), app, decide)
    if status is DeliveryStatus.QUEUED:
        raise _later("The server did not take the mail: it is offered again later")
    return {"status": status.value if status else None}


def _later(sentence: str) -> DomainError:
    pause = outbox().pause
    return RateLimited(sentence, ceil(pause)) if pause else Unavailable(sentence)


async def _send_round(part: Part, app: App | None, progress: Progress) -> None:
    """Once over what is queued. Many wait for their turn, so that no connection waits for the database."""
    decisions, turn = _decisions(part, app), asyncio.Lock()

    async def decide_again(batch: Sequence[Delivery]) -> Sequence[Decided | None]:
        return await _decide(batch, app) if await part.goes_on() else [None] * len(batch)

    again = GroupCommit(decide_again, BATCH)

    async def work() -> None:
        while True:
            async with turn:
                decided = await anext(decisions, None)
            if decided is None:
                return
            status = await _send(decided, app, again.add)
            progress.failed += status is DeliveryStatus.FAILED
            progress.done += status in ENDED_WELL

    async with asyncio.TaskGroup() as workers:
        for _ in range(WAITING * outbox().provider.at_once):
            workers.create_task(work())


async def _decisions(part: Part, app: App | None) -> AsyncIterator[Decided]:
    """On what is queued, in the order in which it was queued, while the campaign goes on."""
    queued, last = part.having(DeliveryStatus.QUEUED), None
    while not outbox().pause and await part.goes_on():
        beyond = queued if last is None else {**queued, "_id": {"$gt": last}}
        batch = await Delivery.find(beyond).sort("_id").limit(BATCH).to_list()
        if not batch:
            return
        last = batch[-1].id
        for decided in await _decide(batch, app):
            yield decided


async def _decide(batch: Sequence[Delivery], app: App | None) -> list[Decided]:
    """Deliveries of one category and app."""
    at = clock.now()
    verdicts = await can_send_all([delivery.email for delivery in batch], batch[0].category, app)
    members, gates, held = await _memberships(batch), await gates_of(batch), await held_among(batch)
    decided = []
    for delivery in batch:
        verdict, gate = verdicts[delivery.email], gates.get(delivery.id)
        if verdict.allowed and delivery.id not in members:
            verdict = NOT_SUBSCRIBED
        elif verdict.allowed and gate is Gate.OVER:
            verdict = NOT_ENROLLED
        waits = gate is Gate.LATER or delivery.id in held
        decided.append(Decided(delivery, verdict, at, is_put_off=verdict.allowed and waits))
    return decided


async def _memberships(batch: Sequence[Delivery]) -> set[PydanticObjectId]:
    """Which of the deliveries are to somebody who gets this newsletter still; what is none needs no membership."""
    campaigns = [one for one in batch if one.kind is DeliveryKind.CAMPAIGN and one.category is NEWSLETTER]
    others = {one.id for one in batch} - {one.id for one in campaigns}
    if not campaigns:
        return others
    of_batch = {"contactId": {"$in": [one.contact_id for one in campaigns]}, "appId": campaigns[0].app_id}
    active = Subscriber.get_pymongo_collection().find(
        {**of_batch, "status": SubscriberStatus.ACTIVE.value}, {"contactId": 1}
    )
    contacts = {row["contactId"] for row in await active.to_list()}
    return others | {one.id for one in campaigns if one.contact_id in contacts}


async def _send(decided: Decided, app: App | None, decide: Decide) -> DeliveryStatus | None:
    """Where the delivery stands then; None where it was not queued any more, its campaign was stopped, or its app holds
    it."""
    box = outbox()
    async with box.slots:
        if clock.now() - decided.at > FRESH:
            anew = await decide(decided.delivery)
            if anew is None:
                return None
            decided = anew
        delivery = decided.delivery
        if decided.is_put_off and delivery.outreach:
            return await take_back(delivery)
        if decided.is_put_off:
            await put_off(delivery)
            return None
        if not decided.verdict.allowed:
            refused = Settlement(delivery, DeliveryStatus.SUPPRESSED, refusal=decided.verdict.refusal)
            return await box.settle(refused)
        try:
            message = await message_for(delivery, app)
        except TemplateProblem as problem:
            sentence = f"The mail can't be composed: {problem.message}"
            return await box.settle(Settlement(delivery, DeliveryStatus.FAILED, problem=sentence))
        return await box.send(delivery, message)
