"""The whole schema: each domain's queries, mutations and subscriptions joined."""

from functools import lru_cache
from typing import Final

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter

from schema.agent_actions import AgentActionQueries
from schema.agent_drafts import AgentActionMutations
from schema.api_keys import ApiKeyMutations, ApiKeyQueries
from schema.app_events import AppEventMutations, AppEventQueries
from schema.apps import AppMutations, AppQueries
from schema.attachments import AttachmentMutations, AttachmentQueries
from schema.auth import AuthMutations, AuthQueries
from schema.automation_conditions import AutomationConditionQueries
from schema.automation_shops import AutomationShopMutations, AutomationShopQueries
from schema.automation_trackers import (
    AutomationTrackerMutations,
    AutomationTrackerQueries,
    AutomationTrackerSubscriptions,
)
from schema.automation_trials import AutomationTrialMutations, AutomationTrialQueries
from schema.automations import AutomationMutations, AutomationQueries
from schema.campaign_life import CampaignLifeMutations, CampaignSubscriptions
from schema.campaigns import CampaignMutations, CampaignQueries
from schema.canned_replies import CannedReplyMutations, CannedReplyQueries
from schema.churn_forensics import ChurnForensicsQueries
from schema.contacts import ContactMutations, ContactQueries
from schema.data_exports import DataExportMutations, DataExportQueries
from schema.email_alerts import EmailAlertMutations, EmailAlertQueries, EmailAlertSubscriptions
from schema.email_analytics import EmailAnalyticsMutations, EmailAnalyticsQueries
from schema.email_events import EmailEventMutations, EmailEventQueries
from schema.email_jobs import EmailJobMutations, EmailJobQueries, EmailJobSubscriptions
from schema.end_users import EndUserMutations, EndUserQueries
from schema.enrollments import EnrollmentMutations, EnrollmentQueries
from schema.erasure_certificates import ErasureCertificateMutations, ErasureCertificateQueries
from schema.error_groups import ErrorGroupMutations, ErrorGroupQueries
from schema.feedback import FeedbackMutations, FeedbackQueries
from schema.feedback_stats import FeedbackStatsQueries
from schema.health import HealthQueries
from schema.inbound_messages import InboundMessageMutations, InboundMessageQueries, InboundMessageSubscriptions
from schema.logs import LogMutations, LogQueries, LogSubscriptions
from schema.magic_links import MagicLinkMutations, MagicLinkQueries
from schema.mail_holds import MailHoldMutations
from schema.merchants import MerchantQueries
from schema.metrics import MetricsMutations, MetricsQueries
from schema.newsletter_templates import NewsletterTemplateMutations, NewsletterTemplateQueries
from schema.plans import PlanMutations, PlanQueries
from schema.prospect_activity import ProspectActivityMutations, ProspectActivityQueries
from schema.prospect_changes import ProspectMutations
from schema.prospects import ProspectQueries
from schema.scalars import SCALARS
from schema.searching import SearchQueries
from schema.sequence_stats import SequenceStatsQueries
from schema.sequence_tasks import SequenceTaskMutations, SequenceTaskQueries
from schema.sequences import SequenceMutations, SequenceQueries
from schema.serving.execution import CompiledExecutor
from schema.shops import ShopMutations, ShopQueries, ShopSubscriptions
from schema.slack_routing import SlackRoutingMutations, SlackRoutingQueries
from schema.subscriber_import import SubscriberImportMutations
from schema.subscribers import SubscriberMutations, SubscriberQueries
from schema.subscribing import SubscribingMutations, SubscribingQueries
from schema.suppressions import SuppressionMutations, SuppressionQueries
from schema.targeted_campaigns import TargetedCampaignMutations, TargetedCampaignQueries
from schema.templates import TemplateMutations, TemplateQueries
from schema.ticket_bulk import TicketBulkMutations
from schema.ticket_merging import TicketMergingMutations
from schema.ticket_messages import TicketMessageMutations, TicketMessageQueries
from schema.ticket_performance import TicketPerformanceQueries
from schema.ticket_ratings import TicketRatingMutations, TicketRatingQueries
from schema.ticket_stats import TicketStatsQueries
from schema.tickets import TicketMutations, TicketQueries, TicketSubscriptions
from schema.timelines import TimelineSubscriptions
from schema.users import UserMutations, UserQueries
from schema.want_board import WantBoardMutations, WantBoardQueries
from schema.want_returns import WantReturnsQueries
from schema.wants import WantMutations, WantQueries, WantSubscriptions
from schema.webhooks import WebhookEventMutations, WebhookEventQueries


@strawberry.type
class Query(
    AuthQueries,
    UserQueries,
    AppQueries,
    ApiKeyQueries,
    PlanQueries,
    ShopQueries,
    AppEventQueries,
    MerchantQueries,
    SearchQueries,
    AttachmentQueries,
    EndUserQueries,
    MagicLinkQueries,
    LogQueries,
    ErrorGroupQueries,
    MetricsQueries,
    ChurnForensicsQueries,
    ContactQueries,
    ErasureCertificateQueries,
    SuppressionQueries,
    SubscriberQueries,
    SubscribingQueries,
    NewsletterTemplateQueries,
    CampaignQueries,
    EmailEventQueries,
    EmailAnalyticsQueries,
    EmailJobQueries,
    SequenceQueries,
    SequenceStatsQueries,
    SequenceTaskQueries,
    EnrollmentQueries,
    TemplateQueries,
    TicketQueries,
    TicketMessageQueries,
    TicketRatingQueries,
    TicketStatsQueries,
    TicketPerformanceQueries,
    CannedReplyQueries,
    DataExportQueries,
    FeedbackQueries,
    FeedbackStatsQueries,
    WantBoardQueries,
    WantQueries,
    WantReturnsQueries,
    TargetedCampaignQueries,
    WebhookEventQueries,
    InboundMessageQueries,
    SlackRoutingQueries,
    ProspectQueries,
    ProspectActivityQueries,
    AutomationConditionQueries,
    AutomationQueries,
    AutomationTrackerQueries,
    AutomationShopQueries,
    AutomationTrialQueries,
    AgentActionQueries,
    EmailAlertQueries,
    HealthQueries,
):
    pass


@strawberry.type
class Mutation(
    AuthMutations,
    UserMutations,
    AppMutations,
    MailHoldMutations,
    ApiKeyMutations,
    PlanMutations,
    ShopMutations,
    AppEventMutations,
    AttachmentMutations,
    EndUserMutations,
    MagicLinkMutations,
    LogMutations,
    ErrorGroupMutations,
    MetricsMutations,
    ContactMutations,
    ErasureCertificateMutations,
    SuppressionMutations,
    SubscriberMutations,
    SubscriberImportMutations,
    SubscribingMutations,
    NewsletterTemplateMutations,
    CampaignMutations,
    CampaignLifeMutations,
    EmailEventMutations,
    EmailAnalyticsMutations,
    EmailJobMutations,
    SequenceMutations,
    SequenceTaskMutations,
    EnrollmentMutations,
    TemplateMutations,
    TicketMutations,
    TicketBulkMutations,
    TicketMergingMutations,
    TicketRatingMutations,
    CannedReplyMutations,
    TicketMessageMutations,
    DataExportMutations,
    FeedbackMutations,
    WantBoardMutations,
    WantMutations,
    TargetedCampaignMutations,
    WebhookEventMutations,
    InboundMessageMutations,
    SlackRoutingMutations,
    AutomationMutations,
    AutomationTrackerMutations,
    AutomationTrialMutations,
    AutomationShopMutations,
    AgentActionMutations,
    ProspectMutations,
    ProspectActivityMutations,
    EmailAlertMutations,
):
    pass


@strawberry.type
class Subscription(
    ShopSubscriptions,
    TicketSubscriptions,
    WantSubscriptions,
    EmailJobSubscriptions,
    CampaignSubscriptions,
    EmailAlertSubscriptions,
    AutomationTrackerSubscriptions,
    LogSubscriptions,
    InboundMessageSubscriptions,
    TimelineSubscriptions,
):
    pass


class Names(NameConverter):
    """camelCase, each name once: Strawberry asks for those of all of a field's arguments whenever it resolves it."""

    @lru_cache(maxsize=10_000)  # noqa: B019 - one converter for as long as the process lives
    def apply_naming_config(self, name: str) -> str:
        return super().apply_naming_config(name)


SCHEMA: Final = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, name_converter=Names()),
    execution_context_class=CompiledExecutor,
)
