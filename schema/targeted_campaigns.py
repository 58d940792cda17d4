"""Campaigns to exactly those whom something concerns, in GraphQL."""

from typing import cast

import strawberry
from strawberry import ID, Maybe

from models.contact_lists import ContactListReason
from resolvers import targeted_campaigns
from resolvers.targeted_campaigns import TargetedCampaign
from schema.campaigns import Campaign, CampaignPayload, campaign
from schema.edge import Info, mutation, parse, query


@strawberry.input(
    description="What is left out is drafted: a name and a subject that say what it is about, and a short text."
)
class TargetedCampaignInput:
    name: Maybe[str | None]
    subject: Maybe[str | None]
    html: Maybe[str | None]
    text: Maybe[str | None]


@strawberry.type
class TargetedCampaignQueries:
    @query(targeted_campaigns.list_targeted_campaigns)
    async def targeted_campaigns(
        self, info: Info, app_id: ID, reason: ContactListReason, subject: str
    ) -> list[Campaign]:
        found = await targeted_campaigns.list_targeted_campaigns(info.context.actor, app_id, reason, subject)
        return cast(list[Campaign], found)


@strawberry.type
class TargetedCampaignMutations:
    @mutation(targeted_campaigns.draft_error_campaign)
    async def error_campaign_draft(
        self, info: Info, app_id: ID, fingerprint: str, input: TargetedCampaignInput | None = None
    ) -> CampaignPayload:
        drafted = await targeted_campaigns.draft_error_campaign(
            info.context.actor, app_id, fingerprint, parse(TargetedCampaign, input)
        )
        return CampaignPayload(campaign=campaign(drafted))

    @mutation(targeted_campaigns.draft_want_campaign)
    async def want_campaign_draft(
        self, info: Info, app_id: ID, id: ID, input: TargetedCampaignInput | None = None
    ) -> CampaignPayload:
        drafted = await targeted_campaigns.draft_want_campaign(
            info.context.actor, app_id, id, parse(TargetedCampaign, input)
        )
        return CampaignPayload(campaign=campaign(drafted))
