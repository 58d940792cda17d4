"""All that timelines are made of. What else is to be on them is one more entry in `SOURCES`."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from models.agent_actions import AgentAction
from models.app_events import AppEvent
from models.automation_trackers import AutomationTracker
from models.base import Stored
from models.consent_entries import ConsentEntry
from models.data_exports import DataExport
from models.deliveries import Delivery
from models.email_events import TOLD_OF_PEOPLE, EmailEvent
from models.end_users import EndUser
from models.enrollments import Enrollment
from models.feedback import Feedback
from models.inbound_messages import InboundMessage
from models.log_tallies import ErrorGroupShop
from models.prospects import Prospect, ProspectNote
from models.subscribers import Subscriber
from models.tickets import Ticket
from models.want_votes import WantVote
from models.wants import Want
from resolvers import timeline_outreach as outreach
from resolvers import timeline_titles as titles
from resolvers.agent_actions import list_agent_actions
from resolvers.app_events import list_app_events
from resolvers.automation_trackers import list_automation_trackers
from resolvers.consent import list_consent_entries
from resolvers.data_exports import list_data_exports
from resolvers.deliveries import list_campaign_deliveries
from resolvers.email_events import list_email_events
from resolvers.end_users import list_end_users
from resolvers.enrollments import list_enrollments
from resolvers.error_groups import list_error_groups
from resolvers.event_effects import KNOWN
from resolvers.feedback import list_feedback
from resolvers.inbound_messages import list_inbound_messages
from resolvers.merchants import MerchantChange
from resolvers.prospect_notes import list_prospect_notes
from resolvers.prospects import list_prospects
from resolvers.shops import list_shops
from resolvers.subscribers import list_subscribers
from resolvers.tickets import list_tickets
from resolvers.timeline_outreach import ChangedProspect
from resolvers.timeline_sources import Documents, Entry, Few, Party, Place, Source, TimelineKind
from resolvers.timeline_titles import each
from resolvers.want_counts import with_current_votes
from resolvers.want_votes import list_want_voters
from resolvers.wants import list_wants


async def _changes(party: Party) -> Sequence[Entry]:
    """Of the shops. Those of one shop at the same moment are numbered in their order."""
    entries = []
    for shop in party.shops:
        so_far: Counter[datetime] = Counter()
        for change in shop.history:
            place = Place(change.at, TimelineKind.SHOP_CHANGED.value, f"{shop.id}:{so_far[change.at]:03}")
            so_far[change.at] += 1
            entries.append(Entry(place, shop.app_id, MerchantChange(shop, change)))
    return entries


def _per_app(kind: TimelineKind, document: type[Stored], moment: str) -> Callable[[Party], Awaitable[Sequence[Entry]]]:
    """Of documents that a person has at most one of in each app; `moment` is the attribute that says when."""

    async def entries(party: Party) -> Sequence[Entry]:
        found: list[Any] = await document.find({"contactId": {"$in": [one.id for one in party.people]}}).to_list()
        happened = [(getattr(one, moment), one) for one in found]
        return [Entry(Place(at, kind.value, str(one.id)), one.app_id, one) for at, one in happened if at is not None]

    return entries


async def _prospects(party: Party) -> Sequence[Entry]:
    """There is at most one at each address."""
    addresses = [person.email_key for person in party.people]
    return [
        Entry(
            Place(change.at, TimelineKind.PROSPECT_CHANGED.value, str(change.id)),
            None,
            ChangedProspect(prospect, change),
        )
        for prospect in await Prospect.find({"emailKey": {"$in": addresses}}).to_list()
        for change in prospect.history
    ]


SOURCES: Final[Sequence[Source]] = (
    Few(TimelineKind.SHOP_CHANGED, list_shops, each(titles.of_change), _changes),
    Documents(
        TimelineKind.APP_EVENT,
        AppEvent,
        list_app_events,
        each(titles.of_app_event),
        at="occurredAt",
        shop="shopDomain",
        # What follows from these is among the changes of the shop.
        only={"name": {"$nin": list(KNOWN)}},
    ),
    Documents(
        TimelineKind.ERROR_MET,
        ErrorGroupShop,
        list_error_groups,
        titles.of_errors,
        at="firstSeen",
        shop="shopDomain",
    ),
    Documents(
        TimelineKind.TICKET_CREATED,
        Ticket,
        list_tickets,
        each(titles.of_new_ticket),
        shop="shopDomain",
        address="emailKey",
    ),
    Documents(
        TimelineKind.TICKET_RESOLVED,
        Ticket,
        list_tickets,
        each(titles.of_resolved_ticket),
        at="resolvedAt",
        shop="shopDomain",
        address="emailKey",
    ),
    Documents(
        TimelineKind.FEEDBACK_GIVEN,
        Feedback,
        list_feedback,
        each(titles.of_feedback),
        shop="shopDomain",
        address="emailKey",
    ),
    Documents(
        TimelineKind.WANT_ASKED,
        Want,
        list_wants,
        each(titles.of_want),
        shop="author.shopDomain",
        address="author.emailKey",
        as_shown=with_current_votes,
    ),
    Documents(
        TimelineKind.WANT_VOTED,
        WantVote,
        list_want_voters,
        titles.of_votes,
        shop="shopDomain",
        address="emailKey",
    ),
    Documents(TimelineKind.MAIL, Delivery, list_campaign_deliveries, titles.of_mail, contact="contactId"),
    Documents(
        TimelineKind.MAIL_EVENT,
        EmailEvent,
        list_email_events,
        titles.of_mail_events,
        at="at",
        contact="contactId",
        only=TOLD_OF_PEOPLE,
    ),
    Documents(
        TimelineKind.CONSENT_CHANGED,
        ConsentEntry,
        list_consent_entries,
        each(titles.of_consent),
        at="at",
        contact="contactId",
    ),
    Few(
        TimelineKind.SUBSCRIBED,
        list_subscribers,
        each(titles.of_subscription),
        _per_app(TimelineKind.SUBSCRIBED, Subscriber, "subscribed_at"),
    ),
    Few(
        TimelineKind.UNSUBSCRIBED,
        list_subscribers,
        each(titles.of_unsubscription),
        _per_app(TimelineKind.UNSUBSCRIBED, Subscriber, "unsubscribed_at"),
    ),
    Few(
        TimelineKind.FIRST_SIGNED_IN,
        list_end_users,
        each(titles.of_first_login),
        _per_app(TimelineKind.FIRST_SIGNED_IN, EndUser, "created_at"),
    ),
    Documents(
        TimelineKind.MAIL_RECEIVED,
        InboundMessage,
        list_inbound_messages,
        each(outreach.of_received_mail),
        contact="contactId",
    ),
    Documents(
        TimelineKind.ENROLLED,
        Enrollment,
        list_enrollments,
        outreach.of_enrollments,
        contact="contactId",
    ),
    Documents(
        TimelineKind.SEQUENCE_ENDED,
        Enrollment,
        list_enrollments,
        outreach.of_ended_enrollments,
        at="endedAt",
        contact="contactId",
    ),
    Few(TimelineKind.PROSPECT_CHANGED, list_prospects, each(outreach.of_prospect), _prospects),
    Documents(
        TimelineKind.PROSPECT_NOTED,
        ProspectNote,
        list_prospect_notes,
        each(outreach.of_note),
        address="emailKey",
    ),
    Documents(
        TimelineKind.AGENT_ACTED,
        AgentAction,
        list_agent_actions,
        each(outreach.of_agent_action),
        address="emailKey",
    ),
    Documents(
        TimelineKind.AUTOMATION_ENTERED,
        AutomationTracker,
        list_automation_trackers,
        outreach.of_automations,
        at="enteredAt",
        shop="shopDomain",
    ),
    Documents(
        TimelineKind.AUTOMATION_ENDED,
        AutomationTracker,
        list_automation_trackers,
        outreach.of_ended_automations,
        at="endedAt",
        shop="shopDomain",
    ),
    Documents(
        TimelineKind.DATA_EXPORTED,
        DataExport,
        list_data_exports,
        each(titles.of_data_export),
        contact="contactId",
    ),
)
