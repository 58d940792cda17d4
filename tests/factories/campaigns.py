"""Audiences of campaigns, and workers that send to them without a provider."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

from bson import ObjectId

from core import clock
from core.actor import Actor
from models.base import touched
from models.campaigns import Campaign, CampaignStatus
from models.deliveries import Delivery, DeliveryStatus
from models.email_jobs import EmailJob
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import job_leases
from resolvers.campaign_jobs import CHUNK, START
from resolvers.campaign_life import send_campaign
from resolvers.campaign_settling import settle_campaign
from tasks.sending import start_campaign

SYSTEM: Final = Actor.system("tests")

_numbers = count(1)


async def an_audience(app_id: str, size: int, **fields: Any) -> Sequence[Subscriber]:
    """So many active subscribers, whose contacts are known by id alone."""
    subscribers = [_subscriber(app_id, next(_numbers), fields) for _ in range(size)]
    await Subscriber.insert_many(subscribers)
    return subscribers


def _subscriber(app_id: str, number: int, fields: dict[str, Any]) -> Subscriber:
    address = f"subscriber-{number}@example.com"
    known = {"status": SubscriberStatus.ACTIVE, "name": f"Subscriber {number}", "subscribed_at": clock.now()}
    return Subscriber(app_id=app_id, contact_id=ObjectId(), email=address, email_key=address, **{**known, **fields})


async def stored(campaign: Campaign) -> Campaign:
    """As it is now."""
    found = await Campaign.get(campaign.id)
    assert found is not None
    return found


async def sending(campaign: Campaign) -> EmailJob:
    """The job that begins to send it."""
    return (await send_campaign(SYSTEM, str(campaign.id))).job


async def sent_to(campaign: Campaign) -> dict[str, DeliveryStatus]:
    """What became of each address."""
    deliveries = await Delivery.find({"campaignId": campaign.id}).to_list()
    assert len(deliveries) == len({delivery.contact_id for delivery in deliveries})
    return {delivery.email: delivery.status for delivery in deliveries}


Outcome = Callable[[Delivery], DeliveryStatus]


def everything_arrives(_: Delivery) -> DeliveryStatus:
    return DeliveryStatus.SENT


async def work(
    outcome: Outcome = everything_arrives, *, most: int = 1000, types: Sequence[str] = (START, CHUNK)
) -> int:
    """Does what jobs of campaigns are due, at most so many, and returns how many there were."""
    for done in range(most):
        job = await job_leases.claim(SYSTEM, "worker", types)
        if job is None:
            return done
        await do(job, outcome)
        await job_leases.complete(SYSTEM, job)
    return most


async def do(job: EmailJob, outcome: Outcome = everything_arrives) -> None:
    if job.type == START:
        await start_campaign(job)
    else:
        await send_chunk(job, outcome)


async def send_chunk(job: EmailJob, outcome: Outcome) -> None:
    """As the worker does, without the mail: what waits in the chunk is taken by a conditional update, and ended. What
    somebody had in their hands who died is uncertain."""
    named = {"campaignId": ObjectId(job.payload["campaignId"]), "chunk": job.payload["chunk"]}
    left = {**named, "status": DeliveryStatus.SENDING.value}
    await Delivery.find(left).update(touched({"status": DeliveryStatus.UNCERTAIN.value}))
    while await _goes_on(job):
        queued = {**named, "status": DeliveryStatus.QUEUED.value}
        delivery = await Delivery.change(queued, touched({"status": DeliveryStatus.SENDING.value}))
        if delivery is None:
            break
        await Delivery.change({"_id": delivery.id}, touched({"status": outcome(delivery).value}))
    await settle_campaign(named["campaignId"])


async def _goes_on(job: EmailJob) -> bool:
    campaign = await Campaign.get(ObjectId(job.payload["campaignId"]))
    assert campaign is not None
    return campaign.status is CampaignStatus.SENDING and campaign.run == job.payload["run"]
