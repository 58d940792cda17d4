"""Every kind of document. A new domain is added to this list, and nowhere else."""

from typing import Final

from beanie import Document

from models.agent_actions import AgentAction
from models.api_keys import ApiKey
from models.app_events import AppEvent
from models.apps import App
from models.attachments import Attachment
from models.automation_backtests import AutomationBacktestRun
from models.automation_trackers import AutomationEvent, AutomationTracker
from models.automations import AutomationConfig, AutomationVersion
from models.campaigns import Campaign
from models.canned_replies import CannedReply
from models.consent_entries import ConsentEntry
from models.contact_lists import ContactList, ContactListMember
from models.contacts import Contact
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_alerts import EmailAlert
from models.email_events import EmailEvent
from models.email_jobs import EmailJob
from models.email_rollups import ContactRollup, DayRollup
from models.end_users import EndUser
from models.enrollments import Enrollment
from models.erasure_certificates import ErasureCertificate
from models.event_counts import EventCount
from models.feedback import Feedback
from models.files import File, FileChunk
from models.idempotency import IdempotencyRecord
from models.inbound_messages import InboundMessage
from models.log_tallies import ErrorGroup, ErrorGroupShop, LogHour
from models.logs import LogEntry
from models.magic_links import MagicLink
from models.metrics import MetricRollup, ShopTimeline
from models.newsletter_templates import NewsletterTemplate
from models.plans import Plan
from models.prospects import Prospect, ProspectNote
from models.sequences import Sequence, SequenceDay, SequenceVersion
from models.shops import Shop
from models.slack_messages import SlackLane, SlackMessage
from models.slack_routing import SlackRule
from models.subscribers import Subscriber
from models.suppressions import SoftBounces, Suppression
from models.template_links import TemplateLinks
from models.templates import Template
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketNumber
from models.ticks import Tick, Turn
from models.users import User
from models.want_votes import WantVote
from models.wants import Want
from models.webhook_events import WebhookEvent

DOCUMENTS: Final[tuple[type[Document], ...]] = (
    AgentAction,
    ApiKey,
    App,
    AppEvent,
    Attachment,
    AutomationBacktestRun,
    AutomationConfig,
    AutomationEvent,
    AutomationTracker,
    AutomationVersion,
    Campaign,
    CannedReply,
    ConsentEntry,
    Contact,
    ContactList,
    ContactListMember,
    ContactRollup,
    DataExport,
    DayRollup,
    Delivery,
    EmailAlert,
    EmailEvent,
    EmailJob,
    EndUser,
    Enrollment,
    ErasureCertificate,
    ErrorGroup,
    ErrorGroupShop,
    EventCount,
    File,
    FileChunk,
    Feedback,
    IdempotencyRecord,
    InboundMessage,
    LogEntry,
    LogHour,
    MagicLink,
    MetricRollup,
    NewsletterTemplate,
    Plan,
    Prospect,
    ProspectNote,
    Sequence,
    SequenceDay,
    SequenceVersion,
    Shop,
    ShopTimeline,
    SlackLane,
    SlackMessage,
    SlackRule,
    SoftBounces,
    Subscriber,
    Suppression,
    Template,
    TemplateLinks,
    Tick,
    Ticket,
    TicketMessage,
    TicketNumber,
    Turn,
    User,
    Want,
    WantVote,
    WebhookEvent,
)
