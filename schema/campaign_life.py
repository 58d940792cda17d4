"""What is done with campaigns, and how far they are, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from resolvers import campaign_life, campaign_progress
from resolvers.campaign_life import CampaignTest
from schema.campaigns import Campaign, CampaignPayload, campaign
from schema.edge import Info, UserError, mutation, parse, subscription
from schema.email_jobs import EmailJob, email_job


@strawberry.input
class CampaignTestInput:
    email: str


@strawberry.type(description="`emailJob` is the job that began to send it.")
class CampaignSendPayload:
    campaign: Campaign | None = None
    email_job: EmailJob | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CampaignTestPayload:
    delivery_id: ID | None = None
    message: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class CampaignLifeMutations:
    @mutation(campaign_life.send_campaign)
    async def campaign_send(self, info: Info, id: ID) -> CampaignSendPayload:
        sending = await campaign_life.send_campaign(info.context.actor, id)
        return CampaignSendPayload(campaign=campaign(sending.campaign), email_job=email_job(sending.job))

    @mutation(campaign_life.schedule_campaign)
    async def campaign_schedule(self, info: Info, id: ID, at: datetime) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.schedule_campaign(info.context.actor, id, at)))

    @mutation(campaign_life.unschedule_campaign)
    async def campaign_unschedule(self, info: Info, id: ID) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.unschedule_campaign(info.context.actor, id)))

    @mutation(campaign_life.pause_campaign)
    async def campaign_pause(self, info: Info, id: ID) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.pause_campaign(info.context.actor, id)))

    @mutation(campaign_life.resume_campaign)
    async def campaign_resume(self, info: Info, id: ID) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.resume_campaign(info.context.actor, id)))

    @mutation(campaign_life.cancel_campaign)
    async def campaign_cancel(self, info: Info, id: ID) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.cancel_campaign(info.context.actor, id)))

    @mutation(campaign_life.resend_uncertain)
    async def campaign_resend_uncertain(self, info: Info, id: ID) -> CampaignPayload:
        return CampaignPayload(campaign=campaign(await campaign_life.resend_uncertain(info.context.actor, id)))

    @mutation(campaign_life.test_campaign)
    async def campaign_test(self, info: Info, id: ID, input: CampaignTestInput) -> CampaignTestPayload:
        delivery = await campaign_life.test_campaign(info.context.actor, id, parse(CampaignTest, input))
        message = f"Test mail queued for {delivery.email}"
        return CampaignTestPayload(delivery_id=ID(str(delivery.id)), message=message)


@strawberry.type
class CampaignSubscriptions:
    @subscription(campaign_progress.watch_campaign)
    async def campaign_progress(self, info: Info, id: ID) -> AsyncGenerator[Campaign, None]:
        watched = await campaign_progress.watch_campaign(info.context.actor, id)
        return cast(AsyncGenerator[Campaign, None], watched)
