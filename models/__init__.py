"""Every kind of document. A new domain is added to this list, and nowhere else."""

from typing import Final

from beanie import Document

from models.api_keys import ApiKey
from models.app_events import AppEvent
from models.apps import App
from models.campaigns import Campaign
from models.consent_entries import ConsentEntry
from models.contacts import Contact
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_alerts import EmailAlert
from models.email_events import EmailEvent
from models.email_jobs import EmailJob
from models.email_rollups import ContactRollup, DayRollup
from models.idempotency import IdempotencyRecord
from models.newsletter_templates import NewsletterTemplate
from models.plans import Plan
from models.shops import Shop
from models.slack_messages import SlackLane, SlackMessage
from models.slack_routing import SlackRule
from models.subscribers import Subscriber
from models.suppressions import SoftBounces, Suppression
from models.templates import Template
from models.ticks import Tick, Turn
from models.users import User
from models.webhook_events import WebhookEvent

DOCUMENTS: Final[tuple[type[Document], ...]] = (
    ApiKey,
    App,
    AppEvent,
    Campaign,
    ConsentEntry,
    Contact,
    ContactRollup,
    DataExport,
    DayRollup,
    Delivery,
    EmailAlert,
    EmailEvent,
    EmailJob,
    IdempotencyRecord,
    NewsletterTemplate,
    Plan,
    Shop,
    SlackLane,
    SlackMessage,
    SlackRule,
    SoftBounces,
    Subscriber,
    Suppression,
    Template,
    Tick,
    Turn,
    User,
    WebhookEvent,
)
