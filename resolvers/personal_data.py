"""Where people are found in the database: the one list that erasing and exporting go by.

A collection that holds people whom the apps write to belongs in `HOLDINGS`; one that has addresses of anybody else, or
holds people in passing, in `EXEMPT`.
"""

from collections.abc import Mapping
from typing import Final

from core import clock
from models.api_keys import ApiKey
from models.app_events import AppEvent
from models.apps import App
from models.attachments import Attachment
from models.base import Record
from models.consent_entries import ConsentEntry
from models.contacts import Contact
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_events import EmailEvent
from models.email_rollups import ContactRollup
from models.end_users import EndUser
from models.erasure_certificates import ErasureCertificate
from models.files import File, FileChunk
from models.idempotency import IdempotencyRecord
from models.magic_links import MagicLink
from models.newsletter_templates import NewsletterTemplate
from models.shops import Shop
from models.slack_messages import SlackMessage
from models.subscribers import Subscriber
from models.suppressions import SoftBounces, Suppression
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from models.ticks import Turn
from models.users import User
from models.webhook_events import WebhookEvent
from resolvers.agent_erasure import AGENT_ACTIONS
from resolvers.automation_erasure import AUTOMATION_EVENTS, AUTOMATION_TRACKERS
from resolvers.enrollment_erasure import ENROLLMENTS
from resolvers.erasing import (
    erase_attachments,
    erase_from_app_events,
    erase_from_email_events,
    erase_from_shops,
    erased_contact,
    erased_end_user,
    erased_subscriber,
    without_person,
)
from resolvers.feedback_erasure import FEEDBACK
from resolvers.holdings import Holding, deleting, overwriting, sent_to_stranger
from resolvers.inbound_erasure import INBOUND_MESSAGES
from resolvers.log_erasure import LOGS
from resolvers.prospect_erasure import PROSPECT_NOTES, PROSPECTS
from resolvers.ticket_erasure import erase_from_messages, erase_from_tickets, is_requester_of, may_be_shown
from resolvers.want_erasure import WANT_VOTES, WANTS

HOLDINGS: Final = (
    AGENT_ACTIONS,
    Holding(
        AppEvent,
        lambda person: {"appId": {"$in": [*person.app_ids]}, "shopDomain": {"$in": [*person.domains]}},
        frozenset({"app_id", "name", "shop_domain", "occurred_at", "data"}),
        erase_from_app_events,
        lambda event, person: without_person(person, event.data) != event.data,
    ),
    Holding(
        Attachment,
        lambda person: {"peopleKeys": person.contact.email_key},
        frozenset({"app_id", "filename", "mimetype", "size", "created_at"}),
        erase_attachments,
        discloses=lambda attachment, _: attachment.owner is None or not attachment.owner.is_internal,
    ),
    AUTOMATION_EVENTS,
    AUTOMATION_TRACKERS,
    Holding(
        ConsentEntry,
        lambda person: {"contactId": person.contact.id},
        frozenset({"category", "state", "at", "legal_basis", "source", "text", "ip", "user_agent", "confirmed"}),
        overwriting(lambda person: {"ip": None, "userAgent": None}),
    ),
    Holding(
        DataExport,
        lambda person: {"contactId": person.contact.id},
        frozenset({"created_at", "expires_at", "revoked_at", "views"}),
        overwriting(lambda person: {"revokedAt": clock.now(), "views": []}),
    ),
    Holding(
        Delivery,
        lambda person: {"$or": [{"contactId": person.contact.id}, sent_to_stranger(person.digests)]},
        frozenset(
            {"app_id", "kind", "category", "email", "status", "refusal", "created_at", "sent_at", "delivered_at"}
        ),
        overwriting(
            lambda person: {
                "email": "",
                "name": "",
                "values": {},
                "sealedValues": None,
                "response": None,
                "subject": None,
            }
        ),
    ),
    Holding(
        EmailEvent,
        lambda person: {"$or": [{"contactId": person.contact.id}, {"deliveryId": {"$in": [*person.earlier_mail]}}]},
        frozenset({"type", "at", "app_id", "url", "detail", "ip", "user_agent"}),
        erase_from_email_events,
    ),
    Holding(
        EndUser,
        lambda person: {"contactId": person.contact.id},
        frozenset({"app_id", "email", "language", "shop_domain", "last_login_at", "created_at"}),
        overwriting(erased_end_user),
    ),
    Holding(
        MagicLink,
        lambda person: {"emailKey": person.contact.email_key},
        frozenset({"app_id", "email", "created_at", "expires_at", "used_at"}),
        deleting,
    ),
    ENROLLMENTS,
    FEEDBACK,
    INBOUND_MESSAGES,
    LOGS,
    PROSPECT_NOTES,
    PROSPECTS,
    Holding(
        Subscriber,
        lambda person: {"contactId": person.contact.id},
        frozenset(
            {
                "app_id",
                "email",
                "name",
                "language",
                "source",
                "tags",
                "status",
                "consent_text",
                "subscribed_at",
                "unsubscribed_at",
            }
        ),
        overwriting(erased_subscriber),
    ),
    Holding(
        Shop,
        lambda person: {"emailKey": person.contact.email_key},
        frozenset({"app_id", "domain", "name", "email", "owner", "country", "locale", "status", "installed_at"}),
        erase_from_shops,
    ),
    Holding(
        Suppression,
        lambda person: {"digest": {"$in": [*person.digests]}},
        frozenset({"reason", "scope", "since", "source", "note", "removed_at"}),
        overwriting(lambda person: {"note": None, "contactId": None}),
    ),
    Holding(
        Ticket,
        lambda person: {"peopleKeys": person.contact.email_key},
        frozenset(
            {
                "app_id",
                "number",
                "subject",
                "email",
                "name",
                "shop_domain",
                "topic",
                "rating",
                "created_at",
                "resolved_at",
            }
        ),
        erase_from_tickets,
        discloses=is_requester_of,
    ),
    Holding(
        TicketMessage,
        lambda person: {"peopleKeys": person.contact.email_key},
        frozenset({"content", "is_customer", "author_name", "created_at"}),
        erase_from_messages,
        discloses=may_be_shown,
    ),
    WANTS,
    WANT_VOTES,
    Holding(
        WebhookEvent,
        lambda person: {"addressDigests": {"$in": [*person.digests]}},
        frozenset({"provider", "topic", "occurred_at", "payload"}),
        overwriting(lambda person: {"payload": None, "addressDigests": []}),
    ),
    Holding(
        Contact,
        lambda person: {"_id": person.contact.id},
        frozenset({"email", "name", "language", "country", "shops", "consents", "opted_out_at", "created_at"}),
        overwriting(erased_contact),
    ),
)
"""In the order in which a person is erased. The contact comes last: until then, what was cut off can be done again."""

EXEMPT: Final[Mapping[type[Record], str]] = {
    App: "the company's own addresses",
    ApiKey: "made by staff for an app's backend",
    NewsletterTemplate: "written by staff, for nobody in particular",
    ContactRollup: "numbers, counted from the events",
    ErasureCertificate: "keyed hashes, and an address that is encrypted until it was looked for",
    File: "the bytes of attachments and received mail, which go with them",
    FileChunk: "the bytes of attachments and received mail, which go with them",
    IdempotencyRecord: "answers to clients, which go away by themselves after 24 hours",
    SlackMessage: "news for the company, which is forgotten when it is posted, and after a week in any case",
    SoftBounces: "keyed hashes, which go away by themselves after 14 days",
    Turn: "names of processes, for as long as it is their turn",
    User: "the company's staff, who are no contacts",
}
