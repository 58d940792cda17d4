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
from models.idempotency import IdempotencyRecord
from models.plans import Plan
from models.shops import Shop
from models.subscribers import Subscriber
from models.suppressions import SoftBounces, Suppression
from models.ticks import Tick
from models.users import User
from models.webhook_events import WebhookEvent

DOCUMENTS: Final[tuple[type[Document], ...]] = (
    ApiKey,
    App,
    AppEvent,
    Campaign,
    ConsentEntry,
    Contact,
    DataExport,
    Delivery,
    EmailAlert,
    EmailEvent,
    EmailJob,
    IdempotencyRecord,
    Plan,
    Shop,
    SoftBounces,
    Subscriber,
    Suppression,
    Tick,
    User,
    WebhookEvent,
)
