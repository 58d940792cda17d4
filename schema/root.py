"""The whole schema: each domain's queries, mutations and subscriptions joined."""

from typing import Final

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.api_keys import ApiKeyMutations, ApiKeyQueries
from schema.app_events import AppEventMutations, AppEventQueries
from schema.apps import AppMutations, AppQueries
from schema.auth import AuthMutations, AuthQueries
from schema.campaign_life import CampaignLifeMutations, CampaignSubscriptions
from schema.campaigns import CampaignMutations, CampaignQueries
from schema.contacts import ContactMutations, ContactQueries
from schema.data_exports import DataExportMutations, DataExportQueries
from schema.email_alerts import EmailAlertMutations, EmailAlertQueries, EmailAlertSubscriptions
from schema.email_analytics import EmailAnalyticsMutations, EmailAnalyticsQueries
from schema.email_events import EmailEventMutations, EmailEventQueries
from schema.email_jobs import EmailJobMutations, EmailJobQueries, EmailJobSubscriptions
from schema.health import HealthQueries
from schema.merchants import MerchantQueries
from schema.metrics import MetricsMutations, MetricsQueries
from schema.newsletter_templates import NewsletterTemplateMutations, NewsletterTemplateQueries
from schema.plans import PlanMutations, PlanQueries
from schema.scalars import SCALARS
from schema.serving.execution import CompiledExecutor
from schema.shops import ShopMutations, ShopQueries, ShopSubscriptions
from schema.subscriber_import import SubscriberImportMutations
from schema.subscribers import SubscriberMutations, SubscriberQueries
from schema.subscribing import SubscribingMutations, SubscribingQueries
from schema.suppressions import SuppressionMutations, SuppressionQueries
from schema.templates import TemplateMutations, TemplateQueries
from schema.users import UserMutations, UserQueries
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
    MetricsQueries,
    ContactQueries,
    SuppressionQueries,
    SubscriberQueries,
    SubscribingQueries,
    NewsletterTemplateQueries,
    CampaignQueries,
    EmailEventQueries,
    EmailAnalyticsQueries,
    EmailJobQueries,
    TemplateQueries,
    DataExportQueries,
    WebhookEventQueries,
    EmailAlertQueries,
    HealthQueries,
):
    pass


@strawberry.type
class Mutation(
    AuthMutations,
    UserMutations,
    AppMutations,
    ApiKeyMutations,
    PlanMutations,
    ShopMutations,
    AppEventMutations,
    MetricsMutations,
    ContactMutations,
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
    TemplateMutations,
    DataExportMutations,
    WebhookEventMutations,
    EmailAlertMutations,
):
    pass


@strawberry.type
class Subscription(ShopSubscriptions, EmailJobSubscriptions, CampaignSubscriptions, EmailAlertSubscriptions):
    pass


SCHEMA: Final = strawberry.Schema(
    Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=SCALARS), execution_context_class=CompiledExecutor
)
