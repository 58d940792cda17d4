"""Timelines, in GraphQL."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any, Final, cast

import strawberry
from strawberry import ID, Maybe

import models.agent_actions
import models.app_events
import models.automation_trackers
import models.consent_entries
import models.data_exports
import models.deliveries
import models.email_events
import models.end_users
import models.enrollments
import models.feedback
import models.inbound_messages
import models.log_tallies
import models.prospects
import models.subscribers
import models.tickets
import models.want_votes
import models.wants
import resolvers.merchants
from resolvers import timeline_news
from resolvers.timeline_outreach import ChangedProspect as Changed
from resolvers.timeline_sources import Entry, TimelineKind
from schema.agent_actions import AgentAction
from schema.app_events import AppEvent
from schema.apps import App
from schema.automation_trackers import AutomationTracker
from schema.consents import ConsentEntry
from schema.data_exports import DataExport
from schema.deliveries import Delivery
from schema.edge import Info, subscription
from schema.email_events import EmailEvent
from schema.end_users import EndUser
from schema.enrollments import Enrollment
from schema.error_groups import ErrorGroupShop
from schema.feedback import Feedback
from schema.inbound_messages import InboundMessage
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.merchants import MerchantChange
from schema.prospect_activity import ProspectChange, ProspectNote
from schema.prospects import Prospect
from schema.subscribers import Subscriber
from schema.tickets import Ticket
from schema.unions import DocumentUnion
from schema.want_voters import WantVoter
from schema.wants import Want

strawberry.enum(TimelineKind, description="What an entry is about. ERROR_MET: an error of the app, for the first time.")


@strawberry.type(description="A step in the life of a prospect.")
class ChangedProspect:
    prospect: Prospect
    change: ProspectChange


SUBJECTS: Final[Mapping[type, type]] = {
    models.agent_actions.AgentAction: AgentAction,
    models.app_events.AppEvent: AppEvent,
    models.automation_trackers.AutomationTracker: AutomationTracker,
    models.consent_entries.ConsentEntry: ConsentEntry,
    models.data_exports.DataExport: DataExport,
    models.deliveries.Delivery: Delivery,
    models.email_events.EmailEvent: EmailEvent,
    models.end_users.EndUser: EndUser,
    models.enrollments.Enrollment: Enrollment,
    models.feedback.Feedback: Feedback,
    models.inbound_messages.InboundMessage: InboundMessage,
    models.log_tallies.ErrorGroupShop: ErrorGroupShop,
    models.prospects.ProspectNote: ProspectNote,
    models.subscribers.Subscriber: Subscriber,
    models.tickets.Ticket: Ticket,
    models.want_votes.WantVote: WantVoter,
    models.wants.Want: Want,
    resolvers.merchants.MerchantChange: MerchantChange,
    Changed: ChangedProspect,
}
SUBJECT: Final[Any] = DocumentUnion("TimelineSubject", SUBJECTS, "What an entry of a timeline is about.")


@strawberry.type(description="Something that happened with a merchant or a person, in one of the apps.")
class TimelineEntry:
    id: ID
    kind: TimelineKind
    at: datetime
    title: str = strawberry.field(description="A sentence, without its subject, for people to read.")
    subject: object = strawberry.field(graphql_type=SUBJECT)

    app: App | None = loaded(Entry, Loaders.apps, lambda one: one.app_id)


@strawberry.input(description="`kinds` leaves out all others. `occurredFrom` is included, `occurredTo` is not.")
class TimelineFilterInput:
    kinds: Maybe[list[TimelineKind] | None]
    occurred_from: Maybe[datetime | None]
    occurred_to: Maybe[datetime | None]


@strawberry.type
class TimelineSubscriptions:
    @subscription(timeline_news.watch_timeline)
    async def timeline_added(
        self, info: Info, domain: str | None = None, contact_id: ID | None = None
    ) -> AsyncGenerator[TimelineEntry, None]:
        watched = await timeline_news.watch_timeline(info.context.actor, domain, contact_id)
        return cast(AsyncGenerator[TimelineEntry, None], watched)
