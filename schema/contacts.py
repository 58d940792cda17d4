"""Contacts and their consent, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.errors import InvalidInput
from core.pages import Range
from models import contacts as stored
from models.contacts import ConsentCategory
from resolvers import consent, contacts, data_exports, gdpr
from resolvers.consent import ConsentChange
from resolvers.contacts import ContactCreate, ContactFilter, ContactSortKey, ContactUpdate
from resolvers.deliveries import deliveries_to
from resolvers.email_events import EmailEventFilter, EmailEventSortKey, list_email_events
from resolvers.inbound_messages import NEWEST_MAIL, InboundMessageFilter, list_inbound_messages
from resolvers.tickets import NEWEST_TICKETS, TicketFilter, list_tickets
from resolvers.timelines import TimelineFilter, contact_timeline
from schema.connections import After, Before, Connection, First, Last
from schema.consents import ConsentChangeInput, ConsentEntry, Consents
from schema.contact_parts import ContactShop, ErasedDocuments
from schema.data_exports import DataExport, PersonalData
from schema.deliveries import Delivery
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.email_events import EmailEvent
from schema.email_jobs import EmailJob, email_job
from schema.erasure_certificates import ErasureCertificate, erasure_certificate
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.subscribers import Subscriber
from schema.suppressions import Suppression

if TYPE_CHECKING:
    from schema.end_users import EndUser
    from schema.enrollments import Enrollment
    from schema.feedback import Feedback
    from schema.inbound_messages import InboundMessage
    from schema.merchants import Merchant
    from schema.prospects import Prospect
    from schema.tickets import Ticket
    from schema.timelines import TimelineEntry, TimelineFilterInput
    from schema.wants import Want

LazyEndUser = Annotated["EndUser", strawberry.lazy("schema.end_users")]
LazyEnrollment = Annotated["Enrollment", strawberry.lazy("schema.enrollments")]
LazyFeedback = Annotated["Feedback", strawberry.lazy("schema.feedback")]
LazyMerchant = Annotated["Merchant", strawberry.lazy("schema.merchants")]
LazyProspect = Annotated["Prospect", strawberry.lazy("schema.prospects")]
LazyTimelineEntry = Annotated["TimelineEntry", strawberry.lazy("schema.timelines")]
LazyTimelineFilterInput = Annotated["TimelineFilterInput", strawberry.lazy("schema.timelines")]
LazyWant = Annotated["Want", strawberry.lazy("schema.wants")]

strawberry.enum(ContactSortKey)


@strawberry.type(description="A person whom the apps write to: one per address, over all apps.")
class Contact:
    id: ID
    email: str
    name: str
    language: str | None
    country: str | None
    shops: list[ContactShop]
    consents: Consents
    global_opt_out: bool = strawberry.field(
        description="No mail but transactional, until the person opts in to something anew."
    )
    opted_out_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @described("The merchants whose shops have the contact's address, in all the apps.")
    async def merchants(self, info: Info) -> list[LazyMerchant]:
        domains = sorted({shop.domain for shop in cast(stored.Contact, self).shops})
        found = await info.context.loaders.merchants.load_many(domains)
        return cast(list[LazyMerchant], [merchant for merchant in found if merchant])

    @described("What they were sent, or are to be, the newest first.")
    async def deliveries(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Delivery]:
        window = Range.of(first, after, last, before)
        return Connection.of(await deliveries_to(info.context.actor, cast(stored.Contact, self), window))

    @described("What became of their mail, the newest first.")
    async def email_events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[EmailEvent]:
        window, filters = (
            Range.of(first, after, last, before),
            EmailEventFilter.model_validate({"contactId": str(self.id)}),
        )
        newest = EmailEventSortKey.CREATED_AT.order(descending=True)
        return Connection.of(await list_email_events(info.context.actor, window, filters, newest))

    suppressions: list[Suppression] = loaded(
        stored.Contact, Loaders.suppressions, lambda one: one.email, "What keeps mail from the address."
    )

    subscribers: list[Subscriber] = loaded(
        stored.Contact, Loaders.subscribers, lambda one: one.id, "The newsletters that they get, or once did."
    )

    end_users: list[LazyEndUser] = loaded(
        stored.Contact, Loaders.end_users, lambda one: one.id, "Where they sign in: one for each app."
    )

    prospect: LazyProspect | None = loaded(
        stored.Contact,
        Loaders.prospects_by_address,
        lambda one: one.email_key,
        "What is known of them as somebody whom the company might win as a customer.",
    )

    feedback: list[LazyFeedback] = loaded(
        stored.Contact,
        Loaders.feedback_of_people,
        lambda one: one.email_key,
        "What they said, about whichever app, the latest first.",
    )

    wants: list[LazyWant] = loaded(
        stored.Contact,
        Loaders.wants_asked_by,
        lambda one: one.email_key,
        "What they asked for, in whichever app, the latest first.",
    )

    enrollments: list[LazyEnrollment] = loaded(
        stored.Contact,
        Loaders.enrollments_of_contacts,
        lambda one: one.id,
        "The sequences that they are or were in, the latest first.",
    )

    voted_wants: list[LazyWant] = loaded(
        stored.Contact,
        Loaders.wants_voted_by,
        lambda one: one.email_key,
        "What they voted for, in whichever app, the latest first.",
    )

    @described("What the contact agreed to and withdrew, the newest first.")
    async def consent_entries(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ConsentEntry]:
        window = Range.of(first, after, last, before)
        return Connection.of(await consent.consent_entries_of(info.context.actor, cast(stored.Contact, self), window))

    @described("The links to their data that the contact was given, the newest first.")
    async def data_exports(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[DataExport]:
        window = Range.of(first, after, last, before)
        return Connection.of(await data_exports.data_exports_of(info.context.actor, cast(stored.Contact, self), window))

    @described("What the contact did and was sent, and what happened to their shops, the newest first.")
    async def timeline(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LazyTimelineFilterInput | None = None,
    ) -> Connection[LazyTimelineEntry]:
        found, window = cast(stored.Contact, self), Range.of(first, after, last, before)
        filters = parse(TimelineFilter, filter)
        return Connection.of(await contact_timeline(info.context.actor, found, window, filters))

    @described("What the contact asked the support of all apps, the newest first.")
    async def tickets(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Ticket", strawberry.lazy("schema.tickets")]]:
        window = Range.of(first, after, last, before)
        filters = TicketFilter.model_validate({"email": self.email})
        return Connection.of(await list_tickets(info.context.actor, window, filters, NEWEST_TICKETS))

    @described("What they wrote to us by mail, and what was reported of mail to them, the newest first.")
    async def inbound_messages(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["InboundMessage", strawberry.lazy("schema.inbound_messages")]]:
        window = Range.of(first, after, last, before)
        filters = InboundMessageFilter.model_validate({"contactId": str(self.id)})
        return Connection.of(await list_inbound_messages(info.context.actor, window, filters, NEWEST_MAIL))


def contact(document: stored.Contact) -> Contact:
    """The document has all that the type shows."""
    return cast(Contact, document)


@strawberry.input
class ContactCreateInput:
    email: str
    name: Maybe[str]
    language: Maybe[str | None]
    country: Maybe[str | None]


@strawberry.input
class ContactUpdateInput:
    name: Maybe[str]
    language: Maybe[str | None]
    country: Maybe[str | None]


@strawberry.input(
    description="`app` is the id of an app that a shop of the contact has or had, `optedInTo` a category that the "
    "contact opted in to."
)
class ContactFilterInput:
    search: Maybe[str | None]
    app: Maybe[str | None]
    language: Maybe[str | None]
    country: Maybe[str | None]
    opted_in_to: Maybe[ConsentCategory | None]
    global_opt_out: Maybe[bool | None]


@strawberry.type
class ContactPayload:
    contact: Contact | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(
    description="`job` erases somebody who is in very many documents; `erased` is null then. The certificate is signed "
    "when the whole database was looked through."
)
class ContactErasePayload:
    erased: list[ErasedDocuments] | None = None
    job: EmailJob | None = None
    certificate: ErasureCertificate | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ContactQueries:
    @query(contacts.get_contact)
    async def contact(self, info: Info, id: ID | None = None, email: str | None = None) -> Contact:
        if (id is None) == (email is None):
            raise InvalidInput("Give either the id of the contact or the email", "id")
        return contact(await contacts.get_contact(info.context.actor, id or email or ""))

    @query(gdpr.export_contact)
    async def contact_export(self, info: Info, id: ID) -> PersonalData:
        return cast(PersonalData, await gdpr.export_contact(info.context.actor, id))

    @query(contacts.list_contacts)
    async def contacts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ContactFilterInput | None = None,
        sort_key: ContactSortKey = ContactSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Contact]:
        window = Range.of(first, after, last, before)
        filters = parse(ContactFilter, filter)
        return Connection.of(
            await contacts.list_contacts(info.context.actor, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class ContactMutations:
    @mutation(contacts.create_contact)
    async def contact_create(self, info: Info, input: ContactCreateInput) -> ContactPayload:
        created = await contacts.create_contact(info.context.actor, parse(ContactCreate, input))
        return ContactPayload(contact=contact(created))

    @mutation(contacts.update_contact)
    async def contact_update(self, info: Info, id: ID, input: ContactUpdateInput) -> ContactPayload:
        updated = await contacts.update_contact(info.context.actor, id, parse(ContactUpdate, input))
        return ContactPayload(contact=contact(updated))

    @mutation(consent.change_consent)
    async def contact_consent_update(self, info: Info, id: ID, input: ConsentChangeInput) -> ContactPayload:
        changed = await consent.change_consent(info.context.actor, id, parse(ConsentChange, input))
        return ContactPayload(contact=contact(changed))

    @mutation(consent.opt_out_contact)
    async def contact_opt_out(self, info: Info, id: ID) -> ContactPayload:
        return ContactPayload(contact=contact(await consent.opt_out_contact(info.context.actor, id)))

    @mutation(gdpr.erase_contact)
    async def contact_erase(self, info: Info, id: ID) -> ContactErasePayload:
        erasure = await gdpr.erase_contact(info.context.actor, id)
        certificate = erasure_certificate(erasure.certificate) if erasure.certificate else None
        if erasure.job is not None:
            return ContactErasePayload(job=email_job(erasure.job), certificate=certificate)
        counts = [ErasedDocuments(collection=name, count=count) for name, count in erasure.counts.items()]
        return ContactErasePayload(erased=counts, certificate=certificate)
